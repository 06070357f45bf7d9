"""`vidfx people`, as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.engines import toys
from tests.vidfx_command import vidfx


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
