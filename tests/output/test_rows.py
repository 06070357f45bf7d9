"""What is in the cells of both files: finite numbers or nothing, and labels."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.video import media
from tests.vidfx_command import read_csv
from vidfx.output.rows import RowWriter
from vidfx.output.strict_json import to_json
from vidfx.output.tally import Tally
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


def result(faces: Sequence[Face]) -> FrameResult:
    frame = Frame(0, 0, np.zeros((4, 4, 3), np.uint8))
    return FrameResult(frame, tuple(faces), analysed=True, cut=False)


def rows_of(
    faces: Sequence[Face], folder: Path
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """What is written of one frame: rows of faces, and of frames."""
    paths = folder / "faces.csv", folder / "frames.csv"
    info, emotions = media.info(Fraction(1, 25)), ("happy", "sad")
    with (
        AtomicFile(paths[0]) as of_faces,
        AtomicFile(paths[1]) as of_frames,
        RowWriter(of_faces, of_frames, info, emotions=emotions, recognises=False) as rows,
    ):
        rows.write(result(faces))
        rows.complete()
    return read_csv(paths[0]), read_csv(paths[1])


@pytest.mark.parametrize("number", NOT_FINITE)
def test_a_number_that_is_not_finite_is_an_empty_cell(number: float, tmp_path: Path) -> None:
    (row,), _ = rows_of([face(number)], tmp_path)
    assert [row[f"{name}_px"] for name in ("x1", "y1", "x2", "y2")] == ["1.50", "", "20.00", ""]
    assert row["score"] == row["emotion_prob"] == row["p_happy"] == ""
    assert row["emotion"] == "happy" and row["p_sad"] == "0.2500"


@pytest.mark.parametrize("number", NOT_FINITE)
def test_a_number_that_is_not_finite_is_null(number: float) -> None:
    written = to_json({"a": [number, {"b": number}], "c": 1.5})
    assert json.loads(written) == {"a": [None, {"b": None}], "c": 1.5}


HAPPY, SAD = Reading("happy", 0.8, (0.8, 0.2)), Reading("sad", 0.7, (0.3, 0.7))
NEITHER = Reading(None, 0.9, (0.9, 0.1))


@pytest.mark.parametrize(
    ("emotions", "dominant", "share"),
    [
        ([NEITHER, SAD], "sad", "0.7000"),
        ([HAPPY, SAD, NEITHER, None], "happy", "0.5500"),
        ([NEITHER, NEITHER], "", ""),
        ([None], "", ""),
    ],
)
def test_a_face_without_an_expression_keeps_its_probabilities(
    emotions: list[Reading | None], dominant: str, share: str, tmp_path: Path
) -> None:
    faces, (frame,) = rows_of([replace(face(1.0), emotion=e) for e in emotions], tmp_path)
    for row, emotion in zip(faces, emotions, strict=True):
        cells = [row[name] for name in ("emotion", "emotion_prob", "p_happy", "p_sad")]
        numbers = [f"{p:.4f}" for p in (emotion.prob, *emotion.probs)] if emotion else [""] * 3
        assert cells == [(emotion and emotion.label) or "", *numbers]
    assert (frame["dominant_emotion"], frame["dominant_emotion_share"]) == (dominant, share)


def test_shares_of_a_track_are_of_all_frames_with_probabilities() -> None:
    tally = Tally(media.info(), recognises=False)
    for emotion in (HAPPY, HAPPY, SAD, NEITHER, None):
        tally.add(result([replace(face(1.0), emotion=emotion)]))
    (track,) = tally.tracks()
    assert track["emotion_share"] == {"happy": 0.5, "sad": 0.25}
