"""Which tracks of a batch are of one person: average linkage over the tracks that are alike.

Clusters with the highest average cosine are merged first, until no two have the threshold (UPGMA;
Sokal and Michener 1958). Only pairs of tracks that have the threshold are kept: two clusters with
such an average have at least one such pair. Merging goes in rounds, so that the work can be done on
arrays: one round merges all that are as alike as the best pair but for TOLERANCE, and no cluster
more than doubles in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

NEIGHBOURS = 32
"""Of the tracks that come after it, those most like it, with which each track is compared on."""
TOLERANCE = 0.1
"""Of a round, a share of the distance from the threshold to 1."""
NEAR = 0.3
"""Below the threshold, a share of its distance to 1: how alike clusters are that may be one."""
_BLOCK = 256
NOBODY = -1
"""Of a track: no cluster. Of a cluster: no person that it must be."""


@dataclass(frozen=True)
class Clusters:
    """Which cluster each of N tracks belongs to."""

    label: np.ndarray
    "(N,) int64 from 0; NOBODY where it is not certain"
    own: np.ndarray
    "(N,) float32, mean cosine to the other tracks of its cluster; 1 where it has no others"
    next: np.ndarray
    "(N,) float32, to the tracks of the cluster it is most like besides; -1 where none is near"
    near: np.ndarray
    "(K, 2) int64, a track of each of two clusters that may be of one person, the most alike first"
    near_cosine: np.ndarray
    "(K,) float32, the average of the pairs of their tracks"


def cluster(
    vectors: np.ndarray,
    threshold: float,
    margin: float,
    apart: np.ndarray,
    person: np.ndarray,
) -> Clusters:
    """Cluster the tracks with ``vectors`` (N, D) float32 of length 1.

    ``apart`` (P, 2) int64 are pairs of tracks of two people. ``person`` (N,) int64: tracks with the
    same number are of one person, and with different ones of two; NOBODY: it is not known. A track
    without one is left out (NOBODY) where it is more like its own cluster than like another one by
    less than ``margin``.
    """
    pairs, cosines = near_pairs(vectors, threshold)
    merger = Merger(vectors, apart, person)
    merger.run(pairs, cosines, threshold)
    roots, label = np.unique(merger.roots(), return_inverse=True)
    sums, counts = merger.sums[roots], merger.counts[roots]
    own = _own(vectors, label, sums, counts)
    other = _next(vectors, label, sums, counts, pairs)
    unsure = (own - other < margin) & (person == NOBODY) & (counts[label] > 1)
    label = np.where(unsure, NOBODY, label)
    near, cosines = _near_clusters(merger, roots, threshold - NEAR * (1 - threshold))
    return Clusters(label, own, other, roots[near], cosines)


def near_pairs(vectors: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (E, 2) int32 of rows, the first before the second, and their cosines (E,) float32.

    They are those with the ``threshold`` or more, of each first row the best NEIGHBOURS at most.
    """
    pairs, cosines = [np.zeros((0, 2), np.int32)], [np.zeros(0, np.float32)]
    for some, values in _near_blocks(vectors, threshold):
        pairs.append(some)
        cosines.append(values)
    return np.concatenate(pairs), np.concatenate(cosines)


def _near_blocks(vectors: np.ndarray, threshold: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for start in range(0, len(vectors), _BLOCK):
        after = vectors[start:]
        block = after[:_BLOCK] @ after.T
        block[np.tril_indices(len(block))] = -1
        near = block >= threshold
        for row in np.flatnonzero(np.count_nonzero(near, 1) > NEIGHBOURS).tolist():
            least = np.partition(block[row, near[row]], -NEIGHBOURS)[-NEIGHBOURS]
            near[row] &= block[row] >= least
        places = np.flatnonzero(near)
        pairs = np.stack(np.divmod(places, len(after)), 1) + start
        yield pairs.astype(np.int32), block.reshape(-1)[places]


class Merger:
    """Clusters that grow. Each has the number of one of its tracks, its root."""

    def __init__(self, vectors: np.ndarray, apart: np.ndarray, person: np.ndarray) -> None:
        self.sums = vectors.astype(np.float32, copy=True)
        "of the vectors; the product of two is the sum of the cosines of all their pairs"
        self.counts = np.ones(len(vectors), np.int64)
        self._root = np.arange(len(vectors))
        self._person = person.copy()
        self._apart: dict[int, set[int]] = {}
        for one, other in apart.tolist():
            self._apart.setdefault(one, set()).add(other)
            self._apart.setdefault(other, set()).add(one)
        for number in np.unique(person[person != NOBODY]).tolist():
            first, *others = np.flatnonzero(person == number).tolist()
            for other in others:
                self._merge(first, other)

    def roots(self) -> np.ndarray:
        """(N,) the root of each track."""
        while ((higher := self._root[self._root]) != self._root).any():
            self._root = higher
        return self._root

    def run(self, pairs: np.ndarray, alike: np.ndarray, threshold: float) -> None:
        """Merge clusters until none have the threshold; ``pairs`` (E, 2) are alike by ``alike``."""
        tolerance = TOLERANCE * (1 - threshold)
        touched = np.flatnonzero(self.counts > 1)
        while True:
            pairs, alike = self._contracted(pairs, alike, touched)
            keep = alike >= threshold  # merging others makes no pair more alike
            pairs, alike = pairs[keep], alike[keep]
            if not len(pairs):
                return
            good = np.flatnonzero(alike >= alike.max() - tolerance)
            order = good[np.argsort(-alike[good], kind="stable")]
            touched = self.merge_round(pairs, order[_best_of_an_end(pairs[order])], alike)

    def merge_round(self, pairs: np.ndarray, order: np.ndarray, alike: np.ndarray) -> np.ndarray:
        """Merge pairs in this order where that can be; returns the clusters that grew.

        Of pairs that may not be merged ``alike`` becomes -1.
        """
        before: dict[int, int] = {}
        "the counts of clusters that grew"
        for place, (one, other) in zip(order.tolist(), pairs[order].tolist(), strict=True):
            if self._root[one] != one or self._root[other] != other:
                continue
            if not self.may_merge(one, other):
                alike[place] = -1
                continue
            if other in before or self.counts[one] < self.counts[other]:
                one, other = other, one  # noqa: PLW2901
            if other in before:
                continue
            most = 2 * before.setdefault(one, int(self.counts[one]))
            if self.counts[one] + self.counts[other] <= most:
                self._merge(one, other)
        return np.array([*before], np.int64)

    def may_merge(self, one: int, other: int) -> bool:
        persons = self._person[one], self._person[other]
        return NOBODY in persons and self.are_unknown(one, other)

    def are_unknown(self, one: int, other: int) -> bool:
        """Whether nobody said that two clusters are of two people."""
        return other not in self._apart.get(one, ())

    def _merge(self, one: int, other: int) -> None:
        """``other`` becomes part of ``one``."""
        self._root[other] = one
        self.sums[one] += self.sums[other]
        self.counts[one] += self.counts[other]
        self._person[one] = max(self._person[one], self._person[other])
        others = self._apart.pop(other, set())
        others.discard(one)
        for third in others:
            self._apart[third].discard(other)
            self._apart[third].add(one)
        if others:
            self._apart.setdefault(one, set()).update(others)
        if one in self._apart:
            self._apart[one].discard(other)

    def _contracted(
        self, pairs: np.ndarray, alike: np.ndarray, touched: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The pairs between the clusters that there are now, each once, and how alike they are."""
        count = len(self._root)
        ends = np.sort(self.roots()[pairs], axis=1).astype(np.int64)
        _, first = np.unique(ends[:, 0] * count + ends[:, 1], return_index=True)
        ends, alike = ends[first], alike[first]
        outer = ends[:, 0] != ends[:, 1]
        ends, alike = ends[outer], alike[outer]
        grew = np.zeros(count, bool)
        grew[touched] = True
        new = np.flatnonzero(grew[ends].any(1))
        one, other = ends[new].T
        alike[new] = _dots(self.sums, one, self.sums, other)
        alike[new] /= self.counts[one] * self.counts[other]
        return ends, alike


def _best_of_an_end(pairs: np.ndarray) -> np.ndarray:
    """The places of those of ``pairs`` (E, 2) that are the first with one of their ends."""
    return np.unique(np.unique(pairs, return_index=True)[1] // 2)


def _near_clusters(
    merger: Merger, roots: np.ndarray, threshold: float
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (K, 2) of places in ``roots``, and how alike the clusters are."""
    means = merger.sums[roots] / merger.counts[roots, None]
    norms = np.linalg.norm(means, axis=1)
    pairs, cosines = near_pairs(means / norms[:, None], threshold)
    cosines *= norms[pairs].prod(1)
    keep = cosines >= threshold
    keep[keep] = [merger.are_unknown(*pair) for pair in roots[pairs[keep]].tolist()]
    order = np.argsort(-cosines[keep], kind="stable")
    return pairs[keep][order].astype(np.int64), cosines[keep][order]


def _own(
    vectors: np.ndarray, label: np.ndarray, sums: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    others = counts[label] - 1
    rest = _dots(vectors, np.arange(len(label)), sums, label) - 1
    return np.where(others > 0, rest / np.maximum(others, 1), 1).astype(np.float32)


def _next(
    vectors: np.ndarray,
    label: np.ndarray,
    sums: np.ndarray,
    counts: np.ndarray,
    pairs: np.ndarray,
) -> np.ndarray:
    found = np.full(len(vectors), -1, np.float32)
    crossing = pairs[label[pairs[:, 0]] != label[pairs[:, 1]]]
    for ends in (crossing, crossing[:, ::-1]):
        keys = np.unique(ends[:, 0].astype(np.int64) * len(counts) + label[ends[:, 1]])
        track, other = np.divmod(keys, len(counts))
        alike = _dots(vectors, track, sums, other) / counts[other]
        np.maximum.at(found, track, alike)
    return found


def _dots(
    rows: np.ndarray, of_row: np.ndarray, others: np.ndarray, of_other: np.ndarray
) -> np.ndarray:
    """(K,) float32, the product of each row with another, in parts: all at once would be large."""
    found = np.empty(len(of_row), np.float32)
    for start in range(0, len(of_row), 1 << 15):
        part = slice(start, start + (1 << 15))
        np.einsum("kd,kd->k", rows[of_row[part]], others[of_other[part]], out=found[part])
    return found
