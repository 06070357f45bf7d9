"""Lines about a person instead of a track, in the corrections of a folder.

    video,track_id,from_s,to_s,action,value
    *,Person 7,,,rename,Ana
    *,Person 9,,,merge,Ana

Both give all tracks of a person another name; where somebody has that name already, the two are
one from then on. They are applied one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vidfx.people.names import folded
from vidfx_engines.errors import shown
from vidfx_engines.validation import Label, convert

ALL_VIDEOS = "*"
"""In the column of the video."""
PERSON_ACTIONS = ("rename", "merge")


@dataclass(frozen=True)
class PersonLine:
    """A person who is called otherwise, or is another one."""

    place: str
    name: str
    action: str
    new_name: str


def parse_person(place: str, cells: Mapping[str, str]) -> PersonLine:
    """Raises ValueError, which says in one line what is wrong and what is allowed."""
    action = cells["action"].casefold()
    if action not in PERSON_ACTIONS:
        raise ValueError(
            f"action {shown(cells['action'])} is not one of {', '.join(PERSON_ACTIONS)}, "
            "which a line about a person has"
        )
    if cells["from_s"] or cells["to_s"]:
        raise ValueError("a line about a person has no times")
    name = convert(cells["track_id"], Label, "track_id, here the name of a person")
    return PersonLine(place, name, action, convert(cells["value"], Label, f"value of {action}"))


def present_name(name: str, lines: Sequence[PersonLine]) -> str:
    """What ``name`` is called after ``lines``."""
    for line in lines:
        if folded(line.name) == folded(name):
            name = line.new_name
    return name
