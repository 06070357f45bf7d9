"""Numbers of a video in few characters: runs, bytes and short integers in base64."""

from __future__ import annotations

import base64

import numpy as np

from vidfx.output.spans import runs

MOST_POINTS = 20_000
"""Of a curve that is kept as it is; longer ones become the least and the greatest of each bin."""
BINS = 4_000
MOST_BETWEEN = 64
"""Boxes that are left out in a row."""


def counted_runs(values: np.ndarray) -> list[list[int]]:
    """(N,) integers as pairs of a count and a value."""
    first, last = runs(values)
    return np.stack([last - first + 1, values[first]], 1).tolist()


def shares_code(shares: np.ndarray) -> str:
    """0..1 as bytes of 0 to 254 in base64; NaN is 255."""
    filled = np.where(np.isfinite(shares), np.round(shares * 254), 255)
    return _base64(filled.clip(0, 255).astype(np.uint8))


def shorts_code(numbers: np.ndarray) -> str:
    """Whole numbers of 0 to 65535 as little-endian pairs of bytes in base64."""
    return _base64(np.round(numbers).clip(0, 65535).astype("<u2"))


def _base64(numbers: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(numbers).tobytes()).decode("ascii")


def binned(curve: np.ndarray) -> tuple[np.ndarray, int]:
    """(N, K) as (M, 2, K), the least and the greatest of every ``step`` points, and ``step``.

    A curve of MOST_POINTS at most has a step of 1, and both are the same. NaN in, NaN out.
    """
    if len(curve) <= MOST_POINTS:
        return np.stack([curve, curve], 1), 1
    step = -(-len(curve) // BINS)
    padded = np.full((-(-len(curve) // step) * step, curve.shape[1]), np.nan)
    padded[: len(curve)] = curve
    parts = padded.reshape(-1, step, curve.shape[1])
    empty = np.isnan(parts).all(1)
    least = np.where(empty, np.nan, np.nan_to_num(parts, nan=np.inf).min(1))
    most = np.where(empty, np.nan, np.nan_to_num(parts, nan=-np.inf).max(1))
    return np.stack([least, most], 1), step


def thinned(at: np.ndarray, boxes: np.ndarray, tolerance: float) -> np.ndarray:
    """(N,) bool: which boxes to keep so that all others lie on the lines between kept ones.

    ``at`` (N,) are their times, ``boxes`` (N, 4) px. No side is off by more than ``tolerance`` of
    the box's size.
    """
    keep = np.zeros(len(at), bool)
    if not len(at):
        return keep
    allowed = tolerance * np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    first, last = 0, len(at) - 1
    keep[[0, last]] = True
    while (first := first + _reach(at, boxes, allowed, first)) < last:
        keep[first] = True
    return keep


def _reach(at: np.ndarray, boxes: np.ndarray, allowed: np.ndarray, first: int) -> int:
    """How many boxes after ``first`` a line can end so that it misses none before its end."""
    rest = slice(first + 1, first + MOST_BETWEEN + 1)
    elapsed = (at[rest] - at[first])[:, None]
    slope, play = (boxes[rest] - boxes[first]) / elapsed, allowed[rest, None] / elapsed
    least = np.maximum.accumulate(slope - play)[:-1]
    most = np.minimum.accumulate(slope + play)[:-1]
    misses = ((slope[1:] < least) | (slope[1:] > most)).any(1)
    return int(misses.argmax()) + 1 if misses.any() else len(slope)
