"""MANY sources into one data set: face crops of videos and photographs, each with its label.

The faces are those that ``annotate`` finds: the same pipeline runs, without classifiers.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from vidfx.annotate.models import Models, load_models
from vidfx.annotate.pipeline import Pipeline
from vidfx.annotate.stage_timer import StageTimer
from vidfx.config import Settings
from vidfx.errors import (
    EngineFailedError,
    InputError,
    NotMediaError,
    OutputError,
    UsageError,
    VidfxError,
)
from vidfx.extract.crop_selection import Criteria, Selection
from vidfx.extract.dataset_writer import DatasetWriter, Entry, Waiting
from vidfx.extract.names import check_label, source_name
from vidfx.jobs.outcomes import Outcome, as_failure
from vidfx.jobs.plan import find_media
from vidfx.stages.detect import STRIDE, Detector
from vidfx.suffixes import IMAGE_SUFFIXES
from vidfx.types import Frame, FrameResult
from vidfx.video.read.frame_source import FrameSource
from vidfx.video.read.source import open_source
from vidfx.workers.resources import give_memory_back
from vidfx_engines.errors import EngineError

LEAST_LONG_SIDE = 320
"""px that a detector sees of a photograph, however small it is."""


class Listener(Protocol):
    """Hears how an extraction goes on."""

    def notice(self, text: str) -> None:
        """Something the user should know."""
        ...

    def failed(self, name: str, error: VidfxError) -> None:
        """This input could not be done."""
        ...

    def advanced(self, name: str, done: float, total: int) -> None:
        """``done`` of ``total`` sources, with the part of ``name`` that is read."""
        ...


@dataclass(frozen=True)
class Request:
    """What is wanted of every source."""

    criteria: Criteria
    settings: Settings
    "detector, device, backend, reader, threads, start and end"
    label: str | None = None
    "None: the name of the folder that holds the file"
    fit_detector: bool = True
    "photographs smaller than the detector's size are shown to it at their own"

    def __post_init__(self) -> None:
        if self.label is not None:
            try:
                check_label(self.label)
            except ValueError as error:
                raise UsageError(f"--label: {error}", hint="choose another name") from error

    def label_of(self, path: Path) -> str:
        """Raises InputError where the folder's name is no label."""
        if self.label is not None:
            return self.label
        folder = Path(os.path.abspath(path)).parent  # noqa: PTH100 - resolve() follows links
        try:
            return check_label(folder.name)
        except ValueError as error:
            raise InputError(
                f"{path}: its folder's name is no label: {error}", hint="rename it, or use --label"
            ) from error


def extract(
    inputs: Sequence[str],
    out: Path,
    request: Request,
    listener: Listener,
    outcomes: list[Outcome],
) -> dict[str, int]:
    """Add the faces of all inputs to the data set ``out``; returns its pictures by label.

    ``outcomes`` is filled as the run goes on; the counts of one that is done are its label, its
    ``crops`` and what was left out, by reason. A source that was looked at before is skipped.
    Raises UsageError and UnavailableError before any work, and OutputError where the folder
    cannot be written.
    """
    search = find_media(inputs)
    for name, error in search.refused.values():
        listener.failed(name, error)
        outcomes.append(Outcome(name, "failed", error=error))
    for line in search.left_out.lines():
        listener.notice(line)
    paths = [item.path for item in search.found.values()]
    own = Path(os.path.realpath(out))
    sources = [path for path in paths if not Path(os.path.realpath(path)).is_relative_to(own)]
    if len(sources) < len(paths):
        listener.notice(f"{len(paths) - len(sources)} files below {out} are results and were left")
    if not sources:
        return {}
    with load_models(request.settings) as models:
        for notice in models.notices():
            listener.notice(notice)
        spec = models.selections[0].engine.spec
        detector = {"name": spec.name, "sha256": spec.sha256}
        with DatasetWriter(out, request.criteria.crop, detector) as gallery:
            for notice in gallery.notices:
                listener.notice(notice)
            for number, path in enumerate(sources):
                listener.advanced(str(path), number, len(sources))
                one = _One(path, request, models, gallery)
                try:
                    outcomes.append(one.extract(listener, number, len(sources)))
                except OutputError:
                    raise
                except Exception as error:  # noqa: BLE001 - one source's fault must not end the others
                    failure = as_failure(path, error)
                    listener.failed(str(path), failure)
                    outcomes.append(Outcome(str(path), "failed", error=failure))
                    gallery.discard()
                finally:
                    if not one.photograph:
                        give_memory_back()
            listener.advanced("", len(sources), len(sources))
            return gallery.counts()


class _One:
    """ONE source, from its frames to its pictures."""

    def __init__(
        self, path: Path, request: Request, models: Models, gallery: DatasetWriter
    ) -> None:
        self.path = path
        self.request = request
        self.models = models
        self.gallery = gallery
        self.photograph = path.suffix.lower() in IMAGE_SUFFIXES

    def extract(self, listener: Listener, number: int, total: int) -> Outcome:
        """Raises InputError and OutputError; then nothing of it is kept."""
        began = time.perf_counter()
        name, entry = str(self.path), self._entry()
        if entry in self.gallery:
            return Outcome(name, "skipped")
        waiting: list[Waiting] = []
        with self._open() as source:
            selection = Selection(self.request.criteria, source.info.stretch)
            duration = source.info.duration_s
            start_s = self.request.settings.start or 0.0
            length_s = max((self.request.settings.end or duration or 0.0) - start_s, 1e-3)
            try:
                for time_s, rgb, result in self._results(source):
                    crops = selection.add(time_s, rgb, result.faces)
                    waiting += [self.gallery.keep(c, photograph=self.photograph) for c in crops]
                    read = min(max((time_s - start_s) / length_s, 0.0), 1.0) if duration else 0.0
                    listener.advanced(name, number + read, total)
            except EngineError as error:
                raise EngineFailedError(f"{self.path}: {error}", hint=error.hint) from error
            crops = selection.finish()
            waiting += [self.gallery.keep(c, photograph=self.photograph) for c in crops]
        for warning in source.warnings:
            listener.notice(f"{self.path}: warning: {warning}")
        kept = self._within_limit(waiting)
        left_out = {**selection.left_out, "over_limit": len(waiting) - len(kept)}
        self.gallery.commit(entry, self.path.stem, kept, left_out)
        counts = {"label": entry.label, "crops": len(kept), **left_out}
        seconds = round(time.perf_counter() - began, 3)
        return Outcome(
            name, "done", counts=counts, seconds=seconds, warnings=tuple(source.warnings)
        )

    def _entry(self) -> Entry:
        label = self.request.label_of(self.path)
        source = source_name(self.path, self.gallery.root)
        if self.photograph:
            return Entry(source, label)
        start, end = self.request.settings.start, self.request.settings.end
        return Entry(
            source, label, f"{start:g}" if start else "", "" if end is None else f"{end:g}"
        )

    def _open(self) -> FrameSource:
        settings = self.request.settings
        start, end = (None, None) if self.photograph else (settings.start, settings.end)
        return open_source(self.path, settings.reader, planes=False, start_s=start, end_s=end)[0]

    def _results(self, source: FrameSource) -> Iterator[tuple[float, np.ndarray, FrameResult]]:
        """Every frame with its playback time, its pixels, which the pipeline lets go, and faces."""
        pixels: dict[int, np.ndarray] = {}

        def watched() -> Iterator[Frame]:
            for frame in source:
                pixels[frame.index] = frame.rgb
                yield frame

        info, settings = source.info, self.request.settings
        models = self._models(max(info.width, info.height))
        frames = 0
        pipeline = Pipeline(info, settings, models, StageTimer())
        for result in pipeline(watched()):
            frames += 1
            yield info.seconds(result.frame.pts), pixels.pop(result.frame.index), result
        source.warnings += pipeline.faults.warnings(models.specs())
        if not frames:
            raise NotMediaError(
                f"{self.path}: there is not one frame to read",
                hint="check the input, and --start and --end",
            )

    def _models(self, long_side: int) -> Models:
        """The detector, for a photograph at the size that is enough for it."""
        if not (self.photograph and self.request.fit_detector):
            return self.models
        detector = self.models.detector
        enough = max(LEAST_LONG_SIDE, -(-long_side // STRIDE) * STRIDE)
        size = min(detector.long_side, enough)
        fitted = Detector(detector.engine, threshold=detector.threshold, long_side=size)
        return replace(self.models, detector=fitted)

    def _within_limit(self, crops: list[Waiting]) -> list[Waiting]:
        """So many as are wanted: of a photograph the most prominent, of a video evenly spread."""
        limit = self.request.criteria.limit
        if limit is None or len(crops) <= limit:
            return crops
        if self.photograph:
            return crops[:limit]
        return [crops[i] for i in np.linspace(0, len(crops) - 1, limit).round().astype(int)]
