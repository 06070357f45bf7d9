"""What drawing needs that all videos of a run share; no models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from importlib import import_module
from typing import Any

from vidfx.config import Settings
from vidfx.overlay.looks import Looks
from vidfx.overlay.text_check import check_texts
from vidfx.video.capabilities import NVENC
from vidfx.video.write.encoder_choice import EncoderChoice, choose_encoder, reading_surfaces
from vidfx_engines.device import Device


@dataclass(frozen=True)
class DrawContext:
    """Settings and messages, and where the frames are."""

    settings: Settings
    messages: dict[str, str] | None
    "by expression; None where none are drawn"

    @property
    def people(self) -> Sequence[str]:
        """All names that faces can have, in the order of their colours."""
        return ()

    @cached_property
    def looks(self) -> Looks:
        return Looks(**{f.name: getattr(self.settings, f.name) for f in fields(Looks)})

    def check_texts(self, expressions: Sequence[str] = ()) -> None:
        """Nothing, if all texts that videos can show can be drawn.

        Raises UsageError and UnavailableError.
        """
        if not self.settings.video:
            return
        messages = (self.messages or {}).items()
        source = "messages" if self.settings.messages == "default" else self.settings.messages
        check_texts(
            [
                *((f"{source}, {expression}", text) for expression, text in messages),
                *(("a person's name", name) for name in self.people),
                *(("an expression", name) for name in expressions),
            ],
            self.looks,
        )

    @property
    def tensors_on(self) -> Device | None:
        """The device that holds the frames as tensors; None: they are on the host."""
        return None

    @cached_property
    def encoder(self) -> EncoderChoice:
        """What encodes the annotated videos.

        Raises UnavailableError where the encoder that the settings name is not here.
        """
        settings, device = self.settings, self.tensors_on
        choice = choose_encoder(
            settings.encoder, crf=settings.crf, preset=settings.preset, on_gpu=device is not None
        )
        if choice.codec != NVENC or device is None or device.kind == "cpu":
            return choice
        drawing: Any = import_module("vidfx.device.drawing")  # brings torch
        return reading_surfaces(
            choice, device.gpu_index, lambda planes: drawing.surface_of(planes, str(device))
        )
