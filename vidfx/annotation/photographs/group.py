"""SOME photographs of a run: read, annotated and written one by one."""

from __future__ import annotations

import json
from typing import Any

from vidfx.annotation.already_done import HINT, differences, work_without_input
from vidfx.annotation.context import Context
from vidfx.annotation.photographs.drawing import PictureDrawing
from vidfx.annotation.photographs.picture import photograph_context, settle_photograph
from vidfx.annotation.stage_timer import StageTimer
from vidfx.annotation.tasks import AnnotatePhotographs, Photographed
from vidfx.corrections.apply import Corrector
from vidfx.corrections.read import read_corrections
from vidfx.errors import (
    ChangedError,
    EngineFailedError,
    OtherSettingsError,
    VidfxError,
    read_errors,
)
from vidfx.jobs.events import Heartbeat, Listener
from vidfx.jobs.outcomes import as_failure
from vidfx.jobs.photographs import PHOTOGRAPHS, Making, Photograph, PhotographRecord
from vidfx.jobs.result_names import SUMMARY
from vidfx.output.rows import Rows
from vidfx.output.strict_json import to_json
from vidfx.video.read.photograph import read_photograph
from vidfx.video.write.photograph import write_photograph
from vidfx_engines.errors import EngineError

OF_VIDEOS = {
    "start", "end", "every", "read", "clock", "sound", "crf", "preset", "encoder", "file_column",
    "hold", "verify",
}  # fmt: skip
"""Settings that decide nothing for photographs."""


def photograph_work(context: Context) -> dict[str, Any]:
    """What all photographs of the same tables have in common, as in JSON."""
    work = work_without_input(context)
    settings = {n: value for n, value in work["settings"].items() if n not in OF_VIDEOS}
    return json.loads(to_json(work | {"settings": settings}))


def annotate_photographs(
    task: AnnotatePhotographs, context: Context, listener: Listener
) -> Photographed:
    """Write the annotated pictures; returns what the tables need of each.

    A picture that cannot be read or written is returned with its error. Raises EngineFailedError,
    and OtherSettingsError where the tables that exist are of other work (``task.known``).
    """
    work = photograph_work(context)
    models = context.models.describe()
    known = task.known
    if known is not None and known.work != work:
        changes = differences(known.work, known.models, context, work)
        raise OtherSettingsError(
            f"{PHOTOGRAPHS}{SUMMARY} exists already, with photographs from {changes}", hint=HINT
        )
    recognises = context.models.identity is not None or context.models.people is not None
    rows = Rows(context.emotions, recognises=recognises, named=True)
    timer, warnings = StageTimer(), set[str]()
    records: list[PhotographRecord] = []
    failures: list[tuple[str, VidfxError]] = []
    context = photograph_context(context)
    with PictureDrawing(context, timer) as drawing:
        for photograph in task.pictures:
            listener(Heartbeat())
            try:
                record, warned = _annotate(photograph, context, rows, timer, drawing)
            except EngineError as error:
                raise EngineFailedError(f"{photograph.source}: {error}", hint=error.hint) from error
            except VidfxError as error:
                failures.append((photograph.file, error))
            except MemoryError as error:
                failures.append((photograph.file, as_failure(photograph.source, error)))
            else:
                records.append(record)
                warnings.update(warned)
    return Photographed(
        making=Making(work, models, rows.headers, rows.types),
        records=records,
        failures=failures,
        seconds=timer.by_stage(),
        warnings=sorted(warnings),
    )


def _annotate(
    photograph: Photograph,
    context: Context,
    rows: Rows,
    timer: StageTimer,
    drawing: PictureDrawing,
) -> tuple[PhotographRecord, list[str]]:
    """Raises InputError, OutputError and EngineError."""
    with timer("decode"), read_errors(photograph.source):
        state = photograph.state()
        picture = read_photograph(photograph.source)
        if not photograph.has(state):
            raise ChangedError(
                f"{photograph.source}: it changed while it was read",
                hint="run again when it is complete",
            )
    settled, warnings = settle_photograph(photograph.source, picture.rgb, context, timer)
    size, corrections, privacy = None, None, None
    if context.settings.video:
        found = read_corrections(photograph.summary, context.expressions)
        corrections = found.fingerprint()
        correct = Corrector(found.lines)
        pixels, privacy = drawing.of(photograph, picture.rgb, correct(settled), found.lines)
        warnings += correct.warnings()
        with timer("encode"):
            size = write_photograph(photograph.result, pixels, picture.profile)
    if picture.has_more:
        warnings.append(f"{photograph.file}: has further pages, which were not read")
    height, width = picture.rgb.shape[:2]
    record = PhotographRecord(
        file=photograph.file,
        source=str(photograph.source.absolute()),
        state=state,
        width=width,
        height=height,
        bytes=size,
        faces=len(settled.faces),
        face_lines="".join(rows.faces(settled, photograph.file)),
        frame_lines="".join(rows.frames(settled, photograph.file)),
        corrections=corrections,
        privacy=privacy,
    )
    return record, warnings
