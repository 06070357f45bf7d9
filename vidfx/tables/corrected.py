"""Summaries with the corrections of their videos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import msgspec

from vidfx.corrections.names import By, TrackName, names_beside
from vidfx.corrections.places import correction_files
from vidfx.tables.summaries import Summary


def with_corrections(path: Path, summary: Summary) -> Summary:
    """``summary``, which is that of ``path``, with the names that `vidfx people` gave.

    If people corrected the video, it is counted again, which reads all rows. Raises InputError
    where a line of the corrections is wrong, or names or a table are damaged.
    """
    if summary.photographs is not None:
        return summary
    summary = _with_names(summary, names_beside(path, summary.made.at or ""))
    if not any(file.exists() for file in correction_files(path)):
        return summary
    from vidfx.tables.count_again import count_again  # noqa: PLC0415 - brings NumPy

    return count_again(path, summary)


def _with_names(summary: Summary, names: Sequence[TrackName]) -> Summary:
    if not names:
        return summary
    of_track = {one.track: one for one in sorted(names, key=lambda one: get_args(By).index(one.by))}
    tracks = [
        msgspec.structs.replace(track, identity=one.name, identity_prob=one.score)
        if (one := of_track.get(track.track_id))
        else track
        for track in summary.tracks
    ]
    return msgspec.structs.replace(summary, tracks=tracks, corrected=True)
