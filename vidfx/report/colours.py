"""Colours of expressions, those of the annotated video where they have one there."""

from __future__ import annotations

from collections.abc import Sequence

from vidfx.overlay.colours import PLAIN, colour_of

OTHERS = ("#b07a3c", "#5c9ead", "#a05a7a", "#6f8f3f", "#8a78c0")
NONE = "#dde2ea"


def colours_of(labels: Sequence[str]) -> dict[str, str]:
    """``#rrggbb`` of each."""
    found: dict[str, str] = {}
    for label in labels:
        colour = colour_of(label)
        plain = OTHERS[len(found) % len(OTHERS)]
        found[label] = plain if colour == PLAIN else "#{:02x}{:02x}{:02x}".format(*colour)
    return found
