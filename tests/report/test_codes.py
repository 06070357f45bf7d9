"""What pages decode is what was encoded, and curves and boxes stay within their tolerances."""

from __future__ import annotations

import base64

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vidfx.report.codes import (
    BINS,
    MOST_BETWEEN,
    MOST_POINTS,
    binned,
    counted_runs,
    shares_code,
    shorts_code,
    thinned,
)


@given(st.lists(st.integers(0, 3), max_size=40))
def test_runs_repeat_to_the_same(values: list[int]) -> None:
    again = [
        value for count, value in counted_runs(np.array(values, np.int64)) for _ in range(count)
    ]
    assert again == values


def test_shares_and_shorts() -> None:
    shares = base64.b64decode(shares_code(np.array([0.0, 1.0, 0.5, np.nan])))
    assert list(shares) == [0, 254, 127, 255]
    assert base64.b64decode(shorts_code(np.array([1, 513, 70_000, -1]))) == bytes(
        [1, 0, 1, 2, 255, 255, 0, 0]
    )


def test_a_long_curve_keeps_its_peaks() -> None:
    curve = np.zeros((MOST_POINTS * 3, 2))
    curve[12_345, 1], curve[40_000] = 1.0, np.nan
    parts, step = binned(curve)
    assert len(parts) <= BINS and step == 15
    assert parts[12_345 // step].tolist() == [[0, 0], [0, 1]]
    assert np.isfinite(parts).all()


def test_a_short_curve_stays_as_it_is() -> None:
    curve = np.random.default_rng(0).random((50, 3))
    parts, step = binned(curve)
    assert step == 1 and (parts[:, 0] == curve).all() and (parts[:, 1] == curve).all()


@given(st.integers(1, 400), st.integers(0, 2**32 - 1))
def test_boxes_between_kept_ones_are_near_their_lines(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    at = np.cumsum(rng.uniform(0.01, 0.1, count))
    corner = np.cumsum(rng.normal(0, 2, (count, 2)), 0) + 100
    boxes = np.concatenate([corner, corner + 50], 1)
    keep = np.flatnonzero(thinned(at, boxes, 0.02))
    assert keep[0] == 0 and keep[-1] == count - 1
    assert np.diff(keep).max(initial=1) <= MOST_BETWEEN + 1
    for side in range(4):
        line = np.asarray(np.interp(at, at[keep], boxes[keep, side]), float)
        assert np.abs(line - boxes[:, side]).max() <= 0.02 * 50 + 1e-9
