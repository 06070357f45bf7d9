"""A gallery against other pictures: figures, files, and what cannot be compared."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import vidfx_engines.embedded
from vidfx.config import Settings
from vidfx.enrol.evaluation import PeopleRequest, Pictures, compared, evaluate_people, write
from vidfx.errors import GalleryError
from vidfx.people.cohorts import COHORTS
from vidfx.people.gallery import Gallery
from vidfx.people.thresholds import Thresholds
from vidfx_engines.spec import EngineSpec

LIMITS = Thresholds(0.9, 0.7, 0.05, 3, "set <b>by hand</b>")
REQUEST = PeopleRequest(Path("people"), Path("faces"), Settings(), 0.01)


def gallery(*names: str) -> Gallery:
    return Gallery(
        names, np.arange(len(names)), np.eye(len(names), 4, dtype=np.float32), "0" * 64, "toy"
    )


def pictures(*rows: tuple[str, float, float]) -> Pictures:
    """The person, and the cosines with the first two people."""
    found = np.array([[a, b, np.sqrt(1 - a * a - b * b), 0] for _, a, b in rows], np.float32)
    return Pictures(found, tuple(name for name, *_ in rows), {"blurred": 2})


SOME = pictures(
    ("ana", 0.95, 0), ("Bo", 0.92, 0.1), ("Bo", 0, 0.8), ("Cy", 0.1, 0.1), ("other", 0.99, 0)
)


def test_folders_are_people_by_name_and_all_others_are_strangers():
    found, document = compared(SOME, gallery("Ana", "Bo"), LIMITS, REQUEST)
    assert found.truth.tolist() == [0, 1, 1, -1, -1]
    assert (document["wanted"], document["strangers"]) == (3, 2)
    assert document["named_right"]["share"] == document["misnamed"]["share"] == pytest.approx(1 / 3)
    assert document["strangers_named"]["share"] == 0.5
    assert document["data"]["left_out"] == {"blurred": 2}
    assert "only 2 pictures of strangers" in document["warnings"][0]
    assert sum(b["pictures"] for b in document["calibration"]["bins"]) == 5


def test_pictures_of_one_stranger_belong_together_and_those_of_other_do_not():
    rows = pictures(("Cy", 0.1, 0), ("Cy", 0.2, 0), ("other", 0.1, 0), ("other", 0.2, 0))
    found, _ = compared(rows, gallery("Ana", "Bo"), LIMITS, REQUEST)
    assert len(set(found.group.tolist())) == 3


def test_the_files_are_complete_and_names_are_escaped(tmp_path):
    hostile = "<script>alert(1)</script>"
    rows = replace(SOME, person=(hostile, *SOME.person[1:]))
    found, document = compared(rows, gallery(hostile, "Bo"), LIMITS, REQUEST)
    files = write(found, document, tmp_path / "out")
    assert sorted(f.name for f in files) == ["det.png", "report.html", "report.json"]
    page = (tmp_path / "out/report.html").read_text()
    assert hostile not in page and "&lt;script&gt;" in page and "<b>by" not in page
    assert json.loads((tmp_path / "out/report.json").read_text())["people"][0]["name"]


def test_without_strangers_there_is_no_curve(tmp_path):
    found, document = compared(pictures(("Ana", 0.95, 0)), gallery("Ana", "Bo"), LIMITS, REQUEST)
    assert [f.name for f in write(found, document, tmp_path)] == ["report.html", "report.json"]
    assert "strangers" in document["warnings"][0]


def test_an_empty_gallery_is_refused(tmp_path):
    Gallery.empty("0" * 64, "toy").write(tmp_path / "people")
    request = replace(REQUEST, gallery=tmp_path / "people")
    with pytest.raises(GalleryError, match="nobody"):
        evaluate_people(request, None)  # pyright: ignore[reportArgumentType] - never used


def test_there_is_a_cohort_of_the_default_embedding():
    spec = EngineSpec.load(Path(vidfx_engines.embedded.__file__).with_name("dlib-face.spec.json"))
    assert spec.embedding_model in COHORTS
