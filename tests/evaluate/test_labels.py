"""Which label of an engine the folder of a data set means."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.engine_files import constant_classifier
from vidfx.evaluate.labels import columns_of
from vidfx_engines.spec import EngineSpec
from vidfx_training.dataset.index import Dataset, Picture


def test_people_are_not_expressions(tmp_path: Path) -> None:
    path = constant_classifier(tmp_path, "toy", "identity", {"Joy": 0.5, "other": 0.5})
    people = EngineSpec.load(path)
    pictures = tuple(Picture(f"{name}/x.png", name) for name in ("happy", "joy"))
    data = Dataset(tmp_path, pictures)
    assert columns_of(data, people, ignore_unknown=False) == {"happy": 1, "joy": 0}
    faces = replace(people, task="emotion", labels=("joy", "other"))
    assert columns_of(data, faces, ignore_unknown=False) == {"happy": 0, "joy": 0}
