"""``NAME.people.json``: who the tracks of a finished video are, by their saved embeddings.

What reads its rows puts these names into them (``vidfx/saved/named.py``): the CSVs stay as they
were written. The file goes when the video is annotated again, because its tracks are others then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from vidfx.errors import InputError, output_errors
from vidfx_engines.files import read_regular, write_atomically
from vidfx_engines.validation import Label, convert

SCHEMA = "vidfx.people/1"
MOST_BYTES = 64 << 20
AGAIN = "run `vidfx people identify` again, or remove the file"
Verdict = Literal["named", "uncertain", "unknown"]
"""uncertain: perhaps somebody of the gallery; unknown: nobody of it, or too little was seen"""


class TrackPerson(Struct, frozen=True, omit_defaults=True):
    """Who a track is."""

    track_id: Annotated[int, Meta(ge=1)]
    person_id: Annotated[int, Meta(ge=1)]
    "the same for all tracks of one person in the video: the first of them"
    verdict: Verdict | None = None
    "by a gallery; None where none was asked, or nothing of the track could be compared"
    name: Label | None = None
    "where it is named"
    score: Annotated[float, Meta(ge=0, le=1)] | None = None
    "of the most likely person of the gallery"
    group: Label | None = None
    "what the group of a stranger is called over all videos"

    def identity(self) -> str | None:
        """As in the column of this name: a name, other, unknown, or None."""
        if self.verdict == "named":
            return self.name
        if self.group is not None:
            return self.group
        return {None: None, "uncertain": "unknown", "unknown": "other"}[self.verdict]


class _Content(Struct):
    schema: str
    tracks: list[TrackPerson]


_DECODER = msgspec.json.Decoder(_Content)


def read_people(path: Path) -> Mapping[int, TrackPerson] | None:
    """By track; None where there is no file. Raises InputError where it is damaged."""
    try:
        content = _DECODER.decode(read_regular(path, MOST_BYTES))
        if content.schema != SCHEMA:
            raise ValueError(f"it is not of {SCHEMA}")
        for name in {name for one in content.tracks for name in (one.name, one.group) if name}:
            convert(name, Label, "name")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", hint=AGAIN) from error
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        raise InputError(f"{path}: damaged: {error}", hint=AGAIN) from error
    return {one.track_id: one for one in content.tracks}


def write_people(path: Path, tracks: Sequence[TrackPerson]) -> None:
    """Write a file, whole or not at all. Raises OutputError."""
    content = msgspec.json.encode(_Content(SCHEMA, sorted(tracks, key=lambda one: one.track_id)))
    with output_errors(path):
        write_atomically(path, msgspec.json.format(content, indent=1) + b"\n")
