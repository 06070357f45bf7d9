"""Decodes the outputs of each family of detectors.

CenterFace (Xu 2019), SCRFD (Guo 2021, with insightface's own conventions) and YuNet (Wu 2023).
Every decoder takes the outputs of one picture and gives, in pixels of the detector's input,
boxes (N, 4) xyxy, scores (N,) and landmarks (N, 5, 2) of the candidates above a threshold, and of
those whose score is NaN: vidfx.stages.engine_faults counts them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vidfx_engines.spec import STRIDES, Family

DecodedFaces = tuple[np.ndarray, np.ndarray, np.ndarray]


def _centerface(
    outputs: Sequence[np.ndarray], size: tuple[int, int], threshold: float
) -> DecodedFaces:
    """Outputs: heat map (1, h, w), log size (2, h, w), offset (2, h, w), landmarks (10, h, w)."""
    heat, scale, offset, marks = outputs
    row, column = np.nonzero(~(heat[0] <= threshold))
    extent = np.exp(scale[:, row, column]) * 4
    centre_y = (row + offset[0, row, column] + 0.5) * 4
    centre_x = (column + offset[1, row, column] + 0.5) * 4
    x1 = np.clip(centre_x - extent[1] / 2, 0, size[1])
    y1 = np.clip(centre_y - extent[0] / 2, 0, size[0])
    box = np.stack(
        [x1, y1, np.minimum(x1 + extent[1], size[1]), np.minimum(y1 + extent[0], size[0])], 1
    )
    at = marks[:, row, column].reshape(5, 2, -1)
    landmarks = np.stack([at[:, 1] * extent[1] + x1, at[:, 0] * extent[0] + y1], -1)
    return box, heat[0, row, column], landmarks.transpose(1, 0, 2)


@lru_cache(maxsize=64)
def _anchor_points(size: tuple[int, int], stride: int, per_cell: int) -> np.ndarray:
    """(h * w * per_cell, 2) xy of the cells' corners, row by row; read-only."""
    y, x = np.mgrid[: size[0] // stride, : size[1] // stride]
    points = np.stack([x, y], -1).reshape(-1, 2) * stride
    repeated = np.repeat(points, per_cell, axis=0).astype(np.float32)
    repeated.flags.writeable = False
    return repeated


def points_per_cell(count: int, size: tuple[int, int], stride: int) -> int:
    """How many of ``count`` points belong to each cell of an input of ``size``."""
    return max(1, count // ((size[0] // stride) * (size[1] // stride)))


def _scrfd(outputs: Sequence[np.ndarray], size: tuple[int, int], threshold: float) -> DecodedFaces:
    """Outputs: scores, distances to the sides and landmarks, (A, 1), (A, 4), (A, 10) a stride.

    insightface's files have two points per cell, vidfx's own detectors one.
    """
    parts: list[DecodedFaces] = []
    for level, stride in enumerate(STRIDES):
        score = outputs[level].reshape(-1)
        points = _anchor_points(size, stride, points_per_cell(len(score), size, stride))
        keep = np.flatnonzero(~(score < threshold))
        at = points[keep]
        sides = outputs[level + 3][keep] * stride
        marks = outputs[level + 6][keep] * stride
        box = np.concatenate([at - sides[:, :2], at + sides[:, 2:]], 1)
        parts.append((box, score[keep], at[:, None] + marks.reshape(-1, 5, 2)))
    return _concatenated(parts)


def _yunet(outputs: Sequence[np.ndarray], size: tuple[int, int], threshold: float) -> DecodedFaces:
    """Outputs, three strides each: class (A, 1), object (A, 1), box (A, 4), landmarks (A, 10)."""
    parts: list[DecodedFaces] = []
    for level, stride in enumerate(STRIDES):
        known, face = outputs[level].reshape(-1), outputs[level + 3].reshape(-1)
        score = np.sqrt(np.clip(known, 0, 1) * np.clip(face, 0, 1))
        keep = np.flatnonzero(~(score < threshold))
        at = _anchor_points(size, stride, 1)[keep]
        raw = outputs[level + 6][keep]
        centre, half = at + raw[:, :2] * stride, np.exp(raw[:, 2:]) * stride / 2
        marks = at[:, None] + outputs[level + 9][keep].reshape(-1, 5, 2) * stride
        parts.append((np.concatenate([centre - half, centre + half], 1), score[keep], marks))
    return _concatenated(parts)


def _concatenated(parts: Sequence[DecodedFaces]) -> DecodedFaces:
    box, score, marks = zip(*parts, strict=True)
    return np.concatenate(box), np.concatenate(score), np.concatenate(marks)


@dataclass(frozen=True)
class Head:
    """The decoding of one family, and its usual non-maximum suppression."""

    family: Family
    decode: Callable[[Sequence[np.ndarray], tuple[int, int], float], DecodedFaces]
    iou: float
    "two boxes that overlap more than this are one face"
    pixel: float
    "added to every side when areas are taken: insightface counts pixels, the others distances"
    threshold: float
    "the usual score above which a box is a face"


HEADS = {
    "centerface": Head("centerface", _centerface, iou=0.3, pixel=0.0, threshold=0.5),
    "scrfd": Head("scrfd", _scrfd, iou=0.4, pixel=1.0, threshold=0.5),
    "yunet": Head("yunet", _yunet, iou=0.45, pixel=0.0, threshold=0.6),
}


def intersection_over_union(a: np.ndarray, b: np.ndarray, pixel: float = 0.0) -> np.ndarray:
    """IoU of every box of ``a`` (N, 4) with every box of ``b`` (M, 4), as (N, M)."""
    top_left = np.maximum(a[:, None, :2], b[None, :, :2])
    bottom_right = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.clip(bottom_right - top_left + pixel, 0, None).prod(-1)
    area_a = (a[:, 2:] - a[:, :2] + pixel).prod(-1)
    area_b = (b[:, 2:] - b[:, :2] + pixel).prod(-1)
    return shared / np.maximum(area_a[:, None] + area_b[None] - shared, 1e-9)


def non_maximum_suppression(
    box: np.ndarray, score: np.ndarray, iou: float, pixel: float = 0.0
) -> np.ndarray:
    """Rows to keep, best score first: each removes the later ones that overlap it too much."""
    order = np.argsort(-score, kind="stable")
    overlap = intersection_over_union(box, box, pixel)
    keep: list[int] = []
    while len(order):
        best, rest = order[0], order[1:]
        keep.append(int(best))
        order = rest[overlap[best, rest] <= iou]
    return np.asarray(keep, np.int64)
