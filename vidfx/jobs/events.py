"""What a run reports while it goes on, as events. The command line decides how they look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from vidfx.errors import VidfxError
from vidfx.jobs.outcomes import Outcome
from vidfx.jobs.plan import Job


class Planned(Struct, frozen=True, tag=True):
    """All jobs of this run are known; none has been started."""

    jobs: tuple[Job, ...]


class Notice(Struct, frozen=True, tag=True):
    """Something the user should know: a licence, a fall-back."""

    text: str
    detail: bool = False
    "a usual choice, of interest to those who ask for it"


class LeftOut(Struct, frozen=True, tag=True):
    """Files were found that are not inputs; one line for each kind."""

    line: str


class Heartbeat(Struct, frozen=True, tag=True):
    """The run goes on: several times a second once engines are loaded, whatever the videos do."""


class Started(Struct, frozen=True, tag=True):
    """A video was opened."""

    job: Job
    width: int
    height: int
    codec: str
    expected: int | None
    "frames that will come, None where unknown"


class Advanced(Struct, frozen=True, tag=True):
    """So many frames of this video, or of one segment of it, are done."""

    job: Job
    frames: int
    segment: int | None = None
    "its number; None: the whole video"


class Retried(Struct, frozen=True, tag=True):
    """The process that worked on this video has exited; the video is tried again."""

    job: Job
    why: str


class Done(Struct, frozen=True, tag=True):
    """All results of this video have their final names."""

    job: Job
    summary: dict[str, Any]


class Skipped(Struct, frozen=True, tag=True):
    """The results of this video were there already."""

    job: Job
    why: str


class Failed(Struct, frozen=True, tag=True):
    """This input failed; it may not even have become a job."""

    input: str
    error: VidfxError


class Ended(Struct, frozen=True, tag=True):
    """The whole run is over."""

    outcomes: tuple[Outcome, ...]
    seconds: float


Event = (
    Planned
    | Notice
    | LeftOut
    | Heartbeat
    | Started
    | Advanced
    | Retried
    | Done
    | Skipped
    | Failed
    | Ended
)
Listener = Callable[[Event], None]
"""Receives every event, from one thread at a time, of several videos in turn."""


class Broadcast:
    """Passes each event on to several listeners.

    Where one cannot write (a full or closed terminal), its text is lost, the others receive the
    event, and the run goes on.
    """

    def __init__(self, *listeners: Listener) -> None:
        self._listeners = [*listeners]
        self._missed = set[Listener]()
        "listeners that lost an event; a later error of theirs may come from that"

    def add(self, listener: Listener) -> None:
        """To receive each event before those that show it."""
        self._listeners.insert(0, listener)

    def handle(self, event: Event) -> None:
        """Raises what a listener raises, except OSError and what follows from a lost event."""
        for listener in self._listeners:
            try:
                listener(event)
            except OSError:
                self._missed.add(listener)
            except Exception:
                if listener not in self._missed:
                    raise
