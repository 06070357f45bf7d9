"""Tables and reports over all results, made again without somebody."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from vidfx.errors import output_errors
from vidfx.forget.request import Forgotten
from vidfx.jobs.outcomes import Outcome, as_failure
from vidfx.jobs.result_names import REPORT, SUMMARY
from vidfx.report.build import PAGE, write_report
from vidfx.report.video_file import data_file, sheet_file
from vidfx.tables.write import FACTS, FOLDER, write_tables


def make_again(folders: Sequence[Path], changed: Collection[Path], done: Forgotten) -> None:
    """Those of ``folders`` that are there; ``done`` is told which, and what failed.

    Of the videos with the summaries ``changed``, the data and the pictures of faces are removed
    first: pictures are not taken again.
    """
    for folder in folders:
        try:
            if (folder / FOLDER / FACTS).exists():
                write_tables(folder)
                done.made_again.append(str(folder / FOLDER))
            if (folder / REPORT / PAGE).exists():
                _remove_data(folder, changed)
                write_report(folder, faces=False, report=lambda _: None)
                done.made_again.append(str(folder / REPORT))
        except Exception as error:  # noqa: BLE001 - the results themselves are changed
            failure = as_failure(folder, error)
            done.failed.append(Outcome(str(folder), "failed", error=failure))


def _remove_data(folder: Path, changed: Collection[Path]) -> None:
    """Raises OutputError."""
    for summary in changed:
        if summary.is_relative_to(folder):
            name = summary.relative_to(folder).as_posix().removesuffix(SUMMARY)
            for file in (data_file(folder / REPORT, name), sheet_file(folder / REPORT, name)):
                with output_errors(file):
                    file.unlink(missing_ok=True)
