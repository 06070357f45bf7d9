"""What is drawn on each frame, and which frame it belongs to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from vidfx.overlay.labels import FaceLabel
from vidfx.overlay.looks import Looks
from vidfx.privacy.masks import Masked
from vidfx.stages.settled import Labels, Settled, SettledFaces

Box = tuple[float, float, float, float]
EVERYTHING: Box = (0.0, 0.0, 1e6, 1e6)


class FrameLabels(NamedTuple):
    """What is drawn on one frame."""

    pts: int
    time_s: float
    labels: list[FaceLabel]
    masks: Sequence[Box] = ()
    "what is hidden, xyxy px"


def frame_labels(settled: Iterable[Settled], looks: Looks) -> Iterator[FrameLabels]:
    """Those of all frames, in order."""
    for some in settled:
        for frame, faces in some.each():
            yield FrameLabels(frame.frame.pts, frame.time_s, labels_of(faces, looks))


def masked_labels(masked: Iterable[Masked], looks: Looks) -> Iterator[FrameLabels]:
    """Those of all frames, in order, with their masks."""
    for some in masked:
        for one, boxes in zip(frame_labels([some.settled], looks), some.boxes(), strict=True):
            yield one._replace(masks=[(x0, y0, x1, y1) for x0, y0, x1, y1 in boxes.tolist()])


class LabelMatcher:
    """Finds the labels of frames that are decoded again, which may differ from the first time."""

    def __init__(self, frames: Iterable[FrameLabels], *, hides: bool = False) -> None:
        """``hides``: a frame that was not there the first time is hidden whole."""
        self._hides = hides
        self._frames = iter(frames)
        self._next = next(self._frames, None)
        self.matched = 0
        "frames that were there the first time"

    def before(self, pts: int) -> Iterator[FrameLabels]:
        """Those of frames before ``pts`` that were not decoded again."""
        while self._next and self._next.pts < pts:
            yield self._next
            self._next = next(self._frames, None)

    def at(self, pts: int) -> FrameLabels:
        """Those of the frame at ``pts``; none where it was not there the first time."""
        if self._next is None or self._next.pts != pts:
            return FrameLabels(pts, math.nan, [], [EVERYTHING] if self._hides else [])
        labels, self._next = self._next, next(self._frames, None)
        self.matched += 1
        return labels


def labels_of(faces: SettledFaces, looks: Looks) -> list[FaceLabel]:
    """What is drawn of each face; landmarks and expressions where ``looks`` asks for them."""
    identity, emotion = _shown(faces.identity, faces), _shown(faces.emotion, faces)
    columns = faces.box.tolist(), faces.track.tolist(), faces.sources()
    labels = [
        FaceLabel((x1, y1, x2, y2), number, *who, *mood, source)
        for (x1, y1, x2, y2), number, source, who, mood in zip(
            *columns, identity, emotion, strict=True
        )
    ]
    if looks.landmarks:
        points = faces.landmarks.tolist()
        labels = [
            replace(one, landmarks=each) if each[0][0] == each[0][0] else one  # not NaN
            for one, each in zip(labels, points, strict=True)
        ]
    if looks.bars and faces.emotion:
        rows: list[list[float]] = faces.emotion.probs.tolist()
        labels = [
            replace(one, expressions=[*zip(faces.emotion.names, row, strict=True)])
            if row[0] == row[0]  # not NaN: it was read
            else one
            for one, row in zip(labels, rows, strict=True)
        ]
    return labels


def _shown(labels: Labels | None, faces: SettledFaces) -> list[tuple[str | None, float | None]]:
    """Label and probability of each face; None, None where it has no label.

    A name without a probability, such as that of a group, has None only for that.
    """
    if labels is None:
        return [(None, None)] * len(faces.track)
    pairs = zip(labels.texts(), labels.prob.tolist(), strict=True)
    return [(text, None if text is None or math.isnan(prob) else prob) for text, prob in pairs]
