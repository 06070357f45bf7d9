"""Summaries with the corrections of their videos."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from vidfx.corrections.places import correction_files
from vidfx.saved.people import people_of
from vidfx.tables.summaries import Summary, Track


def with_corrections(path: Path, summary: Summary) -> Summary:
    """``summary``, which is that of ``path``, with the names that `vidfx people` found since.

    If the video has corrections, it is counted again, which reads all of its rows. Raises
    InputError where a line of the corrections is wrong, or the names or a table are damaged.
    """
    if summary.photographs is not None:
        return summary
    if not any(file.exists() for file in correction_files(path)):
        return _named(path, summary)
    from vidfx.tables.count_again import count_again  # noqa: PLC0415 - brings NumPy

    return count_again(path, summary)


def _named(path: Path, summary: Summary) -> Summary:
    """Raises InputError."""
    gallery = summary.people.names if summary.people else None
    people = people_of(path, gallery, [model.task for model in summary.models])
    if people is None:
        return summary
    tracks: list[Track] = []
    for track in summary.tracks:
        found = people.label(track.track_id, track.identity)
        identity, prob = found or (track.identity, track.identity_prob)
        person = people.person(track.track_id)
        named = replace(track, identity=identity, identity_prob=prob, person_id=person)
        tracks.append(named)
    return replace(summary, tracks=tracks)
