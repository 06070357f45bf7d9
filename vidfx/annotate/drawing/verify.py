"""A finished video searched for hidden faces, by a detector that did not hide them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain, islice
from pathlib import Path

import numpy as np

from vidfx.annotate.models import CHECKERS, DETECTORS, THOROUGH
from vidfx.errors import FaceSeenError
from vidfx.privacy.masks import Masked
from vidfx.result_settings import ResultSettings
from vidfx.stages.detect import Detector
from vidfx.stages.detector_heads import HEADS, intersection_over_union
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


def verify(
    video: Path,
    masked: Iterable[Masked],
    settings: ResultSettings,
    alive: Callable[[], None],
) -> int:
    """Search all frames of ``video``, where ``masked`` was hidden; returns how many there are.

    ``alive`` is called often. Raises FaceSeenError where a face is seen that should be hidden.
    """
    detector = other_detector(settings)
    source, _ = open_source(video, planes=False)
    expected = chain.from_iterable(
        zip((faces.box for _, faces in some.settled.each()), some.boxes(), strict=True)
        for some in masked
    )
    seen: list[float] = []
    count = 0
    try:
        with source:
            frames = iter(source)
            info = source.info
            while some := list(islice(frames, TOGETHER)):
                found = detector(some, info.colour.matrix, info.stretch)
                for frame in some:
                    boxes = found.box[found.frame == frame.index]
                    shown, masks = next(expected, (np.zeros((0, 4)), np.zeros((0, 4))))
                    if len(boxes) and not _are_expected(boxes, shown, masks).all():
                        seen.append(info.seconds(frame.pts))
                count += len(some)
                alive()
    finally:
        detector.engine.close()
    if seen:
        places = ", ".join(f"{time_s:.2f}" for time_s in seen[:MOST_LISTED])
        more = ", ..." if len(seen) > MOST_LISTED else ""
        raise FaceSeenError(
            f"a face that should be hidden is seen on {len(seen)} of {count} frames, "
            f"at {places}{more} s",
            hint="hide with --thorough or --every 1, or draw boxes by hand in the corrections",
        )
    return count


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
