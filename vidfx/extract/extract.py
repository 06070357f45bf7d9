"""MANY sources into one data set: face crops of videos and photographs, each with its label.

The faces are those that ``annotate`` finds: the same pipeline runs, without classifiers.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from vidfx.annotation.models import Models, load_models
from vidfx.annotation.source_faces import is_photograph
from vidfx.errors import OutputError, UsageError
from vidfx.extract.corrected_source import extract_corrected
from vidfx.extract.dataset_writer import DatasetWriter
from vidfx.extract.request import ExtractProgress, ExtractRequest
from vidfx.extract.source import extract_source
from vidfx.jobs.outcomes import Outcome, as_failure
from vidfx.jobs.plan import find_media
from vidfx.workers.memory import give_memory_back


def extract(
    inputs: Sequence[str],
    out: Path,
    request: ExtractRequest,
    progress: ExtractProgress,
    outcomes: list[Outcome],
) -> dict[str, int]:
    """Add the faces of all inputs to the data set ``out``; returns its pictures by label.

    ``outcomes`` is filled as the run goes on; the counts of one that is done are its crops by
    label (``labels``), all ``crops`` and what was left out, by reason. A source that was read
    before is skipped. Raises UsageError and UnavailableError before any work, DataError where files
    of the data set are damaged, and OutputError where the folder cannot be written.
    """
    sources = _sources(inputs, out, progress, outcomes)
    if not sources:
        return {}
    if len(sources) > 1 and request.annotations and not request.annotations.is_dir():
        raise UsageError(
            f"--from {request.annotations} is of one video, and there are {len(sources)}",
            hint="name one video, or a folder that has NAME.cvat.xml of each",
        )
    extract_one = extract_corrected if request.annotations else extract_source
    with load_models(request.settings) as models:
        for notice in models.notices():
            progress.notice(notice.text)
        with DatasetWriter(out, request.criteria.crop, _detector_of(models)) as writer:
            for notice in writer.notices:
                progress.notice(notice)
            for number, path in enumerate(sources):
                advanced = partial(_advanced, progress, str(path), number, len(sources))
                advanced(0.0)
                try:
                    outcome = extract_one(path, request, models, writer, advanced)
                except OutputError:
                    raise
                except Exception as error:  # noqa: BLE001 - one source's fault must not end the others
                    failure = as_failure(path, error)
                    progress.failed(str(path), failure)
                    outcome = Outcome(str(path), "failed", error=failure)
                    writer.discard()
                finally:
                    if not is_photograph(path):
                        give_memory_back()
                for warning in outcome.warnings:
                    progress.notice(f"{path}: warning: {warning}")
                outcomes.append(outcome)
            progress.advanced("", len(sources), len(sources))
            return writer.counts()


def _sources(
    inputs: Sequence[str], out: Path, progress: ExtractProgress, outcomes: list[Outcome]
) -> list[Path]:
    """All videos and photographs that ``inputs`` name, except for those below ``out``."""
    search = find_media(inputs)
    for name, error in search.refused.values():
        progress.failed(name, error)
        outcomes.append(Outcome(name, "failed", error=error))
    for line in search.left_out.lines():
        progress.notice(line)
    paths = [item.path for item in search.found.values()]
    own = Path(os.path.realpath(out))
    sources = [path for path in paths if not Path(os.path.realpath(path)).is_relative_to(own)]
    if len(sources) < len(paths):
        progress.notice(f"{len(paths) - len(sources)} files below {out} are results; left out")
    return sources


def _detector_of(models: Models) -> dict[str, str | None]:
    """For ``dataset.json``: what found the faces."""
    spec, checker = models.detector.engine.spec, models.checker
    about: dict[str, str | None] = {"name": spec.name, "sha256": spec.sha256}
    return about | ({"checked_by": checker.engine.spec.name} if checker else {})


def _advanced(
    progress: ExtractProgress, name: str, before: int, total: int, part_read: float
) -> None:
    progress.advanced(name, before + part_read, total)
