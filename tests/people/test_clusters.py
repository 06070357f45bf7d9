"""Which tracks are of one person: average linkage that keeps known people apart."""

# SciPy has no stubs
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage

from vidfx.people import clusters
from vidfx.people.clusters import NOBODY, Clusters, cluster, near_pairs

NONE = np.zeros((0, 2), np.int64)


def tracks(people: int, each: int, noise: float, seed: int = 0) -> np.ndarray:
    """(people * each, 32) unit vectors; the tracks of one person follow each other."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(people, 32))
    found = np.repeat(centres, each, 0) + noise * rng.normal(size=(people * each, 32))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def grouped(
    vectors: np.ndarray,
    threshold: float = 0.6,
    margin: float = -2.0,
    apart: np.ndarray = NONE,
    person: np.ndarray | None = None,
) -> Clusters:
    nobody = np.full(len(vectors), NOBODY)
    return cluster(vectors, threshold, margin, apart, nobody if person is None else person)


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two labels divide the tracks in the same way."""
    pairs = np.unique(np.stack([one, other], 1), axis=0)
    return len(pairs) == len(np.unique(one)) == len(np.unique(other))


def test_each_person_is_a_cluster() -> None:
    vectors = tracks(20, 5, 0.3)
    assert same(grouped(vectors).label, np.repeat(np.arange(20), 5))


@pytest.mark.parametrize("noise", [0.5, 0.9])
def test_with_no_tolerance_it_is_average_linkage(
    noise: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "TOLERANCE", 0.0)
    vectors = tracks(8, 6, noise)
    tree = linkage(vectors.astype(float), "average", "cosine")
    for threshold in (0.3, 0.5, 0.7):
        expected = fcluster(tree, 1 - threshold, "distance")
        assert same(grouped(vectors, threshold).label, expected)


def test_a_cluster_that_grows_by_one_needs_few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "NEIGHBOURS", 5)
    vectors = tracks(1, 700, 0.2)
    rounds = 0
    one_round = clusters.Merger.merge_round

    def counted(*args: object) -> np.ndarray:
        nonlocal rounds
        rounds += 1
        return one_round(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(clusters.Merger, "merge_round", counted)
    assert len(np.unique(grouped(vectors).label)) == 1
    assert rounds < 60


def test_two_faces_seen_at_one_time_are_two_people_also_through_a_third() -> None:
    vectors = tracks(1, 12, 0.1)
    label = grouped(vectors, apart=np.array([[0, 1], [5, 0]])).label
    assert label[0] != label[1] and label[0] != label[5]
    assert len(np.unique(label)) == 2


def test_known_people_stay_apart_and_together() -> None:
    vectors = np.concatenate([tracks(1, 6, 0.1), tracks(1, 2, 0.1, seed=3)])
    person = np.array([4, 7, NOBODY, NOBODY, NOBODY, NOBODY, 4, NOBODY])
    label = grouped(vectors, person=person).label
    assert label[0] == label[6] and label[0] != label[1]
    assert label[7] not in (label[0], label[1])
    assert set(label[2:6]) <= {label[0], label[1]}


def test_who_is_between_two_people_is_nobody() -> None:
    one, other = tracks(2, 4, 0.05)[:4], tracks(2, 4, 0.05)[4:]
    other = other + 2.2 * one.mean(0)
    other /= np.linalg.norm(other, axis=1, keepdims=True)
    between = one.mean(0) / np.linalg.norm(one.mean(0)) + other.mean(0)
    vectors = np.concatenate([one, other, between[None] / np.linalg.norm(between)])
    vectors = vectors.astype(np.float32)
    known = np.array([1] * 4 + [2] * 4 + [NOBODY])
    assert grouped(vectors, 0.85, person=known).label[8] != NOBODY
    found = grouped(vectors, 0.85, 0.2, person=known)
    assert found.label.tolist().count(NOBODY) == 1 and found.label[8] == NOBODY
    assert found.own[8] - found.next[8] < 0.2


def test_pairs_are_those_with_the_threshold_and_the_best_of_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clusters, "_BLOCK", 7)
    vectors = tracks(4, 5, 0.5)
    pairs, alike = near_pairs(vectors, 0.4)
    cosines = vectors @ vectors.T
    expected = np.argwhere(np.triu(cosines, 1) >= 0.4)
    assert pairs.tolist() == expected.tolist()
    assert alike == pytest.approx(cosines[tuple(expected.T)])
    monkeypatch.setattr(clusters, "NEIGHBOURS", 1)
    few, _ = near_pairs(vectors, 0.4)
    assert all(pair in pairs.tolist() for pair in few.tolist()) and len(few) < len(pairs)
    assert np.unique(few[:, 0]).tolist() == np.unique(pairs[:, 0]).tolist()


@pytest.mark.parametrize("count", [0, 1])
def test_few_tracks(count: int) -> None:
    found = grouped(tracks(1, 1, 0.1)[:count])
    assert found.label.tolist() == [0] * count and found.own.tolist() == [1] * count
