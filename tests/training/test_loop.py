"""The training loop learns, repeats itself, and says when it cannot go on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
import torch

from tests.training.loop_runs import fit, same
from vidfx_training.checkpoint import load_checkpoint
from vidfx_training.errors import (
    DataError,
    DivergedError,
    WeightsError,
)
from vidfx_training.loop import training_loop
from vidfx_training.loop.schedule import learning_rate, side_at
from vidfx_training.loop.state import STATE
from vidfx_training.loop.training_loop import BEST, Trained, TrainingLoop
from vidfx_training.metrics import (
    balanced_accuracy,
    fit_temperature,
    logits_of,
)
from vidfx_training.picture_array import Pictures
from vidfx_training.recipe import Recipe
from vidfx_training.reliability import calibration_error, reliability


def test_it_learns(whole: tuple[Trained, Path], sets: tuple[Pictures, Pictures]) -> None:
    trained, _ = whole
    pixels, label = torch.from_numpy(sets[1].pixels), torch.from_numpy(sets[1].label)
    assert balanced_accuracy(logits_of(trained.net, pixels), label) > 0.8, "chance is a third"
    assert [line["side"] for line in trained.lines] == [24, 24, 32, 32]
    assert trained.best["side"] == 32, "small pictures are not what it is for"
    assert trained.lines[-1]["train_loss"] < trained.lines[0]["train_loss"]
    assert trained.lines[0]["lr"] > trained.lines[-1]["lr"]


def test_the_same_seed_gives_the_same_weights(
    whole: tuple[Trained, Path], recipe: Recipe, sets: Any, tmp_path: Path, listening: Any
) -> None:
    again = fit(recipe, sets, tmp_path, listening())
    assert same(again.net.state_dict(), whole[0].net.state_dict())
    other = recipe.with_values(schedule={"seed": 4})
    assert not same(
        fit(other, sets, tmp_path / "o", listening()).net.state_dict(), again.net.state_dict()
    )


def test_a_loss_that_is_not_finite_stops_and_keeps_the_best(
    recipe: Recipe, sets: Any, tmp_path: Path, listening: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = TrainingLoop.step
    calls = 0

    def poisoned(self: Any, x: Any, target: Any) -> tuple[float, int]:
        nonlocal calls
        calls += 1
        loss, hits = before(self, x, target)
        return (float("nan"), hits) if calls > 12 * 3 + 4 else (loss, hits)

    monkeypatch.setattr(TrainingLoop, "step", poisoned)
    with pytest.raises(DivergedError, match="nan in epoch 4, step 5") as caught:
        fit(recipe, sets, tmp_path, listening())
    assert "--lr" in caught.value.hint
    assert load_checkpoint(tmp_path / BEST).facts["epoch"] == 3


def test_a_validation_loss_that_is_not_finite_is_never_the_best(
    recipe: Recipe, sets: Any, tmp_path: Path, listening: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        training_loop, "logits_of", lambda net, pixels, **_: torch.full((len(pixels), 3), torch.nan)
    )
    with pytest.raises(DivergedError, match="nan in epoch 1, on the validation set"):
        fit(recipe, sets, tmp_path, listening())
    assert not (tmp_path / BEST).exists()


def test_a_class_without_pictures_is_named_and_no_rate_is_blamed(
    recipe: Recipe, sets: Any, tmp_path: Path, listening: Any
) -> None:
    train, val = sets
    empty = train.subset(train.label != 1)
    with pytest.raises(DataError, match=f"no pictures of '{train.labels[1]}' to learn from"):
        fit(recipe, (empty, val), tmp_path, listening())
    with pytest.raises(DataError, match="no pictures to validate on"):
        fit(recipe, (train, val.subset(val.label < 0)), tmp_path, listening())


def test_a_rate_that_is_far_too_high_diverges(
    recipe: Recipe, sets: Any, tmp_path: Path, listening: Any
) -> None:
    wild = recipe.with_values(schedule={"lr": 99.0, "warmup": 0.0, "weight_decay": 500.0})
    with pytest.raises(DivergedError):
        fit(wild, sets, tmp_path, listening())


def test_patience_ends_it(recipe: Recipe, sets: Any, tmp_path: Path, listening: Any) -> None:
    stuck = recipe.with_values(
        schedule={"epochs": 9, "lr": 1e-9, "patience": 2, "sides": (), "ema": 0.0}
    )
    watcher = listening()
    trained = fit(stuck, sets, tmp_path, watcher)
    assert len(trained.lines) < 9
    assert any("no better epoch" in text for text in watcher.said)


def test_patience_does_not_count_epochs_on_smaller_pictures(
    recipe: Recipe, sets: Any, tmp_path: Path, listening: Any
) -> None:
    """Only full size can be the best, and the head alone is measured at it."""
    small = [[0.0, recipe.input.side // 2], [0.75, recipe.input.side]]
    slow = {"head_epochs": 1, "epochs": 8, "lr": 1e-9, "patience": 2, "sides": small, "ema": 0.0}
    trained = fit(recipe.with_values(schedule=slow), sets, tmp_path, listening())
    sides = [line["side"] for line in trained.lines[1:]]
    assert sides == [recipe.input.side // 2] * 6 + [recipe.input.side] * 2


def test_fewer_pictures_than_a_batch(
    recipe: Recipe, sets: Any, tmp_path: Path, listening: Any
) -> None:
    with pytest.raises(DataError, match="5 pictures to train are fewer than a batch of 16"):
        fit(recipe, (sets[0].subset(np.arange(5)), sets[1]), tmp_path, listening())


def test_the_rate_warms_up_and_falls_to_nothing(recipe: Recipe) -> None:
    schedule = recipe.schedule
    assert learning_rate(schedule, 0) == 0
    assert learning_rate(schedule, schedule.warmup) == schedule.lr
    assert learning_rate(schedule, schedule.epochs) == pytest.approx(0, abs=1e-12)
    assert [side_at(recipe, e) for e in range(4)] == [24, 24, 32, 32]
    one = recipe.with_values(schedule={"epochs": 1})
    assert side_at(one, 0) == 32, "the last epoch is at full size"


def test_temperature_makes_overconfidence_honest() -> None:
    rng = torch.Generator().manual_seed(0)
    honest = torch.randn(4000, 3, generator=rng)
    label = torch.multinomial(torch.softmax(honest, 1), 1, generator=rng).view(-1)
    temperature = fit_temperature(3 * honest, label)
    assert temperature == pytest.approx(3, rel=0.1)

    sure = torch.tensor([[9.0, 0.0], [0.0, 9.0]])
    assert fit_temperature(sure, torch.tensor([0, 1])) == pytest.approx(1 / 5, rel=1e-3)
    assert fit_temperature(sure, torch.tensor([1, 0])) == pytest.approx(5, rel=1e-3)

    def error(logits: Any) -> float:
        prob = torch.softmax(logits, 1)
        right = (prob.argmax(1) == label).numpy()
        return calibration_error(reliability(prob.amax(1).numpy(), right))

    assert error(3 * honest / temperature) < 0.03 < error(3 * honest)


def test_a_checkpoint_is_whole_or_refused(whole: tuple[Trained, Path], tmp_path: Path) -> None:
    found = load_checkpoint(whole[1] / BEST)
    assert same(found.network().state_dict(), whole[0].net.state_dict())
    assert json.loads(found.recipe.to_json())["name"] == "toy"
    data = bytearray((whole[1] / BEST).read_bytes())
    (tmp_path / "cut.safetensors").write_bytes(data[: len(data) // 2])
    with pytest.raises(WeightsError, match=r"cut\.safetensors: cannot be read"):
        load_checkpoint(tmp_path / "cut.safetensors")
    with pytest.raises(WeightsError, match="no checkpoint of `vidfx train`"):
        load_checkpoint(whole[1] / STATE)
