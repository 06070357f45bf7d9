"""What a run tells while it goes on. The command line decides how it looks."""

from __future__ import annotations

from typing import Any, Protocol

from vidfx.errors import VidfxError
from vidfx.run.plan import Job
from vidfx.types import VideoInfo


class Listener(Protocol):
    """Hears of every step; calls come from one thread at a time."""

    def notice(self, text: str) -> None:
        """Something the user should know: a choice, a licence, a fall-back."""
        ...

    def started(self, job: Job, info: VideoInfo, expected: int | None) -> None:
        """A video was opened; ``expected`` frames will come, None where nobody knows."""
        ...

    def advanced(self, job: Job, frames: int) -> None:
        """``frames`` of this video are written so far."""
        ...

    def done(self, job: Job, summary: dict[str, Any]) -> None:
        """All results of this video stand under their names."""
        ...

    def skipped(self, job: Job, why: str) -> None:
        """The results were there already."""
        ...

    def failed(self, name: str, error: VidfxError) -> None:
        """This input could not be done."""
        ...
