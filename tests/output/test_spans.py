"""Which rows are one span."""

from __future__ import annotations

import numpy as np
import pytest

from vidfx.output.spans import JOIN_S, is_near, runs, spans


@pytest.mark.parametrize(
    ("frames", "labels", "expected"),
    [
        ([], [], []),
        ([7], [0], [(0, 0)]),
        ([3, 4, 5], [0, 0, 0], [(0, 2)]),
        ([3, 4, 6, 7, 9], [0, 0, 0, 0, 0], [(0, 1), (2, 3), (4, 4)]),
        ([3, 4, 5, 7], [0, 1, 1, 1], [(0, 0), (1, 2), (3, 3)]),
    ],
)
def test_a_span_ends_at_a_gap_or_where_a_value_changes(
    frames: list[int], labels: list[int], expected: list[tuple[int, int]]
) -> None:
    first, last = spans(np.array(frames, np.int64), np.array(labels, np.int64))
    assert list(zip(first.tolist(), last.tolist(), strict=True)) == expected


def test_runs_are_of_all_columns() -> None:
    first, last = runs(np.array([1, 1, 1, 2]), np.array([True, False, False, False]))
    assert (first.tolist(), last.tolist()) == ([0, 1, 3], [0, 2, 3])


def test_a_gap_that_can_be_joined_goes_on() -> None:
    assert is_near(1.0, 1.0 + JOIN_S) and not is_near(1.0, 1.25, 0.0)
