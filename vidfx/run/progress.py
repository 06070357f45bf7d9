"""What a run tells while it goes on. The command line decides how it looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vidfx.errors import VidfxError
from vidfx.run.outcome import Outcome
from vidfx.run.plan import Job


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
