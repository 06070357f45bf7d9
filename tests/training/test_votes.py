"""Data sets whose labels are the votes of several people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from vidfx_training.dataset.index import Dataset, read_dataset
from vidfx_training.dataset.votes import agreement, class_of, majority, shares
from vidfx_training.dataset.votes_file import names_class
from vidfx_training.errors import DataError
from vidfx_training.training_data import agreed, check_same_classes, check_votes, class_names

if TYPE_CHECKING:
    from vidfx_training.picture_array import Pictures
    from vidfx_training.recipe import Recipe

HEAD = "picture,neutral,happiness,surprise,anger,unknown\n"
ROWS = (
    "train/a.png,6,1,1,0,2\n"  # neutral by a majority
    "train/b.png,0,0,9,0,1\n"  # none of two classes
    "val/c.png,0.25,0.25,0,0.5,0\n"  # probabilities; a half is no majority
    "val/d.png,0,8,0,0,0\n"
)


def voted(folder: Path, content: str = HEAD + ROWS) -> Dataset:
    for part in ("train", "val"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    (folder / "votes.csv").write_text(content, encoding="utf-8")
    return read_dataset(folder)


def test_pictures_parts_and_labels_come_from_the_file(tmp_path: Path) -> None:
    data = voted(tmp_path)
    assert data.answers == ("neutral", "happiness", "surprise", "anger", "unknown")
    assert [(p.path, p.label, p.part) for p in data] == [
        ("train/a.png", "neutral", "train"),
        ("train/b.png", "surprise", "train"),
        ("val/c.png", "anger", "val"),
        ("val/d.png", "happiness", "val"),
    ]
    assert data.part("train").answers == data.answers
    assert [agreement(p) for p in data] == [0.6, 0.9, 0.5, 1.0]


def test_the_target_is_how_the_votes_are_divided(tmp_path: Path) -> None:
    data = voted(tmp_path)
    names = ("angry", "happy", "neutral")
    third = 0.3 / 3
    assert shares(data, names) == pytest.approx(
        np.array(
            [
                [third, 0.1 + third, 0.6 + third],
                [1 / 3, 1 / 3, 1 / 3],  # no vote for any of the three
                [0.5, 0.25, 0.25],
                [0, 1, 0],
            ]
        )
    )
    assert majority(data, names).tolist() == [2, -1, -1, 1]
    assert majority(data, names, above=0.4).tolist() == [2, -1, 0, 1]
    assert shares(data, names).dtype == np.float32


def test_one_label_is_all_votes_for_it(
    halves: Callable[[int, int], object], save: Callable[[object, Path], Path], tmp_path: Path
) -> None:
    data = read_dataset(save(halves(6, 0), tmp_path / "d"))
    assert shares(data, data.labels).tolist() == [
        [float(label == p.label) for label in data.labels] for p in data
    ]
    assert shares(data, ("other", "top"), people=True)[:, 1].tolist() == [
        p.label == "top" for p in data
    ]
    assert (majority(data, data.labels) >= 0).all()
    assert {agreement(p) for p in data} == {1.0}


def test_classes_are_the_answers_that_name_one(tmp_path: Path) -> None:
    data = voted(tmp_path)
    everything = ["neutral", "happiness", "surprise", "anger"]
    assert class_names(data, "emotion", None, ()) == everything
    with pytest.raises(DataError, match="no pictures of the class 'anger'"):
        class_names(data.part("train"), "emotion", None, ())
    asked = ("angry", "happy")
    assert class_names(data, "emotion", None, asked) == list(asked)
    with pytest.raises(DataError, match="no pictures of the class 'sad'"):
        class_names(data, "emotion", None, ("angry", "sad"))
    with pytest.raises(DataError, match="a person is certain"):
        check_votes(data, "recognition")


def test_names_of_people_are_exact_and_those_of_expressions_are_not() -> None:
    names = ("other", "Joy")
    assert [class_of(label, names) for label in ("other", "joy", "happy", "sad")] == [0, 1, 1, None]
    labels = ("Joy", "joy", "happy", "sad")
    assert [class_of(label, names, people=True) for label in labels] == [1, 0, 0, 0]
    assert class_of("joy", ("Ana", "Joy"), people=True) is None
    assert class_of("scared", ("fear",)) == 0


def test_other_is_an_expression_like_each(tmp_path: Path) -> None:
    head = "picture,neutral,other,surprise,unknown\n"
    data = voted(tmp_path, head + "a.png,1,0,9,0\nb.png,0,8,0,2\n")
    assert majority(data, ("neutral", "other")).tolist() == [-1, 1]


@pytest.mark.parametrize("answer", ["unknown", "Unknown", "no_face", "no face", "No Face", "NF"])
def test_some_answers_name_no_class(tmp_path: Path, answer: str) -> None:
    assert not names_class(answer)
    data = voted(tmp_path, f"picture, happy,sad ,{answer}\na.png,5,1,4\n")
    assert class_names(data, "emotion", None, ()) == ["happy", "sad"]


def test_two_columns_of_one_expression_are_refused(tmp_path: Path) -> None:
    data = voted(tmp_path, "picture,joy,Happiness,sad\na.png,5,1,4\n")
    with pytest.raises(DataError, match="'joy' and 'Happiness' are one expression") as caught:
        class_names(data, "emotion", None, ())
    assert caught.value.hint
    assert class_names(data, "emotion", None, ("happy", "sad")) == ["happy", "sad"]
    assert majority(data, ("happy", "sad")).tolist() == [0]


def test_a_class_may_lead_in_one_part_only(tmp_path: Path) -> None:
    check_same_classes(voted(tmp_path), (), None)


def test_pictures_nobody_agrees_on_are_left_out(tmp_path: Path) -> None:
    said: list[str] = []
    kept = agreed(voted(tmp_path), 0.6, said.append)
    assert [p.path for p in kept] == ["train/a.png", "train/b.png", "val/d.png"]
    assert said == ["pictures left out of training: 1 on which no answer has 60% of the votes"]
    assert len(agreed(voted(tmp_path), 0.0)) == 4


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("path,a,b\n", "line 1: the columns are picture, and two or more"),
        ("picture,a\n", "line 1: the columns"),
        ("picture,a,a\n", "line 1: the columns"),
        ("picture,a, a\n", "line 1: the columns"),
        ("picture,a,b,\n", "line 1: column 4 has no name"),
        ("\npicture,a,b\n", "line 1: is empty"),
        (HEAD + "train\\a.png,1,0,0,0,0\n", "line 2: 'train\\\\a.png' has a backslash"),
        (HEAD, "lists no picture"),
        (HEAD + "a.png,1,2\n", "line 2: 2 numbers, not 5"),
        (HEAD + ROWS + "e.png,1,x,0,0,0\n", "line 6: could not convert string to float: 'x'"),
        (HEAD + "a.png,-1,2,0,0,0\n", "line 2: numbers of 0 or more"),
        (HEAD + "a.png,nan,2,0,0,0\n", "line 2: numbers of 0 or more"),
        (HEAD + "a.png,0,0,0,0,\n", "line 2: no votes"),
        (HEAD + "../a.png,1,0,0,0,0\n", "line 2: '../a.png' is not a path below"),
        (HEAD + "/a.png,1,0,0,0,0\n", "line 2: '/a.png' is not a path below"),
        (HEAD + ROWS + "./train/a.png,1,0,0,0,0\n", "line 6: train/a.png a second time"),
        (HEAD + "a.png,1,0,0,0,0\n\udcff", "line 1: "),
    ],
)
def test_a_wrong_file_is_one_line(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "votes.csv").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(DataError, match=r"^[^\n]*votes\.csv: ") as caught:
        read_dataset(tmp_path)
    assert said in str(caught.value)
    assert caught.value.hint


def test_a_network_learns_the_votes(tmp_path: Path) -> None:
    """Of pictures on which four of five say bright, the network says so with 0.8."""
    from vidfx_training.loop.training_loop import TrainingLoop
    from vidfx_training.metrics import logits_of, soft_cross_entropy, validation_figures
    from vidfx_training.networks.classifier import build
    from vidfx_training.picture_array import load
    from vidfx_training.progress import TrainingBroadcast
    from vidfx_training.recipe import Augmentation, Input, Model, Recipe, Schedule
    from vidfx_training.run_record import describe_data
    from vidfx_training.training_request import TrainingRequest

    torch = pytest.importorskip("torch")
    random = np.random.default_rng(0)
    lines = ["picture,bright,dark"]
    for part, number in (("train", 96), ("val", 24)):
        (tmp_path / part).mkdir()
        for i in range(number):
            ramp = np.linspace(40, 180, 32)[None, :].repeat(32, 0)
            grey = ramp if i % 2 else ramp[:, ::-1]
            grey = (grey + random.normal(0, 15, (32, 32))).clip(0, 255).astype(np.uint8)
            cv2.imwrite(str(tmp_path / part / f"{i}.png"), grey)
            lines.append(f"{part}/{i}.png,{'4,1' if i % 2 else '1,4'}")
    (tmp_path / "votes.csv").write_text("\n".join(lines), encoding="utf-8")
    data = read_dataset(tmp_path)
    calm = Augmentation(flip=0, rotation=0, scale=0, shift=0, blur=0, noise=0, cutout=0, mixup=0)
    recipe = Recipe(
        "votes",
        "emotion",
        input=Input("fer", side=32, colour="grey"),
        model=Model("small", width=8, dropout=0),
        schedule=Schedule(epochs=8, batch=16, lr=0.05, label_smoothing=0, ema=0.9),
        augmentation=calm,
    )
    sets = [load(data.part(part), ["bright", "dark"], recipe) for part in ("train", "val")]
    torch.manual_seed(0)
    loop = TrainingLoop(build(recipe, 2), *sets, recipe, tmp_path / "run", TrainingBroadcast([]))
    trained = loop.run()
    assert trained.best["val_accuracy"] == 1.0
    logits = logits_of(trained.net, torch.from_numpy(sets[1].pixels))
    prob = torch.softmax(logits, dim=1).amax(1)
    assert float(prob.mean()) == pytest.approx(0.8, abs=0.06)
    target = torch.from_numpy(sets[1].target)
    least = -(0.8 * np.log(0.8) + 0.2 * np.log(0.2))
    assert float(soft_cross_entropy(logits, target).mean()) == pytest.approx(least, abs=0.03)
    assert trained.best["val_loss"] == min(line["val_loss"] for line in trained.lines)
    label = sets[1].label.copy()
    label[:6], label[6:10] = -1, 1 - label[6:10]
    unsure = replace(sets[1], label=label)
    figures = validation_figures(trained.net, unsure, shown=0.2)
    assert figures["val_pictures"] == 18
    assert 0.2 <= figures["val_shown"] < 1
    assert 0 < figures["min_prob"] < 1
    assert 0 <= figures["val_shown_without_majority"] <= 1
    assert "min_prob" not in validation_figures(trained.net, unsure)
    request = TrainingRequest(tmp_path, recipe, tmp_path / "run")
    said = describe_data(recipe, unsure, request)
    assert said.endswith("; 24 pictures, 18 with a majority: bright 9, dark 9")
    assert describe_data(recipe, sets[1], request).endswith("; 24 pictures: bright 12, dark 12")


def test_the_least_probability_that_enough_pictures_reach() -> None:
    from vidfx_training.metrics import probability_reached

    assert probability_reached(np.array([0.3] + [0.9] * 9), 0.95) == 0.3
    assert probability_reached(np.full(5, 0.58), 0.9) == 0.58
    confidence = np.linspace(0.5, 0.995, 100)
    assert probability_reached(confidence, 0.9) == pytest.approx(0.54)
    assert (confidence >= probability_reached(confidence, 0.9)).mean() >= 0.9


def test_equal_pictures_with_different_votes_are_one(
    halves: Callable[[int, int], Pictures],
) -> None:
    from vidfx_training.training_data import without_leaks

    made = halves(30, 0)
    pixels, target, label = made.pixels.copy(), made.target.copy(), made.label.copy()
    pixels[3] = pixels[0]
    target[3], label[3] = (0.5, 0.5, 0), -1
    train = replace(made, pixels=pixels, target=target, label=label)
    said: list[str] = []
    kept = without_leaks(train, halves(6, 1), said.append)
    assert set(train.paths) - set(kept.paths) == {train.paths[3]}
    assert said == ["pictures left out of training: 1 repeated"]


def test_votes_are_smooth_and_need_no_majority_to_be_learnt_from(
    sets: tuple[Pictures, Pictures], recipe: Recipe, tmp_path: Path, listening: Any
) -> None:
    import torch

    from vidfx_training.loop.training_loop import TrainingLoop
    from vidfx_training.metrics import soft_cross_entropy
    from vidfx_training.networks.classifier import build

    val = sets[1]
    train = sets[0].subset((sets[0].label == 0) | (np.arange(len(sets[0])) < 24))
    assert recipe.schedule.label_smoothing > 0
    target = train.target * 0.4 + 0.2
    label = np.where(train.label == 1, -1, train.label)
    voted = replace(train, target=target, label=label)

    def first_step(train_set: Pictures) -> tuple[float, int, float]:
        """Loss, hits, and the loss against the target as it is."""
        torch.manual_seed(0)
        loop = TrainingLoop(build(recipe, 3), train_set, val, recipe, tmp_path, listening())
        torch.nn.init.zeros_(loop.net.head.weight)
        with torch.no_grad():
            loop.net.head.bias.copy_(torch.tensor([3.0, 0, 0]))
        loop.set_rate(0.0)
        loss, hits = loop.step(loop.pixels.float() / 255, loop.target)
        logits = torch.tensor([3.0, 0, 0]).expand(len(train_set), 3)
        return loss, hits, float(soft_cross_entropy(logits, loop.target).mean())

    loss, hits, plain = first_step(voted)
    assert loss == pytest.approx(plain, rel=1e-3)
    assert hits == int((train.label == 0).sum())
    divided = replace(voted, target=np.full_like(target, 1 / 3), label=np.full_like(label, -1))
    assert first_step(divided)[1] == 0, "no class leads, and so none is right"
    loss, _, plain = first_step(train)
    assert loss > plain * 1.01, "labels are made smooth"


def test_a_validation_set_without_a_majority_is_refused(
    sets: tuple[Pictures, Pictures], recipe: Recipe, tmp_path: Path, listening: Any
) -> None:
    from vidfx_training.loop.training_loop import TrainingLoop
    from vidfx_training.metrics import validation_figures
    from vidfx_training.networks.classifier import build

    net = build(recipe, 3)
    divided = replace(sets[1], label=np.full_like(sets[1].label, -1))
    with pytest.raises(DataError, match="no pictures to validate on with a majority"):
        TrainingLoop(net, sets[0], divided, recipe, tmp_path, listening())
    with pytest.raises(DataError, match="no pictures to validate on with a majority"):
        validation_figures(net, divided)
