"""One video that is being drawn on: what each step of it needs."""

from __future__ import annotations

from dataclasses import dataclass, field

from vidfx.annotation.drawing.draw_context import DrawContext
from vidfx.annotation.stage_timer import StageTimer
from vidfx.jobs.events import Advanced, Listener, Notice
from vidfx.jobs.plan import Job
from vidfx.types import VideoInfo


@dataclass(frozen=True)
class DrawWork:
    """A job, the facts of its opened input, what the run shares, and the listener to report to."""

    job: Job
    info: VideoInfo
    context: DrawContext
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
