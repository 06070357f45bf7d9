"""How faces are drawn: what a user can choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Looks:
    """What is drawn on a frame, and how."""

    style: Literal["default", "boxes", "minimal", "none"] = "default"
    "boxes: without labels; minimal: thin boxes and short labels; none: neither"
    colour_by: Literal["expression", "person"] = "expression"
    font_scale: float = 1.0
    "of the usual size of texts"
    font: str = "auto"
    "of texts: auto, or a file"
    bars: bool = False
    "the probability of every expression; needs FaceLabel.expressions"
    landmarks: bool = False
    "needs FaceLabel.landmarks"
    clock: bool = False
    "the playback time, in a corner"


DEFAULT_LOOKS = Looks()
