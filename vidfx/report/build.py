"""The report of an output folder: ``report/index.html`` and, of each video, its data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from vidfx.jobs.ledger import writable
from vidfx.jobs.outcomes import Outcome, as_failure
from vidfx.jobs.result_names import REPORT
from vidfx.report import pages
from vidfx.report.index_data import Index
from vidfx.report.people_data import groups_content
from vidfx.report.scripts import call
from vidfx.report.video_file import sheet_file, write, write_video_data
from vidfx.tables.corrected import with_corrections
from vidfx.tables.listing import Listed, list_videos
from vidfx.tables.summaries import read

PAGE = "index.html"
HEADS = ("Video", "State", "Seconds", "Appearances", "Reason")
Report = Callable[[Outcome], None]


def write_report(out: Path, *, faces: bool, report: Report) -> list[Outcome]:
    """Make or complete the report of all videos of ``out``; returns what became of finished ones.

    The data of a video is made again where its results or corrections are newer; ``faces``: with
    pictures of them from the sources. Videos that are not done are listed in the page. ``report``
    is called with each outcome. Raises UsageError where there is no batch, OutputError.
    """
    index = Index()
    outcomes: list[Outcome] = []
    for listed in list_videos(out):
        if listed.summary is None:
            _add_other(index, listed)
            continue
        outcome = _add(out / REPORT, index, listed.video, listed.summary, faces=faces)
        outcomes.append(outcome)
        report(outcome)
    _write_page(out, index)
    return outcomes


def _add(folder: Path, index: Index, name: str, summary: Path, *, faces: bool) -> Outcome:
    try:
        content = read(summary)
        if content.photographs is not None:
            index.add_other(name, "photographs", "have no page; their rows are in the CSVs", "")
            return Outcome(name, "skipped")
        made = write_video_data(folder, name, summary, faces=faces)
        content = with_corrections(summary, content)
        index.add_done(name, content, has_faces=sheet_file(folder, name).exists())
    except Exception as error:  # noqa: BLE001 - one video's fault must not end the others
        failure = as_failure(name, error)
        index.add_other(name, "unreadable", str(failure), failure.hint or "")
        return Outcome(name, "failed", error=failure)
    return Outcome(name, "done" if made else "skipped")


def _add_other(index: Index, listed: Listed) -> None:
    entry = listed.entry
    assert entry is not None
    index.add_other(listed.video or entry.input, entry.status, entry.error or "", entry.hint or "")


def _write_page(out: Path, index: Index) -> None:
    """Raises OutputError."""
    folder = out / REPORT
    for name in (*pages.STYLES, *pages.SCRIPTS, *pages.OTHER_ASSETS):
        write(folder / "assets" / name, pages.asset(name))
    title = f"{writable(out.absolute().name)}: faces in {len(index.videos)} videos"
    content = {**index.content(title), "groups": groups_content(out)}
    write(folder / "data" / "index.js", call("index", content))
    rows = [(v[0], v[1], f"{v[2]:.1f}", str(len(v[8])), v[4]) for v in index.videos]
    write(folder / PAGE, pages.folder_page(title, title, HEADS, rows))
