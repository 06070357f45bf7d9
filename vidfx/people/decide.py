"""Who the tracks of a video are, by a gallery.

It is decided once for each person of the video, from all kept faces of the person's tracks, or
from those of the one track that is most like somebody: the others may be seen badly.
"""

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
    persons: Mapping[int, int],
) -> dict[int, Decision]:
    """Who each of ``tracks`` is. Nobody is named twice at one time: the better person has the name.

    ``spans`` has the times of all tracks that are shown, and ``persons`` their persons (see
    ``persons``); other tracks are left out. A person of whom fewer than ``thresholds.min_crops``
    faces were kept is uncertain at most.
    """
    tracks = tracks.rows(np.isin(tracks.track_id, [*spans]))
    if not len(tracks):
        return {}
    numbers: list[int] = np.unique(tracks.track_id).tolist()
    members: dict[int, list[int]] = {}
    for number in numbers:
        members.setdefault(persons[number], []).append(number)
    ordered = sorted(members)
    owners = np.array([persons[number] for number in tracks.track_id.tolist()])
    cosines, counts = _cosines(tracks, owners, gallery)
    alone, of_track = _cosines(tracks, tracks.track_id, gallery)
    for number, row, count in zip(numbers, alone, of_track, strict=True):
        place = ordered.index(persons[number])
        if count >= thresholds.min_crops and row.max() > cosines[place].max():
            cosines[place] = row
    best, verdicts = thresholds.verdicts(cosines)
    verdicts = np.where((verdicts == 0) & (counts < thresholds.min_crops), 1, verdicts)
    top = cosines[np.arange(len(members)), best]
    scores = rescaled(top, thresholds)
    decided: dict[int, Decision] = {}
    named: dict[int, list[Span]] = {}
    order: list[int] = np.argsort(-top, kind="stable").tolist()
    for place in order:
        own, known, verdict = members[ordered[place]], int(best[place]), int(verdicts[place])
        shown = [spans[number] for number in own]
        if verdict == 0 and any(_overlap(a, b) for a in shown for b in named.get(known, ())):
            verdict = 1
        name = None
        if verdict == 0:
            name = gallery.names[known]
            named.setdefault(known, []).extend(shown)
        one = Decision(name, VERDICTS[verdict], float(scores[place]))
        decided.update(dict.fromkeys(own, one))
    return dict(sorted(decided.items()))


def _cosines(
    tracks: TrackEmbeddings, owners: np.ndarray, gallery: Gallery
) -> tuple[np.ndarray, np.ndarray]:
    """(M, P) of each of ``owners`` (N,), sorted, with each person of the gallery: the mean over
    the faces, by their quality; and (M,) how many faces.

    A mean of cosines is spread no wider than the cosines of single pictures, of which the
    thresholds are.
    """
    _, counts = np.unique(owners, return_counts=True)
    order = np.argsort(owners, kind="stable")
    first = np.cumsum([0, *counts[:-1]])
    weight = np.maximum(tracks.quality[order], LEAST_WEIGHT)[:, None].astype(np.float64)
    cosines = (tracks.vectors()[order] @ gallery.means.T) * weight
    return np.add.reduceat(cosines, first) / np.add.reduceat(weight, first), counts


def _overlap(one: Span, other: Span) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]
