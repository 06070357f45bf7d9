"""Which weights learn, and from which pictures how much: layers, rare classes, a teacher."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
import torch

from tests.training.loop_runs import same
from vidfx_training.checkpoint import save_checkpoint
from vidfx_training.errors import (
    RecipeError,
    WeightsError,
)
from vidfx_training.loop.teacher import Teacher
from vidfx_training.loop.training_loop import Trained, TrainingLoop, sampling_order
from vidfx_training.networks.classifier import build
from vidfx_training.recipe import Recipe


def test_below_the_head_it_learns_more_slowly(
    recipe: Recipe, sets: Any, tmp_path: Path, listening: Any
) -> None:
    still = recipe.with_values(schedule={"backbone_lr": 0.0, "epochs": 1})
    torch.manual_seed(0)
    net = build(still, 3)
    before = {n: p.detach().clone() for n, p in net.named_parameters()}
    TrainingLoop(net, *sets, still, tmp_path, listening()).run()
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
        target = run.target
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
    trained = TrainingLoop(net, *sets, alone, tmp_path, listening()).run()
    assert same(trained.net.backbone.state_dict(), before)
    assert trained.best["val_balanced_accuracy"] > 0.6, "random features know some of it"


def test_only_the_last_stage_learns(
    recipe: Recipe, sets: Any, tmp_path: Path, listening: Any
) -> None:
    last = recipe.with_values(schedule={"layers": "last", "epochs": 1})
    torch.manual_seed(0)
    net = build(last, 3)
    before = {n: t.clone() for n, t in net.state_dict().items()}
    TrainingLoop(net, *sets, last, tmp_path, listening()).run()
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
            sampling_order(run.target, run.class_weight, balance, torch.Generator().manual_seed(s))
            for s in range(20)
        ]
    )
    return run.target[rows].mean(0).numpy()


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
    pictures = torch.rand(5, 1, 24, 24)
    prob = teacher(pictures)
    assert torch.allclose(prob.sum(1), torch.ones(5), atol=1e-3)
    lied_to = replace(sets[0], target=np.roll(sets[0].target, 1, axis=0))
    pupil = recipe.with_values(schedule={"distil": 1.0, "epochs": 6})
    torch.manual_seed(1)
    trained = TrainingLoop(
        build(pupil, 3), lied_to, sets[1], pupil, tmp_path / "p", listening(), teacher
    ).run()
    # It asks about the mirror image too, and so cannot tell left from right; the lie gives 0.
    assert trained.best["val_balanced_accuracy"] > 0.6
    fewer = Teacher([file], recipe, ("top", "left"))(pictures)
    torch.testing.assert_close(fewer, prob[:, [2, 0]] + prob[:, [1]] / 2)
    with pytest.raises(WeightsError, match="this teacher has the classes left, right, top"):
        Teacher([file], recipe, ("a", "b", "c"))
    with pytest.raises(RecipeError, match="grey crops"):
        Teacher([file], recipe.with_values(input={"colour": "rgb"}), names)
