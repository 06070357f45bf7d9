"""Which photographs of a plan are due: new and changed ones, which overwrite no others."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from vidfx.corrections.places import correction_files
from vidfx.errors import OtherInputError, OutputExistsError, VidfxError
from vidfx.jobs.photograph_journal import PhotographJournal
from vidfx.jobs.photographs import (
    Making,
    Photograph,
    PhotographRecord,
    annotated_picture,
    in_order,
)
from vidfx.jobs.plan import Job, Plan
from vidfx.jobs.search import real
from vidfx.output.summary import read_summary

_ELSEWHERE = "use another output folder"


@dataclass(frozen=True)
class Choice:
    photographs: dict[str, Photograph]
    "those of the plan by file; each has the name that it has in the tables already"
    due: list[Photograph]
    refused: list[tuple[Photograph, VidfxError]]


def choose(
    plan: Plan, journal: PhotographJournal, *, overwrite: bool, video: bool, verify: bool = False
) -> Choice:
    """The photographs of ``plan`` that are due.

    ``video``: annotated pictures are wanted; ``verify``: those with hidden faces are searched.

    Raises OutputExistsError where the tables in the output folder are not those of the journal.
    """
    _check_tables(plan.jobs[-1], journal, overwrite=overwrite)
    owners: dict[str, Photograph] = {}
    due: list[Photograph] = []
    refused: list[tuple[Photograph, VidfxError]] = []
    renamed = _named_as_before(plan, journal)
    for photograph in renamed:
        owner = owners.setdefault(photograph.file, photograph)
        record = journal.records.get(photograph.file)
        if owner is not photograph:
            refused.append((photograph, _of_another(photograph, str(owner.source))))
        elif (
            overwrite
            or not (record and record.is_of(photograph))
            or (video and not _is_drawn(photograph, record, journal, verify=verify))
        ):
            error = _in_the_way(photograph, journal, overwrite=overwrite, video=video)
            if error is None:
                due.append(photograph)
            else:
                refused.append((photograph, error))
    return Choice(owners, due, refused)


def _is_drawn(
    photograph: Photograph, record: PhotographRecord, journal: PhotographJournal, *, verify: bool
) -> bool:
    """Whether the annotated picture has the present corrections, and was searched if it had to."""
    if verify and record.privacy and not record.privacy.get("verified"):
        return False
    if not any(path.exists() for path in correction_files(photograph.summary)):
        return record.corrections is None
    # brings NumPy, which the process that assigns the work needs for nothing else
    from vidfx.corrections.read import Corrections, read_lines  # noqa: PLC0415

    models = journal.making.models if journal.making else []
    expressions = next((model["labels"] for model in models if model["task"] == "emotion"), None)
    lines, problems = read_lines(photograph.summary, expressions)
    return not problems and record.corrections == Corrections(tuple(lines)).fingerprint()


def _named_as_before(plan: Plan, journal: PhotographJournal) -> list[Photograph]:
    """The photographs; one whose rows have another name, for another folder was named, keeps it."""
    files = {source: file for file, source in journal.claimed.items()}
    files |= {record.source: file for file, record in journal.records.items()}
    inputs = {real(photograph.source) for photograph in plan.photographs}
    named: list[Photograph] = []
    for photograph in plan.photographs:
        source = str(photograph.source.absolute())
        file = files.get(source, photograph.file)
        if file != photograph.file and journal.claimed.get(photograph.file) != source:
            result = plan.folder / annotated_picture(Path(file))
            if real(result) not in inputs:
                photograph = Photograph(photograph.source, file, result)  # noqa: PLW2901
        named.append(photograph)
    return named


def _in_the_way(
    photograph: Photograph, journal: PhotographJournal, *, overwrite: bool, video: bool
) -> VidfxError | None:
    """Why a photograph must not be done: its result or its row is of something else."""
    file, source = photograph.file, str(photograph.source.absolute())
    record, drawn = journal.records.get(file), video and photograph.result.exists()
    owner = record.source if record else journal.claimed.get(file, source)
    if owner != source and (record or drawn):
        with suppress(OSError):
            if record and photograph.has(record.state):  # it was moved
                return None
        return _of_another(photograph, owner)
    if drawn and not overwrite and file not in journal.claimed:
        return OutputExistsError(
            f"{photograph.source}: {photograph.result} exists already, and is no result of a run "
            "that this folder knows",
            hint=_ELSEWHERE,
        )
    return None


def _of_another(photograph: Photograph, owner: str) -> VidfxError:
    return OtherInputError(
        f"{photograph.source}: {photograph.result} is of {owner}", hint=_ELSEWHERE
    )


class _Listed(Struct):
    file: str


def _check_tables(job: Job, journal: PhotographJournal, *, overwrite: bool) -> None:
    """Raises OutputExistsError where writing the tables would lose what they have."""
    outputs = job.outputs
    summary = read_summary(outputs.summary)
    if summary is not None and "photographs" not in summary:
        raise OtherInputError(
            f"{outputs.summary} is of another input, not of photographs", hint=_ELSEWHERE
        )
    if overwrite:
        return
    known = journal.records.keys() | journal.claimed.keys()
    lost, why = "", "no journal says what made it"
    if summary is None:
        there = [path for path in (outputs.faces, outputs.frames) if path.exists()]
        lost = str(there[0]) if there and not known else ""
    else:
        with suppress(msgspec.ValidationError):
            listed = msgspec.convert(summary["photographs"], list[_Listed])
            unknown = sum(item.file not in known for item in listed)
            lost = f"{outputs.summary}" if unknown else ""
            why = f"the journal beside it does not know {unknown} of its photographs"
    if lost:
        raise OutputExistsError(
            f"{lost} exists already, and {why}",
            hint="use --overwrite to lose their rows, or another output folder; or copy the folder "
            ".vidfx too from where they were made",
        )


def are_tables_complete(job: Job, journal: PhotographJournal) -> bool:
    """Whether the tables have all records of the journal, as the summary says."""
    outputs = job.outputs
    summary = read_summary(outputs.summary)
    if summary is None or journal.making is None:
        return False
    described = [record.described() for record in in_order(journal.records.values())]
    if summary.get("photographs") != described:
        return False
    if summary.get("fingerprint") != fingerprint(journal.making):
        return False
    sizes: Mapping[str, Any] = summary.get("bytes", {})
    hidden = any(record.privacy for record in journal.records.values())
    tables = [outputs.faces, outputs.frames, *([outputs.privacy] if hidden else [])]
    with suppress(OSError):
        return all(p.stat().st_size == sizes.get(p.name) for p in tables)
    return False


def fingerprint(making: Making) -> dict[str, Any]:
    """For the summary."""
    return {"input": [], **making.work}
