"""Each line about a person, compared with the names in the results and in the other lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from vidfx.corrections.people import PersonLine
from vidfx.corrections.places import BATCH, correction_files
from vidfx.corrections.read import names_given, person_lines
from vidfx.errors import InputError
from vidfx.output.summary import read_summary
from vidfx.people.groups_file import read_groups
from vidfx.people.names import folded
from vidfx.people.people_file import People, read_people
from vidfx.saved.people import people_path


def check_people(
    folder: Path, summaries: Sequence[Path], photographs: Sequence[Path]
) -> Iterator[tuple[PersonLine, str]]:
    """Each line in the file of the batch in ``folder``, and why it is of no use; empty: it is.

    ``summaries`` are those of its videos; ``photographs`` is where those of photographs would be.
    Nothing where a line is wrong, of which its videos tell.
    """
    try:
        lines = person_lines(folder / BATCH)
    except InputError:
        return
    if not lines:
        return
    known = {folded(name) for name in _names(folder, summaries, photographs)}
    since: dict[str, PersonLine] = {}
    for line in lines:
        name = folded(line.name)
        if name in known:
            why = ""
        elif earlier := since.get(name):
            why = f"{line.name} is {earlier.new_name} already, by {earlier.place}"
        else:
            why = f"nobody is called {line.name} in these results"
        yield line, why
        if not why and folded(line.new_name) != name:
            known.discard(name)
            since[name] = line
        known.add(folded(line.new_name))


def _names(folder: Path, summaries: Sequence[Path], photographs: Sequence[Path]) -> Iterator[str]:
    """Of groups, as they began; of the people in the results; and those given in lines."""
    with suppress(InputError):
        if groups := read_groups(folder):
            yield from groups.names
    for summary in summaries:
        tracks: list[dict[str, Any]] = (read_summary(summary) or {}).get("tracks", [])
        yield from (str(name) for track in tracks if (name := track.get("identity")))
        with suppress(InputError):
            yield from People(read_people(people_path(summary)) or {}).names()
    yield from names_given(folder / BATCH)
    for place in (*summaries, *photographs):
        yield from names_given(correction_files(place)[1])
