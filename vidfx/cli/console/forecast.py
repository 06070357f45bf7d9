"""How much of a run is left, from its events."""

from __future__ import annotations

import time
from collections.abc import Callable

from vidfx.jobs.events import Advanced, Done, Event, Failed, Planned, Skipped, Started
from vidfx.jobs.plan import Job

SETTLED_S = 3.0
"""How long work goes on before its rate says how long the rest will take."""


class Forecast:
    """Counts pixels, which are what takes the time, since the first video was opened.

    Of videos not opened yet only the bytes are known; their pixels are guessed from the others'.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun: float | None = None
        self._jobs: dict[str, Job] = {}
        self._bytes: dict[Job, int] = {}
        self._pixels: dict[Job, int] = {}
        self._area: dict[Job, int] = {}
        self._done: dict[Job, int] = {}
        self._over: set[Job] = set()
        self.frames = 0
        "written so far, of all videos"
        self._frames: dict[Job, int] = {}

    def handle(self, event: Event) -> None:
        match event:
            case Planned(jobs=jobs):
                self._jobs = {job.name: job for job in jobs}
                self._bytes = {job: _size(job) for job in jobs}
            case Started(job=job):
                self._begun = self._begun or self._clock()
                self._area[job] = event.width * event.height
                self.frames -= self._frames.pop(job, 0)  # an earlier attempt
                if event.expected is not None:
                    self._pixels[job] = event.expected * self._area[job]
            case Advanced(job=job, frames=frames):
                self._count(job, frames)
            case Done(job=job, summary=summary):
                self._count(job, summary["counts"]["frames"])  # its last ones are not reported
                self._end(job)
            case Skipped(job=job):
                self._end(job)
            case Failed(input=name) if name in self._jobs:
                self._end(self._jobs[name])
            case _:
                pass

    def _count(self, job: Job, frames: int) -> None:
        self.frames += frames - self._frames.get(job, 0)
        self._frames[job] = frames
        self._done[job] = frames * self._area.get(job, 0)

    def _end(self, job: Job) -> None:
        self._over.add(job)
        self._pixels.setdefault(job, self._done.get(job, 0))

    @property
    def ended(self) -> int:
        """Videos that are done, skipped or failed."""
        return len(self._over)

    @property
    def elapsed(self) -> float:
        """Seconds since the first video was opened."""
        return 0.0 if self._begun is None else self._clock() - self._begun

    def frames_per_second(self) -> float | None:
        """Of all videos together; None while too little is known."""
        return self.frames / self.elapsed if self.frames and self.elapsed else None

    def seconds_left(self) -> float | None:
        """None while too little is known."""
        done = sum(self._done.values())
        known = [job for job in self._pixels if self._done.get(job) and self._bytes.get(job)]
        if not done or not known or self.elapsed < SETTLED_S:
            return None
        density = sum(self._pixels[j] for j in known) / sum(self._bytes[j] for j in known)
        left = 0.0
        for job, size in self._bytes.items():
            if job not in self._over:
                left += max(0.0, self._pixels.get(job, size * density) - self._done.get(job, 0))
        return left * self.elapsed / done


def _size(job: Job) -> int:
    """Bytes; 0 where unknown."""
    try:
        return job.origin.size if job.origin else job.source.stat().st_size
    except OSError:
        return 0
