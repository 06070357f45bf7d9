"""ONE source of a data set, from its frames to its pictures."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from vidfx.annotation.models import Models
from vidfx.annotation.source_faces import is_photograph, source_faces
from vidfx.extract.crop_selection import CropSelector
from vidfx.extract.dataset_writer import DatasetWriter, PendingCrop, SourceEntry
from vidfx.extract.names import source_name
from vidfx.extract.request import ExtractRequest
from vidfx.jobs.outcomes import Outcome
from vidfx.video.read.frame_source import FrameSource
from vidfx.video.read.source import open_source


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
        for time_s, rgb, faces in source_faces(
            source, path, request.settings, models, fit_detector=request.fit_detector
        ):
            crops = selector.add(time_s, rgb, faces)
            pending += [writer.keep(crop, photograph=photograph) for crop in crops]
            advanced(min(max((time_s - start_s) / length_s, 0.0), 1.0) if duration_s else 0.0)
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


def within_limit(
    crops: list[PendingCrop], limit: int | None, *, photograph: bool
) -> list[PendingCrop]:
    """At most ``limit``: the most prominent of a photograph, evenly spread over a video."""
    if limit is None or len(crops) <= limit:
        return crops
    if photograph:
        return crops[:limit]
    return [crops[i] for i in np.linspace(0, len(crops) - 1, limit).round().astype(int)]
