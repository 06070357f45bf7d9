"""Who the tracks of a video are, by a gallery: decided once, from all kept faces of each track."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from vidfx.people.embeddings_file import TrackEmbeddings
from vidfx.people.gallery import Gallery
from vidfx.people.people_file import Verdict
from vidfx.people.thresholds import Thresholds, rescaled

LEAST_WEIGHT = 0.02
"""Of a face, as vidfx.stages.smooth weighs readings."""
VERDICTS: tuple[Verdict, ...] = ("named", "uncertain", "unknown")
"""By the numbers of Thresholds.verdicts."""
Span = tuple[float, float]
"""The times of the first and the last frame of a track, s."""


class Decision(NamedTuple):
    """Who a track is."""

    name: str | None
    "where it is named"
    verdict: Verdict
    score: float
    "0..1, of the most likely person: see ``rescaled``"


def decide(
    tracks: TrackEmbeddings,
    gallery: Gallery,
    thresholds: Thresholds,
    spans: Mapping[int, Span],
) -> dict[int, Decision]:
    """Who each of ``tracks`` is. Nobody is named twice at one time: the better track has the name.

    ``spans`` has the times of all tracks that are shown; others are left out. A track of fewer
    faces than ``thresholds.min_crops`` is uncertain at most.
    """
    tracks = tracks.rows(np.isin(tracks.track_id, [*spans]))
    if not len(tracks):
        return {}
    cosines, counts = _cosines(tracks, gallery)
    numbers: list[int] = np.unique(tracks.track_id).tolist()
    best, verdicts = thresholds.verdicts(cosines)
    verdicts = np.where((verdicts == 0) & (counts < thresholds.min_crops), 1, verdicts)
    top = cosines[np.arange(len(numbers)), best]
    scores = rescaled(top, thresholds)
    decided: dict[int, Decision] = {}
    named: dict[int, list[Span]] = {}
    order: list[int] = np.argsort(-top, kind="stable").tolist()
    for place in order:
        number, person, verdict = numbers[place], int(best[place]), int(verdicts[place])
        if verdict == 0 and any(_overlap(spans[number], s) for s in named.get(person, ())):
            verdict = 1
        name = None
        if verdict == 0:
            name = gallery.names[person]
            named.setdefault(person, []).append(spans[number])
        decided[number] = Decision(name, VERDICTS[verdict], float(scores[place]))
    return dict(sorted(decided.items()))


def _cosines(tracks: TrackEmbeddings, gallery: Gallery) -> tuple[np.ndarray, np.ndarray]:
    """(T, P) of each track, sorted, with each person: the mean over its faces, by their quality;
    and (T,) how many faces.

    A mean of cosines is spread no wider than the cosines of single pictures, of which the
    thresholds are.
    """
    _, counts = np.unique(tracks.track_id, return_counts=True)
    order = np.argsort(tracks.track_id, kind="stable")
    first = np.cumsum([0, *counts[:-1]])
    weight = np.maximum(tracks.quality[order], LEAST_WEIGHT)[:, None].astype(np.float64)
    cosines = (tracks.vectors()[order] @ gallery.means().T) * weight
    return np.add.reduceat(cosines, first) / np.add.reduceat(weight, first), counts


def _overlap(one: Span, other: Span) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]
