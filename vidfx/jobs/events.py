"""What a run tells while it goes on. The command line decides how it looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from vidfx.errors import VidfxError
from vidfx.jobs.outcomes import Outcome
from vidfx.jobs.plan import Job


@dataclass(frozen=True)
class Opened:
    """What is known of a video once it is open."""

    width: int
    height: int
    codec: str
    expected: int | None
    "frames that will come, None where nobody knows"

    @property
    def pixels(self) -> int | None:
        """Of all frames together."""
        return None if self.expected is None else self.expected * self.width * self.height


class Listener:
    """Hears of every step, and by default does nothing about it.

    Calls come from one thread at a time, of several videos in turn.
    """

    def planned(self, jobs: Sequence[Job]) -> None:
        """All the videos of this run."""

    def notice(self, text: str) -> None:
        """Something the user should know: a choice, a licence, a fall-back."""

    def left_out(self, line: str) -> None:
        """Files that were found and are not inputs."""

    def beat(self) -> None:
        """The run lives: several times a second once engines are loaded, whatever the videos do."""

    def started(self, job: Job, opened: Opened) -> None:
        """A video was opened."""

    def advanced(self, job: Job, frames: int) -> None:
        """``frames`` of this video are written so far."""

    def retried(self, job: Job, why: str) -> None:
        """The process that worked on it has ended; it is tried again."""

    def done(self, job: Job, summary: dict[str, Any]) -> None:
        """All results of this video stand under their names."""

    def skipped(self, job: Job, why: str) -> None:
        """The results were there already."""

    def failed(self, name: str, error: VidfxError) -> None:
        """This input could not be done."""

    def ended(self, outcomes: Sequence[Outcome], seconds: float) -> None:
        """The whole run."""


class Broadcast(Listener):
    """Tells several listeners. What cannot be written (a full or closed terminal) is lost there.

    It never costs a run, and the others hear of it.
    """

    def __init__(self, *listeners: Listener) -> None:
        self._listeners = [*listeners]
        self._missed = set[Listener]()
        "something, and may trip over it later"

    def add(self, listener: Listener) -> None:
        """To be told first, before anything of it is shown."""
        self._listeners.insert(0, listener)

    def _tell(self, tell: Callable[[Listener], None]) -> None:
        for listener in self._listeners:
            try:
                tell(listener)
            except OSError:
                self._missed.add(listener)
            except Exception:
                if listener not in self._missed:
                    raise

    def planned(self, jobs: Sequence[Job]) -> None:
        self._tell(lambda listener: listener.planned(jobs))

    def notice(self, text: str) -> None:
        self._tell(lambda listener: listener.notice(text))

    def left_out(self, line: str) -> None:
        self._tell(lambda listener: listener.left_out(line))

    def beat(self) -> None:
        self._tell(lambda listener: listener.beat())

    def started(self, job: Job, opened: Opened) -> None:
        self._tell(lambda listener: listener.started(job, opened))

    def advanced(self, job: Job, frames: int) -> None:
        self._tell(lambda listener: listener.advanced(job, frames))

    def retried(self, job: Job, why: str) -> None:
        self._tell(lambda listener: listener.retried(job, why))

    def done(self, job: Job, summary: dict[str, Any]) -> None:
        self._tell(lambda listener: listener.done(job, summary))

    def skipped(self, job: Job, why: str) -> None:
        self._tell(lambda listener: listener.skipped(job, why))

    def failed(self, name: str, error: VidfxError) -> None:
        self._tell(lambda listener: listener.failed(name, error))

    def ended(self, outcomes: Sequence[Outcome], seconds: float) -> None:
        self._tell(lambda listener: listener.ended(outcomes, seconds))


class Forecast:
    """How much of a run is done, in pixels, which are what takes the time.

    Of videos not opened yet only the bytes are known; their pixels are guessed from the others'.
    """

    def __init__(self) -> None:
        self._bytes: dict[Job, int] = {}
        self._pixels: dict[Job, int] = {}
        self._area: dict[Job, int] = {}
        self._done: dict[Job, int] = {}
        self._over: set[Job] = set()
        self.frames = 0
        "written so far, of all videos"
        self._frames: dict[Job, int] = {}

    def planned(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            try:
                self._bytes[job] = job.origin.size if job.origin else job.source.stat().st_size
            except OSError:
                self._bytes[job] = 0

    def started(self, job: Job, opened: Opened) -> None:
        self._area[job] = opened.width * opened.height
        self.frames -= self._frames.pop(job, 0)  # an earlier attempt
        if opened.pixels is not None:
            self._pixels[job] = opened.pixels

    def advanced(self, job: Job, frames: int) -> None:
        self.frames += frames - self._frames.get(job, 0)
        self._frames[job] = frames
        self._done[job] = frames * self._area.get(job, 0)

    def over(self, job: Job) -> None:
        """Done, skipped or failed: nothing of it is left."""
        self._over.add(job)
        self._pixels.setdefault(job, self._done.get(job, 0))

    @property
    def ended(self) -> int:
        """Videos of which nothing is left."""
        return len(self._over)

    def seconds_left(self, elapsed: float) -> float | None:
        """None while nothing can be said."""
        done = sum(self._done.values())
        known = [job for job in self._pixels if self._done.get(job) and self._bytes.get(job)]
        if not done or not known or elapsed <= 0:
            return None
        density = sum(self._pixels[j] for j in known) / sum(self._bytes[j] for j in known)
        left = 0.0
        for job, size in self._bytes.items():
            if job not in self._over:
                left += max(0.0, self._pixels.get(job, size * density) - self._done.get(job, 0))
        return left * elapsed / done
