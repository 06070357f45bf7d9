"""Where corrections are; to know whether there are any, nothing else has to be imported."""

from __future__ import annotations

from pathlib import Path

from vidfx.jobs.locks import FOLDER, LEDGER
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

    That is the nearest folder above with a ledger. Of results that were copied without it: the
    nearest that has BATCH, else their own. Locks alone say nothing: `vidfx render` makes them too.
    """
    folders = summary.absolute().parents
    for mark in (Path(FOLDER, LEDGER), BATCH):
        for folder in folders:
            if (folder / mark).exists():
                return folder
    return folders[0]
