"""Finds faces: frames in, boxes and five landmarks out, for every family of detectors."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np

from vidfx.stages.detector_heads import HEADS, DecodedFaces, Head, non_maximum_suppression
from vidfx.stages.each import Each, in_turn
from vidfx.stages.engine_faults import are_faces
from vidfx.stages.pixels import shrunk, size_of
from vidfx.types import SQUARE, Detections, Frame, Stretch
from vidfx_engines.base import STRIDE, Engine


@dataclass(frozen=True)
class Letterbox:
    """How a picture of any shape is resized into the detector's input: top left, the rest black."""

    width: int
    height: int
    "of the input, multiples of STRIDE"
    scale: float
    "input pixels per picture pixel, if those were square"
    inner_width: int
    inner_height: int
    "of the resized picture"
    stretch: Stretch = SQUARE

    @classmethod
    def fit(cls, width: int, height: int, long_side: int, stretch: Stretch = SQUARE) -> Letterbox:
        """The letterbox whose long side is ``long_side`` px, with the aspect of square pixels."""
        seen_width, seen_height = width * stretch[0], height * stretch[1]
        scale = long_side / max(seen_width, seen_height)
        inner_width, inner_height = (
            max(1, int(seen_width * scale)),
            max(1, int(seen_height * scale)),
        )

        def up(side: int) -> int:
            return -(-side // STRIDE) * STRIDE

        return cls(up(inner_width), up(inner_height), scale, inner_width, inner_height, stretch)

    @property
    def scales(self) -> tuple[float, float]:
        """Input pixels per picture pixel, across and down."""
        return self.scale * self.stretch[0], self.scale * self.stretch[1]

    def in_picture(self, points: np.ndarray) -> np.ndarray:
        """(..., 2) from px of the input to px of the picture."""
        return points / np.array(self.scales, points.dtype)

    def __call__(self, frame: Frame, matrix: int, out: np.ndarray) -> None:
        """Resize a frame into ``out`` (height, width, 3) uint8 RGB, which is zero outside.

        ``matrix`` is that of the frame's planes, see vidfx.types.Colour.
        """
        width, height = self.inner_width, self.inner_height
        out[:height, :width] = shrunk(frame, matrix, width, height)


def decode(
    head: Head, outputs: Sequence[np.ndarray], size: tuple[int, int], threshold: float
) -> tuple[DecodedFaces, bool]:
    """The faces of one picture in px of the input, best score first.

    ``outputs`` are without the batch; ``size`` is (height, width) of the input. The flag says
    whether the detector also gave invalid candidates, which are left out.
    """
    with np.errstate(all="ignore"):
        box, score, landmarks = head.decode(outputs, size, threshold)
    good = np.flatnonzero(are_faces(box, score, landmarks, size))
    keep = good[non_maximum_suppression(box[good], score[good], head.iou, head.pixel)]
    return (box[keep], score[keep], landmarks[keep]), len(good) < len(box)


class Detector:
    """A detector engine with its family's decoding; several threads may call it.

    ``threshold`` is the least score of a face that is reported. Boxes are those of the family's own
    code: a face at the edge of the picture may reach out of it, with CenterFace only
    as far as the letterbox's black padding on the right and below.
    """

    def __init__(self, engine: Engine, *, threshold: float, long_side: int) -> None:
        self.engine = engine
        self.threshold = threshold
        self.long_side = long_side
        assert engine.spec.family is not None
        self.head = HEADS[engine.spec.family]
        self._running = Lock()

    def __call__(
        self,
        frames: Sequence[Frame],
        matrix: int = 2,
        stretch: Stretch = SQUARE,
        each: Each = in_turn,
    ) -> Detections:
        """Faces of ``frames``, which are all of one size, in frame order, best score first.

        ``matrix`` is that of their planes, see vidfx.types.Colour; ``stretch`` that of their
        pixels. Boxes and landmarks are in px of the frames. ``each`` resizes and decodes pictures.
        """
        if not frames:
            return Detections.empty()
        height, width = size_of(frames[0])
        box = Letterbox.fit(width, height, self.long_side, stretch)
        batch = np.zeros((len(frames), box.height, box.width, 3), np.uint8)

        def resize(place: int) -> None:
            box(frames[place], matrix, batch[place])

        deque(each(resize, range(len(frames))), maxlen=0)
        with self._running:
            outputs = self.engine.run(batch)
        return self.decoded([frame.index for frame in frames], outputs, box, each)

    def decoded(
        self,
        indices: Sequence[int],
        outputs: Sequence[np.ndarray],
        letterbox: Letterbox,
        each: Each = in_turn,
    ) -> Detections:
        """Faces from the engine's ``outputs`` for the frames of ``indices``, at least one."""

        def faces(place: int) -> Detections:
            return self._one(indices[place], [o[place] for o in outputs], letterbox)

        found = list(each(faces, range(len(indices))))
        return Detections(
            np.concatenate([d.frame for d in found]),
            np.concatenate([d.box for d in found]),
            np.concatenate([d.score for d in found]),
            np.concatenate([d.landmarks for d in found]),
            sum(d.faulty for d in found),
        )

    def _one(self, index: int, outputs: list[np.ndarray], letterbox: Letterbox) -> Detections:
        size = (letterbox.height, letterbox.width)
        (box, score, landmarks), faulty = decode(self.head, outputs, size, self.threshold)
        return Detections(
            np.full(len(box), index, np.int64),
            letterbox.in_picture(box.reshape(-1, 2, 2)).reshape(-1, 4).astype(np.float32),
            score.clip(max=1).astype(np.float32),
            letterbox.in_picture(landmarks).astype(np.float32),
            int(faulty),
        )
