"""Whether pictures of a finished video's input may be shown."""

from __future__ import annotations

from vidfx.corrections.read import saved_corrections
from vidfx.errors import InputError
from vidfx.saved.runs import SavedVideo


def is_drawn_hidden(video: SavedVideo) -> bool:
    """Whether the annotated video hides faces."""
    settings = video.summary.get("fingerprint", {}).get("settings", {})
    return bool(settings.get("hide")) or "privacy" in video.summary.get("outputs", {})


def hides_faces(video: SavedVideo) -> bool:
    """Whether the annotated video hides faces, or corrections say so. Raises InputError."""
    return is_drawn_hidden(video) or bool(saved_corrections(video).of("hide"))


def check_none_hidden(video: SavedVideo) -> None:
    """Raises InputError where the source shows faces that must be hidden."""
    if hides_faces(video):
        raise InputError(
            f"{video.path}: faces in it must be hidden, and the source video shows them",
            hint="`vidfx render --hide` draws a video without them",
        )
