"""Which faces become training pictures: the best of each person in each window of time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import cv2
import numpy as np

from vidfx.errors import UsageError
from vidfx.stages import align
from vidfx.stages.settled import DETECTED, SettledFaces
from vidfx.types import SQUARE, Stretch
from vidfx_engines.spec import CropSpec

Reason = Literal["not_largest", "too_small", "poor_quality", "repeated", "over_limit"]
REASONS: tuple[Reason, ...] = get_args(Reason)
"""Why a face is left out. Counted are persons per window of time, not frames."""
SAME_PICTURE = 0.98
"""Correlation of two thumbnails of one track above which the face has not moved."""
THUMBNAIL = 24


@dataclass(frozen=True)
class CropCriteria:
    """Which faces are wanted, and how they are cut; the defaults are the command's."""

    crop: CropSpec
    largest_only: bool
    "of the faces in one window of time, only the most prominent person's"
    per_second: float
    "the most crops per second of each track: windows are 1 / per_second long"
    min_face: float
    "shorter side of the face's box, px"
    min_quality: float
    "product of align.quality's parts"
    limit: int | None
    "crops of one source, spread evenly over it"

    def __post_init__(self) -> None:
        self._within("size", self.crop.size, 32, 1024)
        self._within("per-second", self.per_second, 0.001, 1000)
        self._within("min-face", self.min_face, 0, 10_000)
        self._within("min-quality", self.min_quality, 0, 1)
        self._within("limit", 1 if self.limit is None else self.limit, 1, 1_000_000)

    @staticmethod
    def _within(name: str, value: float, low: float, high: float) -> None:
        if not low <= value <= high:  # NaN fails every comparison
            raise UsageError(
                f"--{name} is {value:g}, which is out of range", hint=f"use {low:g} to {high:g}"
            )


@dataclass(frozen=True)
class FaceCrop:
    """One chosen face."""

    pixels: np.ndarray
    "(S, S, 3) uint8 RGB, aligned"
    time_s: float
    track: int
    face_px: float
    "shorter side of the face's box in the source, with square pixels"
    score: float
    quality: float


@dataclass
class _Candidate:
    """One person in one window of time."""

    prominence: float = 0.0
    reason: Reason = "too_small"
    crop: FaceCrop | None = None


class CropSelector:
    """Chooses among the faces of one source, which come frame by frame in order of time."""

    def __init__(self, criteria: CropCriteria, stretch: Stretch = SQUARE) -> None:
        """``stretch`` is that of the source's pixels."""
        self.left_out: Counter[Reason] = Counter()
        self._criteria = criteria
        self._stretch = stretch
        self._window = 0
        self._candidates: dict[int, _Candidate] = {}
        "by track"
        self._kept: dict[int, np.ndarray] = {}
        "thumbnail of the last crop of each track"

    def add(self, time_s: float, rgb: np.ndarray, faces: SettledFaces) -> Iterator[FaceCrop]:
        """Add the next frame, (H, W, 3) uint8; yields the crops of the window that it ends."""
        window = int(np.floor(time_s * self._criteria.per_second + 1e-6))
        if window != self._window:
            yield from self.finish()
            self._window = window
        across, down = self._stretch
        boxes = faces.box * np.array([across, down] * 2, faces.box.dtype)
        sides = align.shorter_side(faces.box, self._stretch).tolist()
        qualities = faces.quality.prod(1).tolist()
        for row in np.flatnonzero(faces.source == DETECTED).tolist():
            track, side, quality = int(faces.track[row]), sides[row], qualities[row]
            candidate = self._candidates.setdefault(track, _Candidate())
            width, height = rgb.shape[1] * across, rgb.shape[0] * down
            candidate.prominence += prominence(boxes[row], width, height)
            if side < self._criteria.min_face:
                continue
            candidate.reason = "poor_quality"
            best = candidate.crop.quality if candidate.crop else -1.0
            if quality < self._criteria.min_quality or quality <= best:
                continue
            template, size = self._criteria.crop.template, self._criteria.crop.size
            marks = faces.landmarks[row : row + 1]
            pixels = align.crops(rgb, marks, template, size, self._stretch)[0]
            score = float(faces.score[row])
            candidate.crop = FaceCrop(pixels, time_s, track, side, score, quality)

    def finish(self) -> Iterator[FaceCrop]:
        """End the current window; yields its crops, the most prominent person's first."""
        ranked = sorted(self._candidates.items(), key=lambda item: -item[1].prominence)
        self._candidates = {}
        for rank, (track, candidate) in enumerate(ranked):
            if rank and self._criteria.largest_only:
                self.left_out["not_largest"] += 1
            elif candidate.crop is None:
                self.left_out[candidate.reason] += 1
            elif self._repeats(track, candidate.crop):
                self.left_out["repeated"] += 1
            else:
                yield candidate.crop

    def _repeats(self, track: int, crop: FaceCrop) -> bool:
        thumbnail = _thumbnail(crop.pixels)
        before = self._kept.get(track)
        if before is not None and float((thumbnail * before).sum()) > SAME_PICTURE:
            return True
        self._kept[track] = thumbnail
        return False


def prominence(box: np.ndarray, width: float, height: float) -> float:
    """How prominent a face is in a picture of ``width`` x ``height`` px.

    Its area in square px, times a weight that falls with the distance of its centre from the
    picture's: 0.83 a quarter of the way to a corner, 0.47 half way, 0.05 in the corner.
    """
    x1, y1, x2, y2 = box.tolist()
    away_x, away_y = (x1 + x2) / width - 1, (y1 + y2) / height - 1
    away = (away_x**2 * width**2 + away_y**2 * height**2) / (width**2 + height**2)
    return max(0.0, x2 - x1) * max(0.0, y2 - y1) * float(np.exp(-3 * away))


def _thumbnail(pixels: np.ndarray) -> np.ndarray:
    """(T, T) float32 grey, mean 0, norm 1: the sum of the product of two is their correlation."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
    centred = small.astype(np.float32) - float(small.mean())
    return centred / max(float(np.linalg.norm(centred)), 1e-6)
