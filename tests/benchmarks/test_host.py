"""The canned frames and engines of ``python -m benchmarks host`` go through all stages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.annotate import host
from tests.vidfx_command import read_csv

FRAMES = 40


@pytest.mark.parametrize("faces", host.FACES)
def test_each_face_is_one_track_with_readings(faces: int, tmp_path: Path) -> None:
    frames = host.reader(host.pictures(), FRAMES)
    stages, pixels_s = host.annotate(frames, faces, tmp_path, draw=faces == 6)
    assert {"detect", "align", "smooth", "rows"} <= stages.keys()
    assert ("draw" in stages) == (faces == 6)
    assert pixels_s > 0
    rows = read_csv(tmp_path / "canned.faces.csv")
    assert len(rows) == FRAMES * faces
    assert {int(row["track_id"]) for row in rows} == set(range(1, faces + 1))
    assert all(row["emotion"] and row["identity"] for row in rows)


def test_an_engine_moves_its_faces_and_changes_its_mind() -> None:
    find, read = host.detector(1), host.classifier("emotion", ("a", "b"), 8)
    first, second = (find.run(np.zeros((1, 64, 64, 3), "uint8"))[3] for _ in range(2))
    assert 0 < abs(first - second).max() < 1
    answers = [int(read.run(np.zeros((1, 8, 8, 3), "uint8"))[0].argmax()) for _ in range(60)]
    assert set(answers) == {0, 1}
