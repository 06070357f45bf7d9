"""What is written about all results of a folder when a run ends: tables, and pages to look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vidfx.config import Settings
from vidfx.jobs.events import Listener, Notice
from vidfx.jobs.outcomes import Outcome, as_failure
from vidfx.jobs.plan import Plan
from vidfx.tables.batch_rows import BatchRows
from vidfx.tables.counted import Counted, counted
from vidfx.tables.listing import list_videos
from vidfx.tables.write import FOLDER, write_rows

if TYPE_CHECKING:
    from vidfx.report.build import FolderReport


def write_overviews(work: Plan, settings: Settings, report: Listener) -> None:
    """Not to have them ends no run: the results are there."""
    if any(job.destination for job in work.jobs):
        report(Notice("no tables and no pages are written beside results on storage", detail=True))
        return
    if not work.folder.is_dir():  # no video could be opened
        return
    try:
        listed = list_videos(work.folder)
    except Exception as error:  # noqa: BLE001
        report(Notice(f"warning: no tables and no report: {as_failure(work.folder, error)}"))
        return
    if not settings.report:
        _write_tables(work.folder, BatchRows(listed), report)
        return

    def warn(outcome: Outcome) -> None:
        if outcome.error:
            report(Notice(f"warning: not in the report: {outcome.error}"))

    from vidfx.report.build import FolderReport  # noqa: PLC0415 - brings Jinja2

    pages = FolderReport(work.folder, faces=False, report=warn)
    shown = _shown(counted(listed), pages)
    _write_tables(work.folder, BatchRows(listed, shown), report)
    for _ in shown:  # those that the tables did not get to, if they could not be written
        pass
    _finish_pages(work.folder, pages, report)


def _shown(videos: Iterator[Counted], pages: FolderReport) -> Iterator[Counted]:
    """Each goes into the pages, and on to the tables."""
    for video in videos:
        pages.add(video)
        yield video


def _write_tables(out: Path, rows: BatchRows, report: Listener) -> None:
    try:
        written = write_rows(rows, out / FOLDER)
    except Exception as error:  # noqa: BLE001
        report(Notice(f"warning: no tables: {as_failure(out, error)}"))
        return
    for line in written.warnings():
        report(Notice(f"warning: {written.folder}: {line}"))


def _finish_pages(out: Path, pages: FolderReport, report: Listener) -> None:
    try:
        page = pages.finish()
    except Exception as error:  # noqa: BLE001
        report(Notice(f"warning: no report: {as_failure(out, error)}"))
        return
    report(Notice(f"all results: {page}"))
