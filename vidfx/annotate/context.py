"""What all videos of a run share: settings, engines, and the words to draw."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidfx import schema
from vidfx.annotate.models import Models, load_models
from vidfx.config import Settings
from vidfx.jobs.plan import Job
from vidfx.messages import DEFAULT_MESSAGES, load_messages
from vidfx.video.read.image_source import pictures_in
from vidfx_engines.fingerprint import fingerprint


@dataclass(frozen=True)
class Context:
    """Everything that is decided before the first video is opened."""

    settings: Settings
    models: Models
    messages: dict[str, str] | None
    "by expression; None where none are drawn"

    @property
    def emotions(self) -> tuple[str, ...]:
        """The expressions that the results have columns for."""
        emotion = self.models.emotion
        return emotion.spec.labels if emotion else schema.DEFAULT_EMOTIONS

    def fingerprint(self, job: Job) -> dict[str, Any]:
        """What two runs must share for their results to be the same work."""
        return {
            "input": _state(job),
            "settings": self.settings.about_results(),
            "messages": self.messages,
            "models": [fingerprint(s.engine.spec) for s in self.models.selections],
        }


@contextmanager
def load_context(settings: Settings) -> Generator[Context]:
    """Load engines and messages; give the engines back at the end.

    Raises UsageError for bad messages, UnavailableError where an engine cannot be had here.
    """
    with load_models(settings) as models:
        emotions = models.emotion.spec.labels if models.emotion else schema.DEFAULT_EMOTIONS
        yield Context(settings, models, _messages(settings.messages, emotions))


def _messages(name: str, emotions: tuple[str, ...]) -> dict[str, str] | None:
    if name == "none":
        return None
    if name == "default":
        return DEFAULT_MESSAGES
    return load_messages(Path(name), emotions)


def _state(job: Job) -> list[list[str | int]]:
    """Name, size and time of change of a file, or of every file in a folder of pictures."""
    source, origin = job.source, job.origin
    if origin is not None:
        return [[origin.url, origin.size, origin.stamp]]
    files = pictures_in(source) if source.is_dir() else [source]
    states = [(file.name, file.stat()) for file in files if file.is_file()]
    return [[name, stat.st_size, stat.st_mtime_ns] for name, stat in states]
