"""What `vidfx report` makes: the pages of a folder, single pages, a figure, or a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from vidfx.corrections.read import corrected
from vidfx.errors import UsageError
from vidfx.jobs.outcomes import Outcome
from vidfx.jobs.result_names import REPORT
from vidfx.report.build import PAGE, Report, write_report
from vidfx.report.pages import single_page
from vidfx.report.server import ReportServer
from vidfx.report.video_data import collect, describe
from vidfx.report.video_file import single_content, write
from vidfx.saved.each_video import Made, for_each_video
from vidfx.saved.places import VideosProgress, find_targets
from vidfx.saved.runs import load_video

HEADS = ("Track", "Name", "First frame", "Last frame", "Seconds")


def folder_report(places: Sequence[Path], *, thumbnails: bool, report: Report) -> list[Outcome]:
    """See write_report, which is for one output folder. Raises UsageError, OutputError."""
    return write_report(_folder(places), faces=thumbnails, report=report)


def page_of(places: Sequence[Path]) -> Path:
    """Where the page of a folder is."""
    return _folder(places) / REPORT / PAGE


def single_pages(
    places: Sequence[Path], *, thumbnails: bool, progress: VideosProgress
) -> list[Outcome]:
    """A page for each finished video, beside its results; returns what became of each.

    Raises UsageError where there are none.
    """

    def work(summary: Path, folder: Path, made: Made) -> None:
        video = load_video(summary)
        page = folder / f"{video.name}.report.html"
        content = single_content(video, folder, faces=thumbnails)
        write(page, single_page(content["name"], content, content["name"], HEADS, _table(content)))
        made.outputs["page"] = str(page)

    return for_each_video(find_targets(places, None, progress), work, progress)


def figure_of(places: Sequence[Path], file: Path, progress: VideosProgress) -> None:
    """Draw the timeline of all finished videos of ``places``.

    Raises UsageError, InputError and OutputError.
    """
    figure: Any = import_module("vidfx.report.figure")  # brings Matplotlib
    figure.check(file)
    drawn: list[Any] = []
    for summary, _ in find_targets(places, None, progress):
        video = load_video(summary)
        frames, rows = collect(corrected(video), len(video.expressions or ()))
        drawn.append((describe(video, frames, rows), frames.time_s))
    figure.write_figure(file, drawn)


def serve_report(
    places: Sequence[Path],
    port: int,
    *,
    thumbnails: bool,
    report: Report,
    ready: Callable[[str], None],
) -> None:
    """Serve the report of a folder until Ctrl-C; ``ready`` is called with its address.

    Raises UsageError and OutputError.
    """
    out = _folder(places)
    write_report(out, faces=thumbnails, report=report)
    with ReportServer(out, port) as server:
        ready(server.address)
        server.serve_forever()


def _table(content: Mapping[str, Any]) -> list[Sequence[str]]:
    """The tracks of a video, for browsers without JavaScript."""
    return [
        (str(t["id"]), t["person"], str(t["first"]), str(t["last"]), f"{t['seconds']:.2f}")
        for t in content["tracks"]
    ]


def _folder(places: Sequence[Path]) -> Path:
    if len(places) == 1 and places[0].is_dir():
        return places[0]
    raise UsageError(
        f"{places[0]}: the report is of one output folder",
        hint="name one folder, or add --single-file or --figure",
    )
