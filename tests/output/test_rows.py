"""What is in the cells of both files: finite numbers or nothing, and labels."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.settled_frames import Reading, SettledFace, settled_of
from tests.video import media
from tests.vidfx_command import read_csv
from vidfx.output.rows import RowWriter
from vidfx.output.strict_json import to_json
from vidfx.output.tally import Tally
from vidfx.stages.certainty import Reason
from vidfx.stages.settled import Labels, Settled
from vidfx.types import Frame
from vidfx_engines.files import AtomicFile

EMOTIONS = ("happy", "sad")
NOT_FINITE = (float("nan"), float("inf"), float("-inf"))


def face(number: float) -> SettledFace:
    """A face of which half the numbers are ``number``."""
    return SettledFace(
        track_id=1,
        box=np.array([1.5, number, 20, number]),
        landmarks=np.full((5, 2), number),
        score=number,
        emotion=Reading("happy", number, (number, 0.25)),
    )


def result(faces: Sequence[SettledFace]) -> Settled:
    return settled_of(Frame(0, 0, np.zeros((4, 4, 3), np.uint8)), faces, EMOTIONS)


def written(
    settled: Settled, folder: Path, *, recognises: bool = False, name: str | None = None
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """What is written of these frames: rows of faces, and of frames."""
    paths = [folder / f"{name}.csv" for name in ("faces", "frames", "unshown")]
    with (
        AtomicFile(paths[0]) as of_faces,
        AtomicFile(paths[1]) as of_frames,
        AtomicFile(paths[2]) as of_unshown,
        RowWriter(
            *(of_faces, of_frames, of_unshown),
            emotions=EMOTIONS,
            recognises=recognises,
            name=name,
        ) as rows,
    ):
        rows.write(settled)
        rows.complete()
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            text = file.read()
        again = io.StringIO()
        csv.writer(again, lineterminator="\n").writerows(csv.reader(io.StringIO(text, newline="")))
        assert text == again.getvalue()
    return read_csv(paths[0]), read_csv(paths[1])


def rows_of(
    faces: Sequence[SettledFace], folder: Path
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """What is written of one frame with these faces."""
    return written(result(faces), folder)


@pytest.mark.parametrize("number", NOT_FINITE)
def test_a_number_that_is_not_finite_is_an_empty_cell(number: float, tmp_path: Path) -> None:
    (row,), _ = rows_of([face(number)], tmp_path)
    assert [row[f"{name}_px"] for name in ("x1", "y1", "x2", "y2")] == ["1.50", "", "20.00", ""]
    assert row["score"] == row["emotion_prob"] == row["p_happy"] == ""
    assert row["emotion"] == "happy" and row["p_sad"] == "0.2500"


@pytest.mark.parametrize("number", NOT_FINITE)
def test_a_number_that_is_not_finite_is_null(number: float) -> None:
    text = to_json({"a": [number, {"b": number}], "c": 1.5})
    assert json.loads(text) == {"a": [None, {"b": None}], "c": 1.5}


@pytest.mark.parametrize("name", ["a/b.mp4", 'a "quoted", name', "two\nlines", "100 %s", "\udc80"])
def test_each_row_begins_with_the_name_of_the_input(name: str, tmp_path: Path) -> None:
    rows = written(result([face(1.0)]), tmp_path, name=name)
    for row in (*rows[0], *rows[1]):
        assert next(iter(row.items())) == ("file", name.replace("\udc80", "\\udc80"))
        assert row["frame"] == "0"


HAPPY, SAD = Reading("happy", 0.8, (0.8, 0.2)), Reading("sad", 0.7, (0.3, 0.7))
NEITHER = Reading(None, 0.9, (0.9, 0.1))


def showing(*emotions: Reading | None) -> list[SettledFace]:
    """Faces with these expressions."""
    return [replace(face(1.0), emotion=e, emotion_reason=reason_for(e)) for e in emotions]


def reason_for(emotion: Reading | None) -> Reason:
    if emotion is None:
        return "not_read"
    return "" if emotion.label else "low_confidence"


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
    faces, (frame,) = rows_of(showing(*emotions), tmp_path)
    for row, emotion in zip(faces, emotions, strict=True):
        cells = [row[name] for name in ("emotion", "emotion_prob", "p_happy", "p_sad")]
        numbers = [f"{p:.4f}" for p in (emotion.prob, *emotion.probs)] if emotion else [""] * 3
        assert cells == [(emotion and emotion.label) or "", *numbers]
        assert row["emotion_reason"] == reason_for(emotion)
    assert int(frame["faces_unsure"]) == sum(not (e and e.label) for e in emotions)
    assert (frame["dominant_emotion"], frame["dominant_emotion_share"]) == (dominant, share)


def test_shares_of_a_track_are_of_its_rows_with_an_expression() -> None:
    tally = Tally(media.info(), recognises=False)
    for emotion in (HAPPY, HAPPY, SAD, NEITHER, None):
        tally.add(result(showing(emotion)))
    (track,) = tally.tracks()
    assert track["emotion_share"] == {"happy": 0.6667, "sad": 0.3333}
    assert track["unsure"] == {"low_confidence": 1, "not_read": 1} and track["unsure_share"] == 0.4
    assert tally.counts()["face_rows_unsure"] == 2


HOSTILE = ("other", 'a "quoted", name', "two\nlines", "plain", "-1|=x", "other ", "\r")


def test_named_people_are_in_the_cells_of_the_frame(tmp_path: Path) -> None:
    """Once each, sorted, and read back as they are; others and unknown faces are not named."""
    names = (*HOSTILE, "unknown")
    index = np.array([3, 0, 1, 3, len(HOSTILE), -1])
    settled = result([face(0.5)] * len(index))
    who = Labels(names, index, np.where(index < 0, np.nan, 0.75))
    settled = replace(settled, faces=replace(settled.faces, identity=who, raw_identity=who))
    faces, (frame,) = written(settled, tmp_path, recognises=True)
    assert [row["identity"] for row in faces] == [
        "plain",
        "other",
        HOSTILE[1],
        "plain",
        "unknown",
        "",
    ]
    assert [row["raw_identity_prob"] for row in faces] == ["0.7500"] * 5 + [""]
    assert frame["identities"] == f"{HOSTILE[1]}|plain"
    assert (frame["target_present"], frame["faces"]) == ("1", "6")
    tally = Tally(media.info(), recognises=True)
    tally.add(settled)
    assert tally.counts()["frames_with_target"] == 1
    assert tally.tracks()[0]["identity"] is None
