"""Cells hold finite numbers, or nothing."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.video import media
from tests.vidfx_command import read_csv
from vidfx.output.rows import RowWriter
from vidfx.output.strict_json import to_json
from vidfx.types import Face, Frame, FrameResult, Reading
from vidfx_engines.files import AtomicFile

NOT_FINITE = (float("nan"), float("inf"), float("-inf"))


def face(number: float) -> Face:
    """A face of which half the numbers are ``number``."""
    return Face(
        track_id=1,
        box=np.array([1.5, number, 20, number], np.float32),
        source="detected",
        score=number,
        landmarks=np.full((5, 2), number, np.float32),
        quality=None,
        identity=None,
        emotion=Reading("happy", number, (number, 0.25)),
        raw_identity=None,
        raw_emotion=None,
    )


@pytest.mark.parametrize("number", NOT_FINITE)
def test_a_number_that_is_not_finite_is_an_empty_cell(number: float, tmp_path: Path) -> None:
    path = tmp_path / "faces.csv"
    info = media.info(Fraction(1, 25))
    frame = Frame(0, 0, np.zeros((4, 4, 3), np.uint8))
    with (
        AtomicFile(path) as faces,
        AtomicFile(tmp_path / "frames.csv") as frames,
        RowWriter(faces, frames, info, emotions=("happy", "sad"), recognises=False) as rows,
    ):
        rows.write(FrameResult(frame, (face(number),), analysed=True, cut=False))
        rows.complete()
    (row,) = read_csv(path)
    assert [row[f"{name}_px"] for name in ("x1", "y1", "x2", "y2")] == ["1.50", "", "20.00", ""]
    assert row["score"] == row["emotion_prob"] == row["p_happy"] == ""
    assert row["emotion"] == "happy" and row["p_sad"] == "0.2500"


@pytest.mark.parametrize("number", NOT_FINITE)
def test_a_number_that_is_not_finite_is_null(number: float) -> None:
    written = to_json({"a": [number, {"b": number}], "c": 1.5})
    assert json.loads(written) == {"a": [None, {"b": None}], "c": 1.5}
