"""The faces of a video or photograph, with the pixels of their frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from vidfx.annotation.models import Models
from vidfx.annotation.pipeline import Pipeline
from vidfx.annotation.stage_timer import StageTimer
from vidfx.config import Settings
from vidfx.errors import EngineFailedError, no_frame_error
from vidfx.stages.detect import Detector
from vidfx.stages.settled import SettledFaces
from vidfx.suffixes import IMAGE_SUFFIXES
from vidfx.types import Frame
from vidfx.video.read.frame_source import FrameSource
from vidfx_engines.base import STRIDE
from vidfx_engines.errors import EngineError

LEAST_LONG_SIDE = 320
"""px; no photograph is detected on at a smaller size."""
PicturedFaces = tuple[float, np.ndarray, SettledFaces]
"Playback time of a frame, its pixels (H, W, 3) uint8 RGB, and its faces."


def is_photograph(path: Path) -> bool:
    """Whether ``path`` is a single picture, which has no time and no tracks."""
    return path.suffix.lower() in IMAGE_SUFFIXES


def source_faces(
    source: FrameSource, path: Path, settings: Settings, models: Models, *, fit_detector: bool
) -> Iterator[PicturedFaces]:
    """Every frame of ``source``, which is that of ``path``.

    ``fit_detector``: on a photograph the detectors run at its own size where that is smaller.
    Raises NotMediaError where there is no frame, EngineFailedError.
    """
    pixels: dict[int, np.ndarray] = {}

    def with_pixels_kept() -> Iterator[Frame]:  # the pipeline drops them
        for frame in source:
            pixels[frame.index] = frame.rgb
            yield frame

    info, frames = source.info, 0
    if is_photograph(path) and fit_detector:
        models = _fitted(models, max(info.width, info.height))
    try:
        pipeline = Pipeline(info, settings, models, StageTimer())
        for settled in pipeline(with_pixels_kept()):
            for one, faces in settled.each():
                frames += 1
                yield one.time_s, pixels.pop(one.frame.index), faces
        source.warnings += pipeline.observe.faults.warnings(models.names())
    except EngineError as error:
        raise EngineFailedError(f"{path}: {error}", hint=error.hint) from error
    if not frames:
        raise no_frame_error(path)


def _fitted(models: Models, long_side: int) -> Models:
    """``models`` with the detectors at the size of a photograph, where that is smaller."""
    enough = max(LEAST_LONG_SIDE, -(-long_side // STRIDE) * STRIDE)

    def fitted(detector: Detector) -> Detector:
        size = min(detector.long_side, enough)
        return Detector(detector.engine, threshold=detector.threshold, long_side=size)

    checker = models.checker and fitted(models.checker)
    return replace(models, detector=fitted(models.detector), checker=checker)
