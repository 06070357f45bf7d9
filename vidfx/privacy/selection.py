"""Whom ``--hide`` names."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from vidfx.errors import UsageError
from vidfx.hide_settings import NOT, TRACK
from vidfx.stages.smooth import UNKNOWN
from vidfx_engines.spec import OTHER

ALL, OTHERS = "all", "others"


@dataclass(frozen=True)
class Selection:
    """Whom to hide. A face is hidden where one of the conditions holds for it."""

    everybody: bool = False
    others: bool = False
    "who has no name"
    unknown: bool = False
    "of whom it is not decided whether they have one"
    people: frozenset[str] = frozenset()
    "these, and who could be one of them"
    all_but: frozenset[str] = frozenset()
    "who is not surely one of these; empty: no such condition"
    tracks: frozenset[int] = frozenset()

    @classmethod
    def of(cls, texts: Sequence[str]) -> Selection:
        """Of ``HideSettings.hide``."""
        people, all_but, tracks = set[str](), set[str](), set[int]()
        words: set[str] = set()
        for text in (text.strip() for text in texts):
            if text in (ALL, OTHERS, UNKNOWN):
                words.add(text)
            elif text.startswith(NOT):
                all_but.add(text.removeprefix(NOT).strip())
            elif text.startswith(TRACK):
                tracks.add(int(text.removeprefix(TRACK)))
            else:
                people.add(text)
        return cls(
            everybody=ALL in words,
            others=OTHERS in words,
            unknown=UNKNOWN in words,
            people=frozenset(people),
            all_but=frozenset(all_but),
            tracks=frozenset(tracks),
        )

    @property
    def names(self) -> frozenset[str]:
        """The people that are named."""
        return self.people | self.all_but

    @property
    def needs_names(self) -> bool:
        """Whether it is about who people are."""
        return bool(self.others or self.unknown or self.names)

    @property
    def hides_unshown(self) -> bool:
        """Whether detections that are in no row are hidden: they could be anybody."""
        return self.everybody or self.needs_names

    def hides(self, name: str | None) -> bool:
        """Whether who is surely ``name`` is hidden; None where that is not sure."""
        unsure = name in (None, UNKNOWN)
        return (
            self.everybody
            or (self.others and (unsure or name == OTHER))
            or (self.unknown and unsure)
            or (bool(self.people) and (unsure or name in self.people))
            or (bool(self.all_but) and name not in self.all_but)
        )

    def check(self, known: Collection[str] | None) -> None:
        """Raises UsageError where it is about names and nobody is named (``known`` is None), or
        not these people.
        """
        if self.needs_names and known is None:
            raise UsageError(
                "--hide: faces have no names here, so only all and track:N can be hidden",
                hint="name an engine with --recognition or a gallery with --people, or hide all",
            )
        if missing := sorted(self.names - {*(known or ())}):
            raise UsageError(
                f"--hide: {', '.join(missing)}: nobody can have this name here",
                hint=f"known are {', '.join(known or ())}",
            )
