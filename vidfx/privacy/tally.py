"""What was hidden, counted: the content of ``NAME.privacy.json``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from vidfx.stages.settled import Settled

MOST_LISTED = 1000
"""Frames that are listed one by one."""


class HidingTally:
    """Counts the frames of one video, in order."""

    def __init__(self) -> None:
        self._frames = self._masked = self._rows = self._hidden = 0
        self._unshown = self._outside = 0
        self._outside_frames: list[int] = []
        self._least_margin = math.inf
        self._tracks: set[int] = set()
        self._gaps: dict[tuple[int, float], float] = {}

    def add(self, settled: Settled, hidden: np.ndarray, place: np.ndarray, box: np.ndarray) -> None:
        """Count frames: which rows are ``hidden`` (N,), and the masks, (M,) and (M, 4)."""
        faces, found = settled.faces, settled.unshown
        self._frames += len(settled.frames)
        self._masked += len(np.unique(place))
        self._rows += len(faces)
        self._hidden += int(hidden.sum())
        self._tracks |= {*faces.track[hidden].tolist()}
        self._unshown += len(found)
        rows = np.flatnonzero(hidden)
        if len(rows):
            side = (faces.box[rows, 2:] - faces.box[rows, :2]).max(axis=1)
            margin = _margins(settled.place[rows], faces.box[rows], place, box) / side
            self._least_margin = min(self._least_margin, float(margin.min()))
        if len(found):
            outside = np.flatnonzero(_margins(found.place, found.box, place, box) < 0)
            self._outside += len(outside)
            numbers: list[int] = np.unique(found.place[outside]).tolist()
            for number in numbers:
                if len(self._outside_frames) < MOST_LISTED:
                    self._outside_frames.append(settled.frames[number].frame.index)

    def note_gaps(self, track: np.ndarray, times: np.ndarray, masked: np.ndarray) -> None:
        """Note the gaps between the rows of one track that are masked: above its usual step."""
        if track[0] < 0 or len(times) < 3:
            return
        steps = np.diff(times)
        for number in np.flatnonzero((steps > 1.5 * np.median(steps)) & masked[:-1]).tolist():
            self._gaps[int(track[0]), float(times[number])] = float(steps[number])

    def describe(self) -> dict[str, Any]:
        least = self._least_margin
        return {
            "frames": self._frames,
            "frames_with_masks": self._masked,
            "rows": self._rows,
            "rows_hidden": self._hidden,
            "tracks_hidden": len(self._tracks),
            "least_margin": None if math.isinf(least) else round(least, 3),
            "unshown_detections": self._unshown,
            "unshown_detections_outside_masks": self._outside,
            "frames_with_a_detection_outside_masks": self._outside_frames,
            "gaps_bridged": len(self._gaps),
            "longest_gap_s": round(max(self._gaps.values(), default=0.0), 3),
        }


def _margins(
    place: np.ndarray, faces: np.ndarray, mask_place: np.ndarray, masks: np.ndarray
) -> np.ndarray:
    """(N,) px by which the best mask on the frame of each face reaches beyond it, on all sides."""
    best = np.full(len(faces), -np.inf)
    for number in np.unique(place).tolist():
        own = slice(*np.searchsorted(place, [number, number + 1]))
        near = masks[slice(*np.searchsorted(mask_place, [number, number + 1]))]
        lower, upper = faces[own, None, :2] - near[:, :2], near[:, 2:] - faces[own, None, 2:]
        room = np.concatenate([lower, upper], axis=2).min(axis=2)
        best[own] = room.max(axis=1, initial=-np.inf)
    return best
