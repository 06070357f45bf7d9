"""Which tracks of one video are of one person, who left and came back, or is seen after a cut."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vidfx.people.clusters import NOBODY, cluster
from vidfx.people.decide import Span
from vidfx.people.embeddings_file import TrackEmbeddings
from vidfx.people.linking import LINKINGS, Linking

NEVER = Linking(threshold=2.0, margin=0.0)
"""Of a model of which it is not known how alike strangers are: no cosine is so high."""


def persons(tracks: TrackEmbeddings, spans: Mapping[int, Span]) -> dict[int, int]:
    """The person of each track of ``spans``: the number of the person's first track.

    Tracks at one time are of two people.
    """
    tracks = tracks.rows(np.isin(tracks.track_id, [*spans]))
    own = {number: number for number in spans}
    if not len(tracks):
        return own
    numbers: list[int] = np.unique(tracks.track_id).tolist()
    times = np.array([spans[n] for n in numbers])
    together = (times[:, None, 0] <= times[None, :, 1]) & (times[None, :, 0] <= times[:, None, 1])
    apart = np.argwhere(np.triu(together, 1))
    linking = LINKINGS.get(tracks.model, NEVER)
    nobody = np.full(len(numbers), NOBODY)
    found = cluster(_means(tracks), linking.threshold, linking.margin, apart, nobody)
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
