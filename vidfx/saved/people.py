"""Who the tracks of a finished video are, as `vidfx people` found since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from vidfx.jobs.result_names import PEOPLE, SUMMARY
from vidfx.people.people_file import OTHER, UNKNOWN, People, read_people


def people_path(summary: Path) -> Path:
    """Of the file that says who the tracks of the video with this summary are."""
    return summary.with_name(summary.name.removesuffix(SUMMARY) + PEOPLE)


def people_of(summary: Path, gallery: Iterable[str] | None, tasks: Iterable[str]) -> People | None:
    """Those of a video; None where it was not asked.

    ``gallery`` are the people of the one by which the video was annotated, None without; ``tasks``
    are those of its models. Raises InputError where the file is damaged.
    """
    tracks = read_people(people_path(summary))
    if tracks is None or gallery is None:
        return None if tracks is None else People(tracks)
    words = () if "identity" in tasks else (OTHER, UNKNOWN)
    return People(tracks, frozenset((*gallery, *words)))


def named_track(track: Mapping[str, Any], people: People) -> dict[str, Any]:
    """A track of a summary with its identity and person."""
    number = track["track_id"]
    found = people.label(number, track.get("identity"))
    names = dict(zip(("identity", "identity_prob"), found, strict=True)) if found else {}
    return {**track, **names, "person_id": people.person(number)}
