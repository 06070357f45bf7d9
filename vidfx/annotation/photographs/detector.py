"""Detects at two sizes of the input, for pictures that no next frame can add to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vidfx.stages.detect import Detector
from vidfx.stages.detector_heads import intersection_over_union, non_maximum_suppression
from vidfx.stages.each import Each, in_turn
from vidfx.stages.pixels import size_of
from vidfx.types import SQUARE, Detections, Frame, Stretch

CLOSER = 2
"""The long side of the larger input, in those of the first one, where the large faces are found."""
LEAST_SHARE = 0.5
"""Of the input's long side: pictures smaller than that have no more detail to show."""
DOUBTFUL = 0.6
"""With a checker, faces from this share of the threshold on are found, and checked if they are
below SURE."""
SURE = 0.8
AGREED = 0.8
"""The share of the threshold from which the checker's detection confirms a face."""
SAME_FACE = 0.3
"intersection over union"


class PhotographDetector(Detector):
    """A Detector that also looks with a larger input; of boxes that overlap the best one is kept.

    Where there is a ``checker``, it runs on pictures with faces of which the detector is not sure,
    and only those that it finds too are kept. Of 304 small faces on 80 photographs it finds 84 %,
    with 15 detections on no labelled face; without a checker 83 % with 31.
    """

    def __init__(self, detector: Detector, threshold: float, checker: Detector | None) -> None:
        """As ``detector``; ``threshold`` is the least score of a face that is not checked."""
        least = DOUBTFUL * threshold if checker else threshold
        super().__init__(detector.engine, threshold=least, long_side=detector.long_side)
        self._closer = Detector(
            detector.engine, threshold=least, long_side=CLOSER * detector.long_side
        )
        self._checker = PhotographDetector(checker, AGREED * threshold, None) if checker else None

    def __call__(
        self,
        frames: Sequence[Frame],
        matrix: int = 2,
        stretch: Stretch = SQUARE,
        each: Each = in_turn,
    ) -> Detections:
        found = self._at_both_sizes(frames, matrix, stretch, each)
        if self._checker is None:
            return found
        doubtful = set(found.frame[found.score < SURE].tolist())
        checked = [frame for frame in frames if frame.index in doubtful]
        if not checked:
            return found
        agreed = self._checker(checked, matrix, stretch, each)
        kept = found.rows(np.flatnonzero((found.score >= SURE) | _are_in(found, agreed)))
        return replace(kept, faulty=max(found.faulty, agreed.faulty))

    def every_face(self, frame: Frame, matrix: int = 2) -> Detections:
        """All that either detector finds, also where the other one does not."""
        found = [self._at_both_sizes([frame], matrix, SQUARE, in_turn)]
        if self._checker:
            found.append(self._checker([frame], matrix))
        return Detections(
            np.concatenate([one.frame for one in found]),
            np.concatenate([one.box for one in found]),
            np.concatenate([one.score for one in found]),
            np.concatenate([one.landmarks for one in found]),
        )

    def _at_both_sizes(
        self, frames: Sequence[Frame], matrix: int, stretch: Stretch, each: Each
    ) -> Detections:
        found = super().__call__(frames, matrix, stretch, each)
        if not frames or max(size_of(frames[0])) < LEAST_SHARE * self.long_side:
            return found
        closer = self._closer(frames, matrix, stretch, each)
        faulty = max(found.faulty, closer.faulty)
        both = Detections(
            np.concatenate([found.frame, closer.frame]),
            np.concatenate([found.box, closer.box]),
            np.concatenate([found.score, closer.score]),
            np.concatenate([found.landmarks, closer.landmarks]),
            faulty,
        )
        kept = [self._best(both, frame.index) for frame in frames]
        return replace(both.rows(np.concatenate(kept)), faulty=faulty)

    def _best(self, faces: Detections, frame: int) -> np.ndarray:
        """The rows of the faces of a frame that are kept, best score first."""
        own = np.flatnonzero(faces.frame == frame)
        head = self.head
        return own[non_maximum_suppression(faces.box[own], faces.score[own], head.iou, head.pixel)]


def _are_in(found: Detections, others: Detections) -> np.ndarray:
    """Of each face (N,) bool, whether ``others`` have it on the same frame."""
    overlap = intersection_over_union(found.box, others.box)
    return ((overlap >= SAME_FACE) & (found.frame[:, None] == others.frame)).any(axis=1)
