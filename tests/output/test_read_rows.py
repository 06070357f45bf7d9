"""Rows are read with types, and those of version 1 get the columns of the current version."""

from __future__ import annotations

from pathlib import Path

import pytest

from vidfx import schema
from vidfx.errors import UsageError
from vidfx.output.read_rows import read_rows

CELLS = {"frame": "7", "time_s": "0.280000", "track_id": "2", "score": "", "identity": ""}
EMOTIONS = ("sad", "joy, or so")


def file_of(path: Path, header: list[str], cells: dict[str, str]) -> Path:
    lines = [header, [cells.get(name, "") for name in header]]
    path.write_text("".join(",".join(f'"{cell}"' for cell in line) + "\n" for line in lines))
    return path


def test_rows_have_types_and_none_for_empty_cells(tmp_path: Path) -> None:
    header = [c.name for c in schema.faces_columns(EMOTIONS, file=True)]
    cells = {"file": "a/b.mp4", "p_joy, or so": "0.5", "left_eye_x_px": "3.25", **CELLS}
    (row,) = read_rows(file_of(tmp_path / "new.csv", header, cells))
    assert list(row) == header
    known = {"file": "a/b.mp4", "frame": 7, "time_s": 0.28, "track_id": 2, "left_eye_x_px": 3.25}
    assert {name: row[name] for name in known} == known
    assert row["p_joy, or so"] == 0.5 and row["score"] is row["identity"] is None
    assert type(row["frame"]) is int


def test_version_1_is_read_into_the_same_columns(tmp_path: Path) -> None:
    now = [c.name for c in schema.faces_columns(EMOTIONS)]
    then = [name for name in now if name != "emotion_reason"]
    old_names = {new: old for old, new in schema.VERSION_1_NAMES.items()}
    cells = {"lm0_x_px": "1.00", "lm4_y_px": "9.00", **CELLS}
    (row,) = read_rows(file_of(tmp_path / "old.csv", [old_names.get(n, n) for n in then], cells))
    assert list(row) == now
    assert (row["left_eye_x_px"], row["right_mouth_y_px"]) == (1.0, 9.0)
    assert row["emotion_reason"] is None


def test_rows_of_frames(tmp_path: Path) -> None:
    header = [c.name for c in schema.frames_columns()]
    (row,) = read_rows(file_of(tmp_path / "frames.csv", header, {"pts": "12800", "cut": "1"}))
    assert (row["pts"], row["cut"], row["dominant_emotion"]) == (12800, 1, None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "No such file"),
        ("a,b\n1,2\n", "header"),
        ("", "header"),
        ("frame,track_id,score\n1,two,\n", "line 2, track_id: 'two'"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(text: str | None, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    if text is not None:
        file.write_text(text)
    with pytest.raises(UsageError, match=reason):
        list(read_rows(file))
