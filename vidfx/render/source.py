"""The video that saved rows are of: where it is now, and whether it is the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from vidfx.annotation.same_input import files_of
from vidfx.errors import InputError, OtherInputError, read_errors
from vidfx.jobs.content import content_hash
from vidfx.saved.runs import AGAIN, SavedVideo

MOST_LEVELS = 8
"""Of folders above the summary, and of the source's own, that are tried."""


def find_source(video: SavedVideo, sources: Path | None) -> Path:
    """The source of ``video``, below the folder ``sources`` if one is given.

    Without it: where it was, else where it is if it was moved together with the results. Raises
    InputError where it is not there, OtherInputError where it is another file by now.
    """
    problem = None
    for place in _places(video, sources):
        if place.exists():
            difference = _difference(video, place)
            if difference is None:
                return place
            problem = problem or f"{place} is not the source of these rows: {difference}"
    if problem:
        hint = f"name the folder of the right one with --source, or {AGAIN}"
        raise OtherInputError(f"{video.path}: {problem}", hint=hint)
    where = f"{video.source.name} is not below {sources}" if sources else f"{video.source}"
    raise InputError(
        f"{video.path}: its source video is missing: {where}",
        hint="name the folder that it is in with --source",
    )


def _places(video: SavedVideo, sources: Path | None) -> Iterator[Path]:
    """Where the source may be, the likeliest first."""
    parts = video.source.parts[1:] if video.source.is_absolute() else video.source.parts
    ends = [Path(*parts[-count:]) for count in range(min(len(parts), MOST_LEVELS), 0, -1)]
    if sources:
        yield from (sources / end for end in ends)
        return
    yield video.source
    folders = list(video.path.absolute().parents)[:MOST_LEVELS]
    yield from (folder / end for folder, end in product(folders, ends))


def _difference(video: SavedVideo, place: Path) -> str | None:
    """What ``place`` has that the source had otherwise; None where it is the same.

    A new date alone is no difference, if the content can be compared.
    """
    entries, known_hash = recorded_source(video)
    with read_errors(place):
        files = files_of(place)
        states = [file.stat() for file in files]
        if len(states) != len(entries):
            return f"it had {len(entries)} files, and this has {len(states)}"
        for (name, size, _), state in zip(entries, states, strict=True):
            if size != state.st_size:
                which = "it" if len(entries) == 1 else name
                return f"{which} had {size} bytes, and this has {state.st_size}"
        if known_hash is not None:
            same = known_hash == content_hash(files)
            return None if same else "it had the same size but other content"
    if [date for _, _, date in entries] == [state.st_mtime_ns for state in states]:
        return None
    return "it had another date, and an earlier vidfx stored no hash of the content"


def recorded_source(video: SavedVideo) -> tuple[Sequence[tuple[str, int, int]], str | None]:
    """Name, size and date of the source's files, and their hash, as far as it is known.

    Raises InputError where the summary has no readable record of them.
    """
    summary = video.summary
    try:
        entries = [(str(n), int(size), stamp) for n, size, stamp in summary["fingerprint"]["input"]]
        known_hash: Any = summary["input"].get("content_hash", {}).get("hex")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"{video.path}: it does not record its source video", hint=AGAIN
        ) from error
    return entries, known_hash
