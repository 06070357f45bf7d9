"""Numbers of a video in few characters: runs, bytes and short integers in base64."""

from __future__ import annotations

import base64

import numpy as np

from vidfx.output.spans import runs

MOST_POINTS = 20_000
"""Frames of a video whose curves are kept as they are; else the least and the greatest of bins."""
BIN_S = 0.75
"""The shortest bin."""
BINS = 20_000
"""Of a video at most."""
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


def steps_code(steps: np.ndarray) -> str:
    """(N,) whole numbers from 0 as ``shorts_code``; each 65535 is added to the number after it."""
    full, rest = np.divmod(steps.clip(0), 65535)
    shorts = np.full(len(steps) + int(full.sum()), 65535)
    shorts[np.cumsum(full + 1) - 1] = rest
    return shorts_code(shorts)


def _base64(numbers: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(numbers).tobytes()).decode("ascii")


def bin_frames(frames: int, seconds: float) -> int:
    """How many frames of a video become one bin; 1: its curves are kept as they are."""
    if frames <= MOST_POINTS:
        return 1
    return max(2, -(-frames // BINS), round(BIN_S * frames / seconds) if seconds > 0 else 0)


def binned(curve: np.ndarray, step: int) -> np.ndarray:
    """(N, K) as (M, 2, K), the least and the greatest of every ``step`` points; NaN in, NaN out."""
    padded = np.full((-(-len(curve) // step) * step, curve.shape[1]), np.nan)
    padded[: len(curve)] = curve
    parts = padded.reshape(-1, step, curve.shape[1])
    empty = np.isnan(parts).all(1)
    least = np.where(empty, np.nan, np.nan_to_num(parts, nan=np.inf).min(1))
    most = np.where(empty, np.nan, np.nan_to_num(parts, nan=-np.inf).max(1))
    return np.stack([least, most], 1)


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
