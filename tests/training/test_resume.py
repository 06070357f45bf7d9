"""A training that was killed goes on where it was, and gives the weights of one that was not."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from tests.training.loop_runs import fit, same
from vidfx_training.checkpoint import load_checkpoint
from vidfx_training.errors import (
    TrainingError,
    WeightsError,
)
from vidfx_training.loop.state import STATE
from vidfx_training.loop.teacher import Teacher
from vidfx_training.loop.training_loop import BEST, Trained
from vidfx_training.recipe import Recipe


@pytest.mark.parametrize("stop_at", [(1, 3), (2, 7), (3, 0), (4, 12), (4, 0)])
def test_killed_and_resumed_is_as_if_nothing_had_been(
    whole: tuple[Trained, Path], recipe: Recipe, sets: Any, tmp_path: Path, listening: Any,
    stop_at: tuple[int, int],
) -> None:  # fmt: skip
    with pytest.raises(KeyboardInterrupt):
        fit(recipe, sets, tmp_path, listening(stop_at))
    watcher = listening()
    resumed = fit(recipe, sets, tmp_path, watcher, resume=True)
    assert same(resumed.net.state_dict(), whole[0].net.state_dict())

    def without_time(lines: Any) -> list[dict[str, float]]:
        return [{k: v for k, v in line.items() if k != "seconds"} for line in lines]

    assert without_time(resumed.lines) == without_time(whole[0].lines)
    assert without_time(watcher.lines) == without_time(whole[0].lines), "loggers see all of it"
    kept, wanted = load_checkpoint(tmp_path / BEST), load_checkpoint(whole[1] / BEST)
    assert same(kept.tensors, wanted.tensors)
    assert without_time([kept.facts]) == without_time([wanted.facts])


def test_a_state_of_another_run_is_refused(
    whole: tuple[Trained, Path], recipe: Recipe, sets: Any, listening: Any
) -> None:
    out = whole[1]
    other = recipe.with_values(schedule={"lr": 0.05})
    with pytest.raises(WeightsError, match="the recipe of this run") as caught:
        fit(other, sets, out, listening(), resume=True)
    assert "--resume" in caught.value.hint
    fewer = (sets[0].subset(np.arange(100)), sets[1])
    with pytest.raises(WeightsError, match="the pictures of this run"):
        fit(recipe, fewer, out, listening(), resume=True)
    pixels = sets[1].pixels.copy()
    pixels[7, 0, 3, 3] ^= 1
    altered = (
        (sets[0], replace(sets[1], pixels=pixels)),
        (replace(sets[0], label=np.roll(sets[0].label, 1)), sets[1]),
        (sets[0], sets[1].subset(np.arange(50))),
    )
    for changed in altered:
        with pytest.raises(WeightsError, match="the data of this run"):
            fit(recipe, changed, out, listening(), resume=True)
    file = out / BEST
    teacher = Teacher([file], recipe, sets[0].labels)
    with pytest.raises(WeightsError, match="the teachers of this run"):
        fit(recipe, sets, out, listening(), resume=True, teacher=teacher)


def test_nothing_to_resume_is_said(
    recipe: Recipe, sets: Any, tmp_path: Path, listening: Any
) -> None:
    watcher = listening()
    short = recipe.with_values(schedule={"epochs": 1})
    fit(short, sets, tmp_path, watcher, resume=True)
    assert any("nothing to resume" in text for text in watcher.said)


def test_a_full_disk_keeps_the_state_before(
    recipe: Recipe, sets: Any, tmp_path: Path, listening: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyboardInterrupt):
        fit(recipe, sets, tmp_path, listening((2, 5)))
    state = (tmp_path / STATE).read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TrainingError, match="no space left") as caught:
        fit(recipe, sets, tmp_path, listening(), resume=True)
    assert "--resume" in caught.value.hint
    assert (tmp_path / STATE).read_bytes() == state
    assert not list(tmp_path.glob(".*.part"))


def test_patience_is_not_lost_when_a_run_goes_on(
    recipe: Recipe, sets: Any, tmp_path: Path, listening: Any
) -> None:
    stuck = recipe.with_values(
        schedule={"epochs": 9, "lr": 1e-9, "patience": 3, "sides": (), "ema": 0.0}
    )
    once = fit(stuck, sets, tmp_path / "once", listening())
    with pytest.raises(KeyboardInterrupt):
        fit(stuck, sets, tmp_path / "twice", listening((3, 2)))
    twice = fit(stuck, sets, tmp_path / "twice", listening(), resume=True)
    assert [line["epoch"] for line in twice.lines] == [line["epoch"] for line in once.lines]
    assert twice.best["epoch"] == once.best["epoch"]


def test_the_head_first_and_resumed(
    recipe: Recipe, sets: Any, tmp_path: Path, listening: Any
) -> None:
    both = recipe.with_values(
        schedule={"head_epochs": 5, "epochs": 2, "layers": "last", "backbone_lr": 0.5}
    )
    wanted = fit(both, sets, tmp_path / "once", listening())
    assert [line["epoch"] for line in wanted.lines] == [0, 1, 2]
    for stop_at in ((0, 0), (1, 2), (2, 3)):
        out = tmp_path / f"at-{stop_at[0]}"
        with pytest.raises(KeyboardInterrupt):
            fit(both, sets, out, listening(stop_at))
        resumed = fit(both, sets, out, listening(), resume=True)
        assert same(resumed.net.state_dict(), wanted.net.state_dict()), stop_at
