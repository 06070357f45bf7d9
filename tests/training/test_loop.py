"""The loop learns, repeats itself, survives being killed, and says when it cannot go on."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
import torch

from vidfx_training.checkpoint import load_checkpoint, save_checkpoint
from vidfx_training.errors import (
    DataError,
    DivergedError,
    RecipeError,
    TrainingError,
    WeightsError,
)
from vidfx_training.loop import training_loop
from vidfx_training.loop.schedule import learning_rate, side_at
from vidfx_training.loop.state import STATE
from vidfx_training.loop.teacher import Teacher
from vidfx_training.loop.training_loop import BEST, Trained, TrainingLoop, sampling_order, train
from vidfx_training.metrics import (
    balanced_accuracy,
    calibration_error,
    fit_temperature,
    logits_of,
    to_tensors,
)
from vidfx_training.networks.classifier import build
from vidfx_training.picture_array import Pictures
from vidfx_training.recipe import Recipe

Make = Callable[[int, int], Pictures]


@pytest.fixture(scope="module")
def sets(halves: Make) -> tuple[Pictures, Pictures]:
    def small(pictures: Pictures) -> Pictures:
        return replace(pictures, pixels=pictures.pixels[:, :, 8:40, 8:40])

    return small(halves(192, 0)), small(halves(60, 1))


def fit(recipe: Recipe, sets: Any, out: Path, watcher: Any, **more: Any) -> Trained:
    torch.manual_seed(recipe.schedule.seed)
    return train(build(recipe, 3), *sets, recipe, out, watcher, **more)


@pytest.fixture(scope="module")
def whole(
    recipe: Recipe,
    sets: tuple[Pictures, Pictures],
    listening: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Trained, Path]:
    """A run that nothing disturbed."""
    out = tmp_path_factory.mktemp("whole")
    return fit(recipe, sets, out, listening()), out


def same(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[n], b[n]) for n in a)


def test_it_learns(whole: tuple[Trained, Path], sets: tuple[Pictures, Pictures]) -> None:
    trained, _ = whole
    pixels, label = to_tensors(sets[1])
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


def test_below_the_head_it_learns_more_slowly(
    recipe: Recipe, sets: Any, tmp_path: Path, listening: Any
) -> None:
    still = recipe.with_values(schedule={"backbone_lr": 0.0, "epochs": 1})
    torch.manual_seed(0)
    net = build(still, 3)
    before = {n: p.detach().clone() for n, p in net.named_parameters()}
    train(net, *sets, still, tmp_path, listening())
    moved = {n for n, p in net.named_parameters() if not torch.equal(before[n], p)}
    assert moved == {"head.weight", "head.bias"}


def test_a_rare_class_weighs_more(
    recipe: Recipe, sets: Any, tmp_path: Path, listening: Any
) -> None:
    keep = np.r_[np.flatnonzero(sets[0].label == 0)[:16], np.flatnonzero(sets[0].label > 0)]
    few = sets[0].subset(keep)
    pushed: dict[str, torch.Tensor] = {}
    for balance in ("none", "loss"):
        balanced = recipe.with_values(schedule={"balance": balance, "label_smoothing": 0.0})
        torch.manual_seed(0)
        run = TrainingLoop(build(balanced, 3), few, sets[1], balanced, tmp_path, listening(), None)
        torch.nn.init.zeros_(run.net.head.weight)
        target = torch.nn.functional.one_hot(run.label, 3).float()
        run.set_rate(0.0)  # nothing moves, only gradients come
        run.step(run.pixels.float() / 255, target)
        assert run.net.head.bias.grad is not None
        pushed[balance] = run.net.head.bias.grad / run.net.head.bias.grad.norm()
    assert float(pushed["none"].abs().max()) > 0.5, "towards the frequent classes"
    assert float(run.net.head.bias.grad.abs().max()) < 1e-3, "all three pull alike"


def test_the_head_first_leaves_the_rest_alone(
    recipe: Recipe, sets: Any, tmp_path: Path, listening: Any
) -> None:
    alone = recipe.with_values(schedule={"head_epochs": 20, "layers": "head"})
    torch.manual_seed(0)
    net = build(alone, 3)
    before = {n: t.clone() for n, t in net.backbone.state_dict().items()}
    trained = train(net, *sets, alone, tmp_path, listening())
    assert same(trained.net.backbone.state_dict(), before)
    assert trained.best["val_balanced_accuracy"] > 0.6, "random features know some of it"


def test_only_the_last_stage_learns(
    recipe: Recipe, sets: Any, tmp_path: Path, listening: Any
) -> None:
    last = recipe.with_values(schedule={"layers": "last", "epochs": 1})
    torch.manual_seed(0)
    net = build(last, 3)
    before = {n: t.clone() for n, t in net.state_dict().items()}
    train(net, *sets, last, tmp_path, listening())
    after = net.state_dict()
    moved = {n for n in before if not torch.equal(before[n], after[n])}
    assert moved
    assert all(n.startswith(net.last_stage()) for n in moved), "statistics too"


def drawn(recipe: Recipe, sets: Any, tmp_path: Path, listening: Any, balance: str) -> np.ndarray:
    keep = np.r_[np.flatnonzero(sets[0].label == 0)[:6], np.flatnonzero(sets[0].label > 0)]
    few = sets[0].subset(keep)
    run = TrainingLoop(build(recipe, 3), few, sets[1], recipe, tmp_path, listening(), None)
    rows = torch.cat(
        [
            sampling_order(run.label, run.class_weight, balance, torch.Generator().manual_seed(s))
            for s in range(20)
        ]
    )
    return torch.bincount(run.label[rows], minlength=3).numpy() / len(rows)


def test_a_rare_class_is_drawn_as_often_as_the_others(
    recipe: Recipe, sets: Any, tmp_path: Path, listening: Any
) -> None:
    assert drawn(recipe, sets, tmp_path, listening, "none")[0] < 0.06
    assert np.allclose(drawn(recipe, sets, tmp_path, listening, "sampler"), 1 / 3, atol=0.04)


def test_a_network_learns_from_its_teacher(
    whole: tuple[Trained, Path], recipe: Recipe, sets: Any, tmp_path: Path, listening: Any
) -> None:
    names = sets[0].labels
    file = tmp_path / "teacher.safetensors"
    save_checkpoint(file, whole[0].net, recipe, names, {})
    teacher = Teacher([file], recipe, names)
    prob = teacher(torch.rand(5, 1, 24, 24))
    assert torch.allclose(prob.sum(1), torch.ones(5), atol=1e-3)
    lied_to = replace(sets[0], label=np.roll(sets[0].label, 1))
    pupil = recipe.with_values(schedule={"distil": 1.0, "epochs": 6})
    torch.manual_seed(1)
    trained = train(
        build(pupil, 3), lied_to, sets[1], pupil, tmp_path / "p", listening(), teacher=teacher
    )
    # It asks about the mirror image too, and so cannot tell left from right; the lie gives 0.
    assert trained.best["val_balanced_accuracy"] > 0.6
    with pytest.raises(WeightsError, match="this teacher has the classes left, right, top"):
        Teacher([file], recipe, ("a", "b", "c"))
    with pytest.raises(RecipeError, match="grey crops"):
        Teacher([file], recipe.with_values(input={"colour": "rgb"}), names)


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
    assert fit_temperature(sure, torch.tensor([0, 1])) == pytest.approx(1 / 3, rel=1e-3)
    assert fit_temperature(sure, torch.tensor([1, 0])) == pytest.approx(5, rel=1e-3)

    def error(logits: Any) -> float:
        prob = torch.softmax(logits, 1)
        return calibration_error(prob.amax(1).numpy(), (prob.argmax(1) == label).numpy())

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
