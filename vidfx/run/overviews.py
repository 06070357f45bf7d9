"""What is written about all results of a folder when a run ends: tables, and pages to look at."""

from __future__ import annotations

from vidfx.config import Settings
from vidfx.jobs.events import Listener, Notice
from vidfx.jobs.outcomes import Outcome, as_failure
from vidfx.jobs.plan import Plan
from vidfx.tables.write import write_tables


def write_overviews(work: Plan, settings: Settings, report: Listener) -> None:
    """Not to have them ends no run: the results are there."""
    if any(job.destination for job in work.jobs):
        report(Notice("no tables and no pages are written beside results on storage", detail=True))
        return
    if not work.folder.is_dir():  # no video could be opened
        return
    _write_tables(work, report)
    if settings.report:
        _write_pages(work, report)


def _write_tables(work: Plan, report: Listener) -> None:
    try:
        written = write_tables(work.folder)
    except Exception as error:  # noqa: BLE001
        report(Notice(f"warning: no tables: {as_failure(work.folder, error)}"))
        return
    for line in written.warnings():
        report(Notice(f"warning: {written.folder}: {line}"))


def _write_pages(work: Plan, report: Listener) -> None:
    def warn(outcome: Outcome) -> None:
        if outcome.error:
            report(Notice(f"warning: not in the report: {outcome.error}"))

    try:
        from vidfx.report.build import PAGE, REPORT, write_report  # noqa: PLC0415 - brings Jinja2

        write_report(work.folder, faces=False, report=warn)
    except Exception as error:  # noqa: BLE001
        report(Notice(f"warning: no report: {as_failure(work.folder, error)}"))
        return
    report(Notice(f"all results: {work.folder / REPORT / PAGE}"))
