"""Galleries and embeddings of made-up people, a direction each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vidfx.people.embeddings_file import TrackEmbeddings
from vidfx.people.gallery import Gallery

SIZE = 32
MODEL = "a" * 64


def direction(number: int, off: float = 0.0) -> np.ndarray:
    """(SIZE,) of length 1: a person, turned by ``off`` (0..1) towards nobody."""
    vector = np.zeros(SIZE)
    vector[number], vector[-1] = 1 - off, off
    return vector / np.linalg.norm(vector)


def gallery_of(*names: str, model: str = MODEL) -> Gallery:
    """Each with two pictures; the n-th name is the direction n."""
    rows = np.repeat([direction(n) for n in range(len(names))], 2, axis=0).astype(np.float32)
    return Gallery(names, np.repeat(np.arange(len(names)), 2), rows, model)


def faces(*tracks: tuple[int, int, float, Sequence[float]], model: str = MODEL) -> TrackEmbeddings:
    """Of each track: number, person, how far it is off, and the quality of each face."""
    rows = [(n, person, off, q) for n, person, off, qualities in tracks for q in qualities]
    return TrackEmbeddings(
        np.array([n for n, *_ in rows], np.int32),
        np.arange(len(rows), dtype=np.int64),
        np.array([q for *_, q in rows], np.float32),
        np.array([direction(person, off) for _, person, off, _ in rows], np.float16),
        model,
    )
