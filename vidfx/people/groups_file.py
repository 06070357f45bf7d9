"""``people.groups.json``: the groups of an output folder, so that people keep their numbers."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct, field

from vidfx.errors import InputError, output_errors
from vidfx_engines.files import read_regular, write_atomically
from vidfx_engines.validation import Label, convert

GROUPS = "people.groups.json"
SCHEMA = "vidfx.groups/1"
MOST_BYTES = 256 << 20
PRIVATE = 0o600
"""Only the owner reads the file: it says who is in which video."""
AGAIN = "delete it, and run `vidfx people group` again: people get new numbers"


class GroupedTrack(Struct, frozen=True):
    """A track, and whose it is."""

    track: int
    first_name: Label | None
    "what its group was called when it began, whatever it is called now; None: nobody's"
    doubt: float
    "0 (none) to 1 (as much as may be), of its place in this group"
    time_s: float = 0.0
    "of its first frame"


class GroupedVideo(Struct, frozen=True):
    """The tracks of one video."""

    made: str
    "when it was annotated; the tracks of another run are others"
    tracks: list[GroupedTrack]


class Alike(Struct, frozen=True):
    """Two groups that may be of one person, by their first names."""

    one: Label
    other: Label
    cosine: float


class Groups(Struct):
    """All groups of an output folder."""

    schema: str = SCHEMA
    model: str = ""
    "of the embeddings"
    threshold: float | None = None
    "that was asked for; None: that of the model"
    next_number: int = 1
    "of the next stranger; numbers are never given twice"
    names: dict[str, str] = field(default_factory=dict[str, str])
    "what groups are called now, by first names"
    videos: dict[str, GroupedVideo] = field(default_factory=dict[str, GroupedVideo])
    "by their paths below the folder, without the summary's ending"
    alike: list[Alike] = field(default_factory=list[Alike])
    "the most alike first"


_DECODER = msgspec.json.Decoder(Groups)


def read_groups(out: Path) -> Groups | None:
    """None where there are none. Raises InputError where the file is damaged."""
    path = out / GROUPS
    try:
        groups = _DECODER.decode(read_regular(path, MOST_BYTES))
        if groups.schema != SCHEMA:
            raise ValueError(f"it is not of {SCHEMA}")
        for name in (*groups.names, *groups.names.values()):
            convert(name, Label, "name")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", hint=AGAIN) from error
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        raise InputError(f"{path}: damaged: {error}", hint=AGAIN) from error
    return groups


def write_groups(out: Path, groups: Groups) -> None:
    """Raises OutputError."""
    path = out / GROUPS
    content = msgspec.json.format(msgspec.json.encode(groups), indent=1) + b"\n"
    with output_errors(path):
        write_atomically(path, content, PRIVATE)
