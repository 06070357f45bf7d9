"""A finished video searched for hidden faces, by a detector that did not hide them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from vidfx.annotation.models import CHECKERS, DETECTORS, THOROUGH
from vidfx.errors import FaceSeenError
from vidfx.privacy.masks import Masked
from vidfx.result_settings import ResultSettings
from vidfx.stages.detect import Detector
from vidfx.stages.detector_heads import HEADS, intersection_over_union
from vidfx.types import SQUARE, Frame, Stretch
from vidfx.video.read.source import open_source
from vidfx_engines.embedded import embedded
from vidfx_engines.select import select

TOGETHER = 8
"""Frames that are searched in one call."""
SAME_FACE = 0.3
"""Overlap from which a found face is one that is shown."""
COVERED = 0.9
"""Share of a found box inside of one mask from which it is the mask that was found."""
MOST_LISTED = 10
HINT = "hide with --thorough or --every 1, or draw boxes by hand in the corrections"
NO_BOXES = np.zeros((0, 4))


class Expected(NamedTuple):
    """What a written frame may show."""

    pts: int
    "of the frame of the input"
    shown: np.ndarray
    "(N, 4) xyxy px, the faces that are to be seen"
    masks: np.ndarray
    "(M, 4) xyxy px"


def expected_frames(masked: Iterable[Masked]) -> Iterator[Expected]:
    """Those of all frames, in order."""
    for some in masked:
        for (frame, faces), masks in zip(some.settled.each(), some.boxes(), strict=True):
            yield Expected(frame.frame.pts, faces.box, masks)


class FaceSearch:
    """Searches hidden frames for faces, with a detector that did not hide them."""

    def __init__(self, settings: ResultSettings) -> None:
        """``settings`` are those that found the faces."""
        self._detector = other_detector(settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._detector.engine.close()

    def seen(
        self,
        frames: Sequence[Frame],
        expected: Sequence[Expected],
        matrix: int,
        stretch: Stretch = SQUARE,
    ) -> list[Frame]:
        """Those of ``frames`` that show a face which they should not, given what each may show."""
        found = self._detector(frames, matrix, stretch)
        each = (
            (f, e, found.box[found.frame == f.index]) for f, e in zip(frames, expected, strict=True)
        )
        return [f for f, e, boxes in each if not _are_expected(boxes, e.shown, e.masks).all()]


def verify(
    name: str,
    video: Path,
    masked: Iterable[Masked],
    settings: ResultSettings,
    input_pts: Callable[[Fraction], int],
    alive: Callable[[], None],
) -> dict[str, int]:
    """Search all frames of ``video``, where ``masked`` was hidden; returns what was found.

    ``name`` is that of the input, whose faces were found with ``settings``; ``input_pts`` gives the
    pts in it for seconds in ``video``; ``alive`` is called often. Raises FaceSeenError where a face
    is seen that should be hidden.
    """
    source, _ = open_source(video, planes=False)
    matcher = _Matcher(expected_frames(masked))
    seen: list[float] = []
    count = 0
    with FaceSearch(settings) as search, source:
        frames = iter(source)
        info = source.info
        while some := list(islice(frames, TOGETHER)):
            expected = [matcher.at(input_pts(frame.pts * info.time_base)) for frame in some]
            shows = search.seen(some, expected, info.colour.matrix, info.stretch)
            seen += [info.seconds(frame.pts) for frame in shows]
            count += len(some)
            alive()
    if seen:
        places = ", ".join(f"{time_s:.2f}" for time_s in seen[:MOST_LISTED])
        more = ", ..." if len(seen) > MOST_LISTED else ""
        raise FaceSeenError(
            f"{name}: a face that should be hidden is seen on {len(seen)} of {count} frames, "
            f"at {places}{more} s",
            hint=HINT,
        )
    return {"frames": count, "faces_seen": 0}


class _Matcher:
    """Finds what the frames of the written video may show; their pts are in order."""

    def __init__(self, frames: Iterator[Expected]) -> None:
        self._frames = frames
        self._next = next(frames, None)

    def at(self, pts: int) -> Expected:
        while self._next and self._next.pts < pts:
            self._next = next(self._frames, None)
        if self._next and self._next.pts == pts:
            return self._next
        return Expected(pts, NO_BOXES, NO_BOXES)


def other_detector(settings: ResultSettings) -> Detector:
    """The included detector that did not find the faces, in a larger picture, on the CPU."""
    by_checker = settings.detector == "centerface" or (
        settings.thorough and settings.detector in CHECKERS
    )
    name = DETECTORS["embedded" if by_checker else "centerface"]
    engine = select(embedded(name), device="cpu").engine
    family = engine.spec.family
    assert family is not None
    size = round(THOROUGH * settings.detector_size)
    return Detector(engine, threshold=HEADS[family].threshold, long_side=size)


def _are_expected(boxes: np.ndarray, shown: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """(N,) bool: whether a found face is one that is shown, or lies in a mask."""
    is_shown = (intersection_over_union(boxes, shown) >= SAME_FACE).any(axis=1)
    inner = np.minimum(boxes[:, None, 2:], masks[:, 2:]) - np.maximum(
        boxes[:, None, :2], masks[:, :2]
    )
    share = inner.clip(0).prod(-1) / (boxes[:, 2:] - boxes[:, :2]).clip(1).prod(-1)[:, None]
    return is_shown | (share >= COVERED).any(axis=1)
