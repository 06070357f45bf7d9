"""What all videos of a run share: the settings, the engines and the messages to draw."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from vidfx import schema
from vidfx.annotation.drawing.draw_context import DrawContext
from vidfx.annotation.models import Models, load_models
from vidfx.config import Settings
from vidfx.messages import chosen_messages
from vidfx.privacy.selection import Selection
from vidfx_engines.device import Device


@dataclass(frozen=True)
class Context(DrawContext):
    """Settings, messages and models of a run, complete before its first video is opened."""

    models: Models

    @property
    def tensors_on(self) -> Device | None:
        return self.models.tensors_on

    @property
    def people(self) -> Sequence[str]:
        labels = self.models.identity.spec.labels if self.models.identity else ()
        known = self.models.people.gallery.names if self.models.people else ()
        return tuple(dict.fromkeys((*labels, *known)))

    @property
    def expressions(self) -> tuple[str, ...] | None:
        """Those that are read; None: none are."""
        return self.models.emotion.spec.labels if self.models.emotion else None

    @property
    def emotions(self) -> tuple[str, ...]:
        """The expressions that the results have columns for."""
        return _emotions(self.models)


@contextmanager
def load_context(settings: Settings) -> Generator[Context]:
    """Load engines and messages; the engines are closed when the context ends.

    Raises UsageError for messages that are invalid or cannot be drawn, UnavailableError where an
    engine cannot run here.
    """
    with load_models(settings) as models:
        if models.tensors_on is not None:
            models.prepare(16, 9)  # the shape of most videos, while a file is opened
        messages = chosen_messages(settings.messages, _emotions(models))
        context = Context(settings, messages, models)
        named = models.identity or models.people
        Selection.of(settings.hide).check(context.people if named else None)
        context.check_texts(context.emotions)
        yield context


def _emotions(models: Models) -> tuple[str, ...]:
    return models.emotion.spec.labels if models.emotion else schema.DEFAULT_EMOTIONS
