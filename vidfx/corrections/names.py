"""``NAME.people.json``: the names that `people identify` and `people group` gave to tracks.

They are applied to the rows as they are read, before what people corrected. Names of an earlier
run of annotate are not: track numbers may be of other faces now.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal, get_args

import msgspec

from vidfx.corrections.line import Correction
from vidfx.errors import InputError, output_errors
from vidfx.jobs.result_names import PEOPLE, SUMMARY
from vidfx.saved.runs import SavedVideo
from vidfx_engines.files import read_text, write_atomically
from vidfx_engines.validation import Label, convert

SCHEMA = "vidfx.people/1"
MOST_BYTES = 64 << 20
By = Literal["group", "gallery"]
"""Which command named a track; of two names that of the gallery counts."""
AGAIN = "delete it, then run `vidfx people` again"


class TrackName(msgspec.Struct, frozen=True, omit_defaults=True):
    """The name of one track."""

    track: int
    "as numbered after splits and merges"
    name: str
    score: float
    "0..1, the probability of the identity"
    by: By
    group: str = ""
    "of a group, the name that it began with, which stays when people rename it"


class _File(msgspec.Struct):
    schema: str
    made: str
    "when the run of annotate ended whose tracks these are"
    names: list[TrackName]


def names_file(summary: Path) -> Path:
    return summary.with_name(summary.name.removesuffix(SUMMARY) + PEOPLE)


def read_names(video: SavedVideo) -> tuple[TrackName, ...]:
    """Those of a finished video. Raises InputError where the file is damaged."""
    return names_beside(video.path, _made(video))


def names_beside(summary: Path, made: str) -> tuple[TrackName, ...]:
    """Those of the results that ended at the time ``made``.

    Raises InputError where the file is damaged.
    """
    path = names_file(summary)
    try:
        file = msgspec.json.decode(read_text(path, MOST_BYTES), type=_File)
        if file.schema != SCHEMA:
            raise ValueError("not of a version that this one can read")
        for one in file.names:
            convert(one.name, Label, f"name of track {one.track}")
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"{path}: damaged: {reason}", hint=AGAIN) from error
    return tuple(file.names) if file.made == made else ()


def write_names(video: SavedVideo, by: By, names: Sequence[TrackName]) -> None:
    """``names`` replace those that this command gave before. Raises InputError, OutputError."""
    before, path = read_names(video), names_file(video.path)
    others = [one for one in before if one.by != by]
    kept = tuple(sorted([*others, *names], key=lambda one: (one.track, one.by)))
    if kept == before:
        return
    content = msgspec.json.encode(_File(SCHEMA, _made(video), list(kept)))
    with output_errors(path):
        write_atomically(path, msgspec.json.format(content, indent=1) + b"\n")


def names_as_lines(video: SavedVideo) -> Iterator[Correction]:
    """Each name as a line that renames its track. Raises InputError where the file is damaged."""
    names, place = read_names(video), str(names_file(video.path))
    for by in get_args(By):
        for one in names:
            if one.by == by:
                yield Correction(place, "rename", one.track, name=one.name, prob=one.score, by=by)


def _made(video: SavedVideo) -> str:
    with suppress(KeyError, TypeError):
        return str(video.summary["made"]["at"])
    return ""
