"""One video that is being annotated: what each step of it needs."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from vidfx.annotate.context import Context
from vidfx.annotate.stage_timer import StageTimer
from vidfx.errors import EngineFailedError
from vidfx.jobs.events import Advanced, Listener, Notice
from vidfx.jobs.plan import Job
from vidfx.types import VideoInfo
from vidfx_engines.errors import EngineError


@dataclass(frozen=True)
class VideoWork:
    """A job, the facts of its opened input, what the run shares, and the listener to report to."""

    job: Job
    info: VideoInfo
    context: Context
    listener: Listener
    segment: int | None = None
    "its number; None: the whole video"
    timer: StageTimer = field(default_factory=StageTimer)

    def detail(self, text: str) -> None:
        """Report a choice that was made for this video."""
        self.listener(Notice(f"{self.job.source.name}: {text}", detail=True))

    def advanced(self, frames: int) -> None:
        """Report how many frames are written."""
        self.listener(Advanced(self.job, frames, self.segment))

    @contextmanager
    def engine_errors(self) -> Generator[None]:
        """Turn any EngineError of the block into an EngineFailedError about this video."""
        try:
            yield
        except EngineError as error:
            raise EngineFailedError(f"{self.job.source}: {error}", hint=error.hint) from error
