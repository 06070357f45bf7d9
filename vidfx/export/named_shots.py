"""The shots of a video, with the names of who is in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from vidfx.stages.settled import Settled

SHORTEST_S = 1.0
"""A cut sooner after the start of a shot begins no other one."""


@dataclass
class NamedShot:
    """What is between two cuts."""

    number: int
    "from 1"
    start_s: float
    end_s: float = 0.0
    "the start of the next one"
    people: set[str] = field(default_factory=set[str])
    "the names of those who are seen in it"

    @property
    def text(self) -> str:
        names = ", ".join(sorted(self.people))
        return f"Shot {self.number}: {names}" if names else f"Shot {self.number}"


class NamedShots:
    """Finds the shots of frames that are added in order."""

    def __init__(self, frame_s: float) -> None:
        """``frame_s`` is how long the last frame is shown."""
        self._frame_s = frame_s
        self._shot: NamedShot | None = None
        self._last_s = 0.0

    def add(self, settled: Settled) -> Iterator[NamedShot]:
        """Yields those that end."""
        names: list[set[str]] = [set() for _ in settled.frames]
        labels = settled.faces.identity
        if labels:
            named: list[bool] = labels.are_people().tolist()
            for place, name, is_named in zip(settled.places, labels.texts(), named, strict=True):
                if name and is_named:
                    names[place].add(name)
        for frame, people in zip(settled.frames, names, strict=True):
            self._last_s = frame.time_s
            shot = self._shot
            if shot is None:
                shot = self._shot = NamedShot(1, frame.time_s)
            elif frame.cut and frame.time_s - shot.start_s >= SHORTEST_S:
                shot.end_s = frame.time_s
                yield shot
                shot = self._shot = NamedShot(shot.number + 1, frame.time_s)
            shot.people |= people

    def finish(self) -> Iterator[NamedShot]:
        """Yields the last one."""
        if self._shot:
            self._shot.end_s = self._last_s + self._frame_s
            yield self._shot
