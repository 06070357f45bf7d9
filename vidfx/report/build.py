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
from vidfx.tables.counted import Counted, counted
from vidfx.tables.listing import Listed, list_videos

PAGE = "index.html"
HEADS = ("Video", "State", "Seconds", "Appearances", "Reason")
Report = Callable[[Outcome], None]


class FolderReport:
    """Is made of the videos that are added, in their order."""

    def __init__(self, out: Path, *, faces: bool, report: Report) -> None:
        """``out`` has the results; ``faces``: with pictures of them from the sources.

        ``report`` is called with what became of each finished video.
        """
        self._out, self._faces, self._report = out, faces, report
        self._index = Index()
        self.outcomes: list[Outcome] = []
        "of finished videos"

    def add(self, video: Counted) -> None:
        """The data of a video is made again where its results or corrections are newer."""
        if video.listed.summary is None:
            _add_other(self._index, video.listed)
            return
        name = video.listed.video
        try:
            outcome = self._add_finished(name, video.listed.summary, video)
        except Exception as error:  # noqa: BLE001 - one video's fault must not end the others
            failure = as_failure(name, error)
            self._index.add_other(name, "unreadable", str(failure), failure.hint or "")
            outcome = Outcome(name, "failed", error=failure)
        self.outcomes.append(outcome)
        self._report(outcome)

    def _add_finished(self, name: str, path: Path, video: Counted) -> Outcome:
        """Raises what the video cannot be counted or shown for."""
        folder, summary = self._out / REPORT, video.summary
        if summary is None:
            assert video.error is not None
            raise video.error
        if summary.photographs is not None:
            why = "have no page; their rows are in the CSVs"
            self._index.add_other(name, "photographs", why, "")
            return Outcome(name, "skipped")
        made = write_video_data(folder, name, path, faces=self._faces)
        if video.error:
            raise video.error
        self._index.add_done(name, summary, has_faces=sheet_file(folder, name).exists())
        return Outcome(name, "done" if made else "skipped")

    def finish(self) -> Path:
        """Write the page of all; returns where it is. Raises OutputError."""
        _write_page(self._out, self._index)
        return self._out / REPORT / PAGE


def write_report(out: Path, *, faces: bool, report: Report) -> list[Outcome]:
    """Make or complete the report of all videos of ``out``; see FolderReport.

    Videos that are not done are listed in the page. Returns what became of finished ones. Raises
    UsageError where there is no batch, OutputError.
    """
    made = FolderReport(out, faces=faces, report=report)
    for video in counted(list_videos(out)):
        made.add(video)
    made.finish()
    return made.outcomes


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
