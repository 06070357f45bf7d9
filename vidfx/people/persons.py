"""Which tracks of one video are of one person, who left and came back, or is seen after a cut."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vidfx.people.clusters import NOBODY, cluster
from vidfx.people.cohorts import COHORTS
from vidfx.people.decide import Span
from vidfx.people.embeddings_file import TrackEmbeddings

RATE = 1e-4
"""Pairs of tracks of different people that are alike enough to be one: a video has many pairs."""
MARGIN = 0.01
"""By which a track is more like its person than like another one; else it stays alone."""
NEVER = 2.0
"""A cosine that nothing has: of a model of which it is not known how alike strangers are."""


def persons(
    tracks: TrackEmbeddings, spans: Mapping[int, Span], names: Mapping[int, str]
) -> dict[int, int]:
    """The person of each track of ``spans``: the number of the person's first track.

    ``names`` has those of the tracks that a gallery named. Tracks at one time are of two people.
    """
    tracks = tracks.rows(np.isin(tracks.track_id, [*spans]))
    own = {number: number for number in spans}
    if not len(tracks):
        return own
    numbers: list[int] = np.unique(tracks.track_id).tolist()
    known = sorted({*names.values()})
    person = [known.index(names[n]) if n in names else NOBODY for n in numbers]
    times = np.array([spans[n] for n in numbers])
    together = (times[:, None, 0] <= times[None, :, 1]) & (times[None, :, 0] <= times[:, None, 1])
    apart = np.argwhere(np.triu(together, 1))
    cohort = COHORTS.get(tracks.model)
    threshold = NEVER if cohort is None else cohort.cosine(RATE, _inverse_faces(tracks))
    found = cluster(_means(tracks), threshold, MARGIN, apart, np.array(person, np.int64))
    first: dict[int, int] = {}
    for number, label in zip(numbers, found.label.tolist(), strict=True):
        if label != NOBODY:
            own[number] = first.setdefault(label, number)
    return own


def _means(tracks: TrackEmbeddings) -> np.ndarray:
    """(T, D) float32 of length 1: the mean of each track, sorted, by the quality of its faces."""
    order = np.argsort(tracks.track_id, kind="stable")
    _, first = np.unique(tracks.track_id[order], return_index=True)
    weighted = tracks.vectors()[order] * np.maximum(tracks.quality[order], 0.02)[:, None]
    sums = np.add.reduceat(weighted.astype(np.float64), first)
    return (sums / np.linalg.norm(sums, axis=1, keepdims=True)).astype(np.float32)


def _inverse_faces(tracks: TrackEmbeddings) -> float:
    """The mean of 1/k over the tracks, of k faces each."""
    _, counts = np.unique(tracks.track_id, return_counts=True)
    return float((1 / counts).mean())
