"""The colours of what is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from vidfx.overlay.yuv import Rgb
from vidfx_engines.names import expression

COLOURS: dict[str, Rgb] = {
    "angry": (244, 92, 74),
    "happy": (250, 198, 56),
    "neutral": (164, 178, 196),
    "sad": (84, 156, 244),
    "surprise": (70, 214, 214),
    "disgust": (124, 200, 84),
    "fear": (176, 132, 248),
    "contempt": (236, 128, 190),
}
"""By the usual name of the expression."""
PEOPLE: tuple[Rgb, ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (204, 121, 167),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (238, 238, 238),
)
"""Okabe and Ito's, which colour-blind people can tell apart; white in place of their black."""
PLAIN: Rgb = (228, 232, 238)
INK: Rgb = (255, 255, 255)
PANEL: Rgb = (16, 19, 26)


class Colours:
    """Chooses the colour of a face: by its expression, or by the person.

    The first of ``people`` has the first colour, and so on; a face without such a name has that of
    its track.
    """

    def __init__(self, by: Literal["expression", "person"], people: Sequence[str]) -> None:
        self._by = by
        self._number = {name: i for i, name in enumerate(people)}

    def __call__(self, track_id: int, identity: str | None, emotion: str | None) -> Rgb:
        if self._by == "expression":
            return colour_of(emotion)
        number = self._number.get(identity or "", track_id - 1)
        return PEOPLE[number % len(PEOPLE)] if number >= 0 else PLAIN


def colour_of(emotion: str | None) -> Rgb:
    """The colour of an expression, whatever name the engine has for it; PLAIN for all others."""
    return COLOURS.get(expression(emotion), PLAIN) if emotion else PLAIN
