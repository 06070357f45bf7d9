"""Faces are compared on the same frame, where their boxes overlap."""

from __future__ import annotations

from benchmarks.annotate.face_rows import CORNERS, Row
from benchmarks.annotate.readings import agreement, pairs


def row(frame: int, left: float, emotion: str | None) -> Row:
    box = dict(zip(CORNERS, (left, 0.0, left + 10, 10.0), strict=True))
    return {"frame": frame, "emotion": emotion, **box}


def test_labels_are_compared_of_faces_at_the_same_place() -> None:
    wanted = [row(0, 0, "happy"), row(0, 50, "sad"), row(1, 0, None), row(2, 0, "sad")]
    found = [row(0, 1, "happy"), row(0, 50, "happy"), row(1, 0, "sad"), row(2, 30, "sad")]
    both = pairs(wanted, found)
    assert [(a["emotion"], b["emotion"]) for a, b in both] == [
        ("happy", "happy"),
        ("sad", "happy"),
        (None, "sad"),
    ]
    assert agreement(both) == (1 / 3, 1 / 2)
