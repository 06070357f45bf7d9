"""All that one person is called in an output folder: people rename and merge strangers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from vidfx.corrections.people import PersonLine, present_name
from vidfx.people.groups_file import Groups
from vidfx.people.names import folded


@dataclass(frozen=True)
class Names:
    """Of one person."""

    spelled: tuple[str, ...]
    "the one that was asked for first"

    def has(self, text: str | None) -> bool:
        """Whether ``text`` is one of them, however it is spelled."""
        return text is not None and folded(text) in self.folded

    @cached_property
    def folded(self) -> frozenset[str]:
        """What is equal for all of their spellings."""
        return frozenset(map(folded, self.spelled))


def names_of(name: str, lines: Sequence[PersonLine], groups: Iterable[Groups]) -> Names:
    """Those of the person ``name``, by the corrections and the groups of one output folder."""
    present = present_name(name, lines)
    wanted = {folded(name), folded(present)}
    calls = [
        (text, present_name(text, lines)) for one in lines for text in (one.name, one.new_name)
    ]
    for some in groups:
        calls += some.names.items()
        calls += [(first, present_name(first, lines)) for first in some.names]
    found = {folded(text): text for text in (present, name)}
    for first, now in calls:
        if folded(now) in wanted:
            found.setdefault(folded(first), first)
    found.pop(folded(name))
    return Names((name, *found.values()))
