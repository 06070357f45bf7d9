"""``NAME.people.json``: who the tracks of a finished video are, by their saved embeddings.

What reads its rows puts these names into them (``vidfx/saved/named.py``): the CSVs stay as they
were written. The file goes when the video is annotated again, because its tracks are others then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from vidfx.errors import InputError, output_errors
from vidfx.people.names import RESERVED
from vidfx_engines.files import read_regular, write_atomically
from vidfx_engines.validation import Label, convert

SCHEMA = "vidfx.people/1"
OTHER, UNKNOWN = RESERVED
MOST_BYTES = 64 << 20
Identity = tuple[str | None, float | None]
"""As in the columns: a name, other, unknown or None; and its probability."""
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

    def identity(self) -> Identity:
        """As in the columns; a score is no probability, but has the meaning of one."""
        if self.verdict == "named":
            return self.name, self.score
        if self.group is not None:
            return self.group, None
        if self.verdict == "unknown":
            return OTHER, None if self.score is None else 1 - self.score
        return UNKNOWN if self.verdict else None, self.score


@dataclass(frozen=True)
class People:
    """Who the tracks of one video are."""

    tracks: Mapping[int, TrackPerson]
    "by number"
    replaced: frozenset[str] = frozenset()
    "identities in the rows that came from a gallery too, and so count no more"

    @property
    def are_named(self) -> bool:
        """Whether it was asked who somebody is, by a gallery or in groups."""
        return any(one.verdict or one.group for one in self.tracks.values())

    def names(self) -> list[str]:
        """Of people and groups, sorted."""
        tracks = self.tracks.values()
        return sorted({name for one in tracks for name in (one.name, one.group) if name})

    def person(self, track: int) -> int | None:
        one = self.tracks.get(track)
        return one and one.person_id

    def label(self, track: int, before: str | None) -> Identity | None:
        """The identity of a track; None: it stays as it is in the rows, ``before``.

        The name that a gallery gives comes first, then one that a recognition engine gave.
        """
        one = self.tracks.get(track)
        if before in self.replaced or before is None:
            return one.identity() if one else (None, None)
        if one is None or (one.verdict != "named" and before not in RESERVED):
            return None
        return one.identity() if one.verdict == "named" or one.group else None


class _Content(Struct):
    schema: str
    tracks: list[TrackPerson]


_DECODER = msgspec.json.Decoder(_Content)


def read_people(path: Path) -> dict[int, TrackPerson] | None:
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


def people_bytes(tracks: Iterable[TrackPerson]) -> bytes:
    """The content of a file."""
    content = msgspec.json.encode(_Content(SCHEMA, sorted(tracks, key=lambda one: one.track_id)))
    return msgspec.json.format(content, indent=1) + b"\n"


def write_people(path: Path, tracks: Iterable[TrackPerson]) -> None:
    """Write a file, whole or not at all. Raises OutputError.

    It is not waited for the disk: see AGAIN.
    """
    with output_errors(path):
        write_atomically(path, people_bytes(tracks), sync=False)
