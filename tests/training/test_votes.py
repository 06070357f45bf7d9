"""Data sets whose labels are the votes of several people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from vidfx_training.dataset.index import Dataset, read_dataset
from vidfx_training.dataset.votes import agreement, majority, shares
from vidfx_training.errors import DataError
from vidfx_training.training_data import agreed, check_votes, class_names

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
    assert shares(data, ("other", "top"))[:, 1].tolist() == [p.label == "top" for p in data]
    assert (majority(data, data.labels) >= 0).all()
    assert {agreement(p) for p in data} == {1.0}


def test_classes_are_the_answers_that_name_one(tmp_path: Path) -> None:
    data = voted(tmp_path)
    everything = ["neutral", "happiness", "surprise", "anger"]
    assert class_names(data.part("train"), "emotion", None, ()) == everything
    asked = ("angry", "happy")
    assert class_names(data.part("train"), "emotion", None, asked) == list(asked)
    with pytest.raises(DataError, match="no pictures of the class 'sad'"):
        class_names(data, "emotion", None, ("angry", "sad"))
    with pytest.raises(DataError, match="a person is certain"):
        check_votes(data, "recognition")


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
    sets = [load(data.part(part), ["bright", "dark"], recipe.input) for part in ("train", "val")]
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
    unsure = replace(sets[1], label=np.where(np.arange(24) < 6, -1, sets[1].label))
    figures = validation_figures(trained.net, unsure, shown=0.5)
    assert figures["val_pictures"] == 18
    assert 0.5 <= figures["val_shown"] < 1
    assert 0 < figures["min_prob"] < 1
    assert 0 <= figures["val_shown_without_majority"] <= 1
    assert "min_prob" not in validation_figures(trained.net, unsure)
    request = TrainingRequest(tmp_path, recipe, tmp_path / "run")
    said = describe_data(recipe, unsure, request)
    assert said.endswith("; 24 pictures, 18 with a majority: bright 9, dark 9")
    assert describe_data(recipe, sets[1], request).endswith("; 24 pictures: bright 12, dark 12")


def test_the_least_probability_that_enough_pictures_reach() -> None:
    from vidfx_training.metrics import probability_reached

    confidence = np.linspace(0.5, 0.995, 100)
    assert probability_reached(confidence, 0.9) == pytest.approx(0.54)
    assert (confidence >= probability_reached(confidence, 0.9)).mean() >= 0.9
