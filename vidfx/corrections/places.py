"""Where corrections are; to know whether there are any, nothing else has to be imported."""

from __future__ import annotations

from pathlib import Path

from vidfx.jobs.locks import FOLDER
from vidfx.jobs.result_names import SUMMARY

ENDING = ".corrections.csv"
"""After the name of an input: the corrections of one video."""
BATCH = "corrections.csv"
"""In the output folder: those of its videos, which a column names by their paths below it."""


def correction_files(summary: Path) -> tuple[Path, Path]:
    """The file of the batch and that of the video, which may be there or not."""
    own = summary.with_name(summary.name.removesuffix(SUMMARY) + ENDING)
    return batch_folder(summary) / BATCH, own


def batch_folder(summary: Path) -> Path:
    """The output folder of the batch that made a summary, which has BATCH if there is one.

    Of results that were copied without their ledger: the nearest folder above that has BATCH, else
    their own folder.
    """
    folders = summary.absolute().parents
    for mark in (FOLDER, BATCH):
        for folder in folders:
            if (folder / mark).exists():
                return folder
    return folders[0]
