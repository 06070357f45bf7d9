"""Summaries with the corrections of their videos."""

from __future__ import annotations

from pathlib import Path

from vidfx.corrections.places import correction_files
from vidfx.tables.summaries import Summary


def with_corrections(path: Path, summary: Summary) -> Summary:
    """``summary``, which is that of ``path``, or if the video has corrections, one counted again.

    That reads all rows of the video. Raises InputError where a line of the corrections is wrong or
    a table is damaged.
    """
    if summary.photographs is not None or not any(f.exists() for f in correction_files(path)):
        return summary
    from vidfx.tables.count_again import count_again  # noqa: PLC0415 - brings NumPy

    return count_again(path, summary)
