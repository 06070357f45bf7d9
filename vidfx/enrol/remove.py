"""Somebody out of a gallery."""

from __future__ import annotations

from pathlib import Path

from vidfx.enrol.add import writing
from vidfx.errors import UsageError
from vidfx.people.gallery import Gallery
from vidfx_engines.names import some


def remove(name: str, folder: Path) -> tuple[str, int]:
    """Delete a person's name, embeddings and thumbnails.

    Returns the name as the gallery had it, and the number of faces. Raises GalleryError, UsageError
    where there is no such person, and OutputError.
    """
    Gallery.read(folder)
    with writing(folder):
        gallery = Gallery.read(folder)
        person = gallery.of(name)
        if person is None:
            raise UsageError(
                f"{folder}: nobody has the name {name}",
                hint=f"it has {some(gallery.names)}" if gallery.names else "nobody is in it",
            )
        gallery.without(person).write(folder)
        return gallery.names[person], int((gallery.person == person).sum())
