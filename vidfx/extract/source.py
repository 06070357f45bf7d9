"""ONE source of a data set, from its frames to its pictures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from vidfx.annotate.models import Models
from vidfx.annotate.pipeline import Pipeline
from vidfx.annotate.stage_timer import StageTimer
from vidfx.errors import EngineFailedError, no_frame_error
from vidfx.extract.crop_selection import CropSelector
from vidfx.extract.dataset_writer import DatasetWriter, PendingCrop, SourceEntry
from vidfx.extract.names import source_name
from vidfx.extract.request import ExtractRequest
from vidfx.jobs.outcomes import Outcome
from vidfx.stages.detect import Detector
from vidfx.stages.settled import SettledFaces
from vidfx.suffixes import IMAGE_SUFFIXES
from vidfx.types import Frame
from vidfx.video.read.frame_source import FrameSource
from vidfx.video.read.source import open_source
from vidfx_engines.base import STRIDE
from vidfx_engines.errors import EngineError

LEAST_LONG_SIDE = 320
"""px; no photograph is detected on at a smaller size."""


def is_photograph(path: Path) -> bool:
    """Whether ``path`` is a single picture, which has no time and no tracks."""
    return path.suffix.lower() in IMAGE_SUFFIXES


def extract_source(
    path: Path,
    request: ExtractRequest,
    models: Models,
    writer: DatasetWriter,
    advanced: Callable[[float], None],
) -> Outcome:
    """Add the faces of ``path`` to the data set. ``advanced`` receives the part read, 0 to 1.

    Raises InputError, EngineFailedError and OutputError; ``writer.discard`` then removes its crops.
    """
    began = time.perf_counter()
    photograph = is_photograph(path)
    entry = source_entry(path, request.label_of(path), request, writer.root)
    if entry in writer:
        return Outcome(str(path), "skipped")
    pending: list[PendingCrop] = []
    start_s, end_s = request.settings.start or 0.0, request.settings.end
    with open_frames(path, request) as source:
        selector = CropSelector(request.criteria, source.info.stretch)
        duration_s = source.info.duration_s
        length_s = max((end_s or duration_s or 0.0) - start_s, 1e-3)
        try:
            for time_s, rgb, faces in _results(source, path, request, models):
                crops = selector.add(time_s, rgb, faces)
                pending += [writer.keep(crop, photograph=photograph) for crop in crops]
                advanced(min(max((time_s - start_s) / length_s, 0.0), 1.0) if duration_s else 0.0)
        except EngineError as error:
            raise EngineFailedError(f"{path}: {error}", hint=error.hint) from error
        pending += [writer.keep(crop, photograph=photograph) for crop in selector.finish()]
    kept = within_limit(pending, request.criteria.limit, photograph=photograph)
    left_out = {**selector.left_out, "over_limit": len(pending) - len(kept)}
    writer.commit(entry, path.stem, kept, left_out)
    return Outcome(
        str(path),
        "done",
        counts={"labels": {entry.label: len(kept)}, "crops": len(kept), **left_out},
        seconds=round(time.perf_counter() - began, 3),
        warnings=tuple(source.warnings),
    )


def source_entry(path: Path, label: str, request: ExtractRequest, root: Path) -> SourceEntry:
    """What the data set in ``root`` records of the part of ``path`` that is read."""
    source = source_name(path, root)
    if is_photograph(path):
        return SourceEntry(source, label)
    start, end = request.settings.start, request.settings.end
    return SourceEntry(
        source, label, f"{start:g}" if start else "", "" if end is None else f"{end:g}"
    )


def open_frames(path: Path, request: ExtractRequest) -> FrameSource:
    """The frames of the wanted part. Raises NotMediaError."""
    settings = request.settings
    start, end = (None, None) if is_photograph(path) else (settings.start, settings.end)
    return open_source(path, settings.reader, planes=False, start_s=start, end_s=end)[0]


def _results(
    source: FrameSource, path: Path, request: ExtractRequest, models: Models
) -> Iterator[tuple[float, np.ndarray, SettledFaces]]:
    """Every frame: its playback time, its pixels (H, W, 3) uint8 RGB, and its faces.

    Raises NotMediaError where there is no frame.
    """
    pixels: dict[int, np.ndarray] = {}

    def with_pixels_kept() -> Iterator[Frame]:  # the pipeline drops them
        for frame in source:
            pixels[frame.index] = frame.rgb
            yield frame

    info, frames = source.info, 0
    if is_photograph(path) and request.fit_detector:
        models = _fitted(models, max(info.width, info.height))
    pipeline = Pipeline(info, request.settings, models, StageTimer())
    for settled in pipeline(with_pixels_kept()):
        for one, faces in settled.each():
            frames += 1
            yield one.time_s, pixels.pop(one.frame.index), faces
    source.warnings += pipeline.observe.faults.warnings(models.names())
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


def within_limit(
    crops: list[PendingCrop], limit: int | None, *, photograph: bool
) -> list[PendingCrop]:
    """At most ``limit``: the most prominent of a photograph, evenly spread over a video."""
    if limit is None or len(crops) <= limit:
        return crops
    if photograph:
        return crops[:limit]
    return [crops[i] for i in np.linspace(0, len(crops) - 1, limit).round().astype(int)]
