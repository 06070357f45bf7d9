"""What all videos of a run share: the settings, the engines and the messages to draw."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from vidfx import schema
from vidfx.annotate.models import Models, load_models
from vidfx.config import Settings
from vidfx.messages import default_messages, load_messages
from vidfx.video.capabilities import NVENC
from vidfx.video.write.encoder_choice import EncoderChoice, choose_encoder, reading_surfaces


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

    @cached_property
    def encoder(self) -> EncoderChoice:
        """What encodes the annotated videos.

        Raises UnavailableError where the encoder that the settings name is not here.
        """
        settings, device = self.settings, self.models.tensors_on
        choice = choose_encoder(
            settings.encoder, crf=settings.crf, preset=settings.preset, on_gpu=device is not None
        )
        if choice.codec != NVENC or device is None or device.kind == "cpu":
            return choice
        drawing: Any = import_module("vidfx.device.drawing")  # brings torch
        return reading_surfaces(
            choice, device.gpu_index, lambda planes: drawing.surface_of(planes, str(device))
        )


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
