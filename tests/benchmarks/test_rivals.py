"""How faces of two programs are compared."""

from __future__ import annotations

import pytest

from benchmarks.annotate.rivals import iou, share

BOX = [10.0, 10.0, 20.0, 20.0]


def test_overlap() -> None:
    assert iou(BOX, BOX) == 1
    assert iou(BOX, [20.0, 10.0, 30.0, 20.0]) == 0
    assert iou(BOX, [15.0, 10.0, 25.0, 20.0]) == pytest.approx(1 / 3)
    assert iou(BOX, [12.0, 10.0, 12.0, 20.0]) == 0, "an empty box"


def test_a_face_counts_only_in_its_own_frame() -> None:
    assert share([[BOX], [BOX]], [[BOX], []]) == 0.5
    assert share([[], []], [[BOX], []]) == 1, "nothing was wanted"
    assert share([[BOX, [50.0, 50.0, 60.0, 60.0]]], [[[11.0, 10.0, 20.0, 20.0]]]) == 0.5
