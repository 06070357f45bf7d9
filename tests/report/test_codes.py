"""What pages decode is what was encoded, and curves and boxes stay within their tolerances."""

from __future__ import annotations

import base64

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vidfx.report.codes import (
    MOST_BETWEEN,
    MOST_POINTS,
    bin_frames,
    binned,
    counted_runs,
    shares_code,
    shorts_code,
    steps_code,
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


def times_of(code: str) -> list[int]:
    """As timesOf in codes.js."""
    time, found = 0, list[int]()
    for step in np.frombuffer(base64.b64decode(code), "<u2").tolist():
        time += step
        found += [time] if step < 65535 else []
    return found


@given(st.lists(st.sampled_from([0, 1, 3003, 65534, 65535, 65536, 200_000]), max_size=9))
def test_steps_of_any_length_are_kept(steps: list[int]) -> None:
    assert times_of(steps_code(np.array(steps, np.int64))) == np.cumsum(steps).tolist()


def test_curves_of_a_long_video_keep_their_peaks() -> None:
    curve = np.zeros((300, 2))
    curve[123, 1], curve[200] = 1.0, np.nan
    parts = binned(curve, 7)
    assert len(parts) == 43
    assert parts[123 // 7].tolist() == [[0, 0], [0, 1]]
    assert np.isfinite(parts).all()


def test_bins_are_three_quarters_of_a_second_in_long_videos_and_longer_in_very_long_ones() -> None:
    assert bin_frames(MOST_POINTS, 800) == 1
    assert bin_frames(90_000, 3600) == 19
    assert bin_frames(25 * 3600 * 24, 3600 * 24) == 108
    assert bin_frames(30_000, 0.0) == 2


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
