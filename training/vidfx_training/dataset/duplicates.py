"""Exact and near-duplicates in a data set.

Two pictures are near-duplicates if their high-passed grey thumbnails of 24 x 24 px correlate at 0.8
or more, as they are or mirrored. The high pass, minus a Gaussian of 2 px, removes lighting and the
oval shape that all faces share. Every pair is compared.

The threshold was set by eye, on sheets of up to 18 pairs from each band of correlation:

======== ================================== ====================================================
band     FER2013, 23,041 pictures           LFW, 5,202 pictures with their background
======== ================================== ====================================================
0.6-0.68 other people, few same photographs other people
0.7-0.75 the same photograph in 2 of 3      other people, few photographs of one event
0.75-0.8 the same in 17 of 18: shifted,     the same person at one event, 3 of 11 other people
         brighter, cut closer, a watermark
from 0.8 the same, all                      the same in 16 of 18, some under two people's names
mirrored from 0.8: 15 pairs                 from 0.8: none; at 0.65 to 0.75 other people
======== ================================== ====================================================

At 0.8 the largest clusters have 14 and 2 different pictures; at 0.65, hundreds of other people.
Without the high pass, pairs of other people disappear only from 0.95 on, where 558 pairs of FER2013
are found instead of 798. A wrong pair costs little: two pictures stay on one side of the split.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from vidfx_training.dataset.measure import Measures

NEAR = 0.8
"least correlation of near-duplicates"
SIGMA = 2.0
"sigma of the subtracted Gaussian, in px of the thumbnail"
FLAT = 0.5
"grey levels (rms); thumbnails with less are not compared"
BLOCK = 4096
"pictures; 64 MB of correlations at a time"

Rows = tuple[int, ...]


class Unions:
    """Disjoint sets of 0..n-1 (union-find)."""

    def __init__(self, n: int) -> None:
        self._parent = np.arange(n)

    def roots(self) -> np.ndarray:
        """(n,) int64: the same number for members of one set."""
        while not np.array_equal(up := self._parent[self._parent], self._parent):
            self._parent = up
        return self._parent.copy()

    def join(self, one: np.ndarray, other: np.ndarray) -> None:
        """Join ``one[k]`` with ``other[k]`` for every k."""
        roots = self.roots()
        pairs = np.stack([roots[one], roots[other]], axis=1)
        for a, b in np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0):
            self._parent[self._root(a)] = self._root(b)

    def join_all(self, sets: Iterable[Rows]) -> None:
        """Join the members of each of ``sets`` with each other."""
        links = [link for rows in sets for link in pairwise(rows)]
        one, other = np.array(links, np.int64).reshape(-1, 2).T
        self.join(one, other)

    def _root(self, i: int) -> int:
        while self._parent[i] != i:
            i = self._parent[i]
        return i


@dataclass(frozen=True)
class Duplicates:
    """Sets of rows of the Measures, two or more in each, the largest first."""

    exact: tuple[Rows, ...]
    "equal pixels"
    near: tuple[Rows, ...]
    "chains of near-duplicates, with exact copies of their members"

    @property
    def all(self) -> tuple[Rows, ...]:
        return self.exact + self.near


def find_duplicates(measures: Measures, near: float = NEAR) -> Duplicates:
    """All exact duplicates, and pictures whose thumbnails correlate at ``near`` or more."""
    exact = gather(measures.digest)
    first = np.array([rows[0] for rows in exact], np.int64)
    unions = Unions(len(measures))
    _join_near(comparable(measures.thumbnail[first]), first, unions, near)
    unions.join_all(exact)
    alike = gather(unions.roots().tolist())
    return Duplicates(
        exact=_several(exact),
        near=_several(rows for rows in alike if len({measures.digest[row] for row in rows}) > 1),
    )


def comparable(thumbnail: np.ndarray) -> np.ndarray:
    """(N, H, W) grey levels, high-passed, as float32 of unit norm; 0 where flat."""
    blurred = np.empty(thumbnail.shape, np.float32)
    for i, grey in enumerate(thumbnail):
        blurred[i] = cv2.GaussianBlur(grey, (0, 0), SIGMA, borderType=cv2.BORDER_REPLICATE)
    fast = thumbnail - blurred
    fast -= fast.mean(axis=(1, 2), keepdims=True)
    norm = np.sqrt(np.square(fast).sum(axis=(1, 2), keepdims=True))
    flat = norm < FLAT * np.sqrt(fast.shape[1] * fast.shape[2])
    return np.where(flat, 0, fast / np.maximum(norm, 1e-9)).astype(np.float32)


def correlation(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(M, N): correlations of ``comparable`` pictures (M, H, W) and (N, H, W), mirrored if greater.

    The mirror-symmetric and antisymmetric parts of a picture are orthogonal, so both correlations
    follow from two products of half the size.
    """
    (even, odd), (even2, odd2) = _even_odd(one), _even_odd(other)
    return even @ even2.T + np.abs(odd @ odd2.T)


def _even_odd(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The symmetric and antisymmetric part, each (N, H * W / 2), of (N, H, W), W even."""
    half = pictures.shape[2] // 2
    left, right = pictures[:, :, :half], pictures[:, :, : half - 1 : -1]
    even, odd = (left + right) * np.float32(np.sqrt(0.5)), (left - right) * np.float32(np.sqrt(0.5))
    return even.reshape(len(pictures), -1), odd.reshape(len(pictures), -1)


def _join_near(pictures: np.ndarray, rows: np.ndarray, unions: Unions, near: float) -> None:
    for i in range(0, len(pictures), BLOCK):
        for j in range(i, len(pictures), BLOCK):
            alike = correlation(pictures[i : i + BLOCK], pictures[j : j + BLOCK]) >= near
            one, other = np.nonzero(alike)
            unions.join(rows[i + one], rows[j + other])


def closest_pair(
    measures: Measures, rows: Rows, sides: Sequence[Hashable], most: int = 512
) -> tuple[int, int]:
    """The most similar pair of ``rows``; equal pictures only where there are no others.

    ``sides`` has one entry for each of ``rows``; if they differ, the two are of different sides.
    Only the first ``most`` rows, and the first of another side, are compared.
    """
    other = next((i for i, side in enumerate(sides) if side != sides[0]), 0)
    at = sorted({*range(min(most, len(rows))), other})
    thumbnails = comparable(measures.thumbnail[[rows[i] for i in at]])
    alike = correlation(thumbnails, thumbnails)
    alike[_equal([measures.digest[rows[i]] for i in at])] = -1
    if other:
        alike[_equal([sides[i] for i in at])] = -np.inf
    np.fill_diagonal(alike, -np.inf)
    one, two = np.unravel_index(int(alike.argmax()), alike.shape)
    return rows[at[int(one)]], rows[at[int(two)]]


def _equal(keys: Sequence[Hashable]) -> np.ndarray:
    """(N, N) bool: which of ``keys`` (N,) are equal."""
    number = {key: i for i, key in enumerate(keys)}
    column = np.array([number[key] for key in keys])
    return column[:, None] == column[None, :]


def gather(keys: Iterable[Hashable]) -> list[Rows]:
    """Sets of rows with equal keys, in the order of their first row."""
    found: defaultdict[Hashable, list[int]] = defaultdict(list)
    for row, key in enumerate(keys):
        found[key].append(row)
    return [tuple(rows) for rows in found.values()]


def _several(sets: Iterable[Rows]) -> tuple[Rows, ...]:
    return tuple(sorted((rows for rows in sets if len(rows) > 1), key=lambda r: (-len(r), r)))
