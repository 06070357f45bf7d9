"""What may be wrong with a gallery: files, model, people who look alike, pictures of others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vidfx.annotation.embedding_engine import find_embedding
from vidfx.errors import VidfxError
from vidfx.people.gallery import THUMBNAILS, Gallery
from vidfx.people.likeness import twins, unlike_others

FEW = 3
"""Pictures of a person from which on the rate asked for was measured."""


def check(folder: Path) -> list[str]:
    """The problems of the gallery in ``folder``, one line each.

    Raises GalleryError where there is none, or it is damaged.
    """
    gallery = Gallery.read(folder)
    return [*_of_files(folder, gallery), *_of_model(gallery), *_of_people(gallery)]


def _of_files(folder: Path, gallery: Gallery) -> Iterator[str]:
    for picture in gallery.pictures:
        if picture.thumbnail and not (folder / THUMBNAILS / picture.thumbnail).is_file():
            yield f"{THUMBNAILS}/{picture.thumbnail}: missing, of {picture.file}"


def _of_model(gallery: Gallery) -> Iterator[str]:
    try:
        _, spec = find_embedding(gallery.engine, gallery.crop, [])
    except VidfxError as error:
        yield f"its model cannot be checked: {error}"
        return
    if spec.embedding_model != gallery.model:
        yield f"{gallery.engine} is another model than the one that made these embeddings"


def _of_people(gallery: Gallery) -> Iterator[str]:
    if not gallery.names:
        yield "nobody is in it"
    for person, name in enumerate(gallery.names):
        rows: list[int] = np.flatnonzero(gallery.person == person).tolist()
        if len(rows) < FEW:
            yield f"{name}: {len(rows)} of {FEW} pictures from which on people are named reliably"
        unlike = unlike_others(gallery.embeddings[rows]).tolist()
        for row, out in zip(rows, unlike, strict=True):
            if out:
                yield f"{name}: {gallery.pictures[row].file or f'row {row}'} is unlike the others"
    for pair in twins(gallery):
        yield (
            f"{pair.first} and {pair.second} are nearly alike to the model (cosine "
            f"{pair.similarity:.3f}): they may be taken for each other"
        )
