"""How alike the pictures of one person are, and different people, without any fixed threshold.

Cosines of embeddings mean something else with every network, so distances (1 - cosine) are only
compared with each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidfx.people.gallery import Gallery

UNLIKE = 2.0
"""A picture is unlike the others from this many times their own distance on. On LFW, with
dlib-face and five pictures, one of somebody's own is in 2.7 %, one of a stranger's in 96 %."""
LEAST = 4
"""Pictures of which one can be told to be unlike the others: with three, of 10 % one would be."""
TWINS = 0.25
"""Two people are alike where their distance is within this quantile of a person's own ones."""


def unlike_others(embeddings: np.ndarray) -> np.ndarray:
    """(n,) bool: which of the pictures (n, D) of one person are unlike the others.

    Where there are fewer than LEAST, or no more than half of them agree, none is.
    """
    unlike = np.zeros(len(embeddings), bool)
    distance = 1 - embeddings.astype(np.float64) @ embeddings.T
    while (~unlike).sum() >= LEAST and (~unlike).sum() > len(unlike) / 2:
        kept = np.flatnonzero(~unlike)
        ratios = [_ratio(distance, place, kept[kept != place]) for place in kept.tolist()]
        worst = int(np.argmax(ratios))
        if ratios[worst] < UNLIKE:
            break
        unlike[kept[worst]] = True
    return unlike


def _ratio(distance: np.ndarray, place: int, others: np.ndarray) -> float:
    """The median distance to the others, against that between them."""
    among = distance[np.ix_(others, others)][np.triu_indices(len(others), 1)]
    return float(np.median(distance[place, others]) / max(float(np.median(among)), 1e-3))


@dataclass(frozen=True)
class Twins:
    """Two people who look alike to the network: they will often be taken for each other."""

    first: str
    second: str
    similarity: float
    "cosine between their means"


def twins(gallery: Gallery) -> list[Twins]:
    """Pairs of people as near to each other as pictures of one person often are.

    None where nobody has two pictures.
    """
    own = [_to_others(gallery.embeddings[gallery.person == p]) for p in range(len(gallery.names))]
    known = np.concatenate([np.zeros(0), *own])
    if not len(known):
        return []
    means = gallery.means
    cosine = means @ means.T
    near = np.argwhere(np.triu(cosine, 1) >= np.quantile(known, TWINS))
    pairs: list[list[int]] = near.tolist()
    return [Twins(gallery.names[a], gallery.names[b], float(cosine[a, b])) for a, b in pairs]


def _to_others(embeddings: np.ndarray) -> np.ndarray:
    """(n,) cosine of each picture of a person to the mean of the others; empty for one picture."""
    if len(embeddings) < 2:
        return np.zeros(0)
    rest = embeddings.sum(0, dtype=np.float64) - embeddings
    rest /= np.maximum(np.linalg.norm(rest, axis=1, keepdims=True), 1e-12)
    return (rest * embeddings).sum(1)
