"""`vidfx people`, as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.engines import toys
from tests.vidfx_command import vidfx
from vidfx.people.cohorts import COHORTS
from vidfx.people.gallery import Gallery


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory, astronaut: np.ndarray) -> Path:
    """Of one person, made by the command."""
    folder = tmp_path_factory.mktemp("people")
    picture, empty = folder / "a.png", folder / "empty.png"
    assert cv2.imwrite(str(picture), astronaut[..., ::-1])
    assert cv2.imwrite(str(empty), np.zeros_like(astronaut))
    model = toys.embedding(folder)
    done = vidfx("people", "add", "Eileen", picture, empty, "-g", folder / "g", "--model", model)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [
        f"rejected: {empty}: no face was found",
        "Eileen: 1 face added, 1 in all; 1 person in the gallery",
    ]
    return folder / "g"


def test_the_list(gallery: Path) -> None:
    lines = vidfx("people", "list", "-g", gallery).stdout.splitlines()
    assert lines[0].split() == ["name", "faces", "mean", "quality", "rejected"]
    assert lines[1].split()[0::3] == ["Eileen", "1"]
    (person,) = json.loads(vidfx("people", "list", "-g", gallery, "--json").stdout)["people"]
    assert person["name"] == "Eileen"
    assert [rejected["reason"] for rejected in person["rejected"]] == ["no face was found"]


def test_the_check(gallery: Path) -> None:
    done = vidfx("people", "check", "-g", gallery)
    assert done.exit_code == 1
    assert done.stdout == ("Eileen: 1 of 3 pictures from which on people are named reliably\n")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("list",), 3, "there is no gallery of people here"),
        (("check",), 3, "there is no gallery of people here"),
        (("remove", "Ana"), 3, "there is no gallery of people here"),
        (("add", "unknown", "a.jpg"), 2, "name: "),
        (("add", "Ana", "nowhere.jpg", "--model", "nothing.onnx"), 2, "nothing.onnx"),
        (("add", "Ana", "nowhere.jpg", "--model", "emotion-embedded"), 2, "not an embedding"),
    ],
)
def test_what_goes_wrong_is_one_line(
    tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = vidfx("people", *arguments, "-g", tmp_path / "g")
    assert done.exit_code == code, done.output
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "g").exists()


def test_a_gallery_is_evaluated(
    gallery: Path, tmp_path: Path, astronaut: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, picture in (("Eileen", astronaut[:, ::-1]), ("Cup", np.zeros_like(astronaut))):
        (tmp_path / "faces" / name).mkdir(parents=True)
        assert cv2.imwrite(str(tmp_path / "faces" / name / "1.png"), picture[..., ::-1])
    command = ("evaluate", tmp_path / "faces", "--people", gallery, "--out", tmp_path / "out")
    refused = vidfx(*command)
    assert refused.exit_code == 3 and "no thresholds are known for the model" in refused.stderr
    known = next(iter(COHORTS.values()))
    monkeypatch.setitem(COHORTS, Gallery.read(gallery).model, known)
    done = vidfx(*command, "--target-far", "0.01", "--json")
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert document["data"]["left_out"] == {"no face was found": 1}
    assert (document["wanted"], document["strangers"]) == (1, 0)
    assert "by a gallery of one person" in document["thresholds"]["evidence"]
    text = vidfx(*command).stdout
    assert "left out: 1 no face was found" in text and "report.html" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("model", "data"), "--people takes one data set"),
        (("data", "--part", "val"), "--part has no effect with --people"),
        (("data", "--target-far", "0.7"), "a share above 0 and up to 0.5"),
    ],
)
def test_options_that_a_gallery_does_not_take(
    arguments: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    done = vidfx("evaluate", *arguments, "--people", tmp_path)
    assert done.exit_code == 2 and message in done.stderr
