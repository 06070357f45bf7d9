"""What all videos of a run share: the settings, the engines and the messages to draw."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vidfx import schema
from vidfx.annotate.models import Models, load_models
from vidfx.config import Settings
from vidfx.messages import default_messages, load_messages


@dataclass(frozen=True)
class Context:
    """Settings, models and messages of a run, complete before its first video is opened."""

    settings: Settings
    models: Models
    messages: dict[str, str] | None
    "by expression; None where none are drawn"

    @property
    def emotions(self) -> tuple[str, ...]:
        """The expressions that the results have columns for."""
        return _emotions(self.models)


@contextmanager
def load_context(settings: Settings) -> Generator[Context]:
    """Load engines and messages; the engines are closed when the context ends.

    Raises UsageError for invalid messages, UnavailableError where an engine cannot run here.
    """
    with load_models(settings) as models:
        models.prepare()
        yield Context(settings, models, _load_messages(settings.messages, _emotions(models)))


def _emotions(models: Models) -> tuple[str, ...]:
    return models.emotion.spec.labels if models.emotion else schema.DEFAULT_EMOTIONS


def _load_messages(name: str, emotions: tuple[str, ...]) -> dict[str, str] | None:
    if name == "none":
        return None
    if name == "default":
        return default_messages(emotions)
    return load_messages(Path(name), emotions)
