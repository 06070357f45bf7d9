"""Copies are found despite other light, shifts, scale and mirroring; other people are not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidfx_training.dataset import duplicates as module
from vidfx_training.dataset.duplicates import (
    Unions,
    closest_pair,
    comparable,
    correlation,
    find_duplicates,
)
from vidfx_training.dataset.index import Dataset, Picture
from vidfx_training.dataset.measure import Measures

Unread = Callable[[Sequence[Picture]], tuple[Dataset, Measures]]


def thumbnails(pictures: Sequence[np.ndarray]) -> np.ndarray:
    grey = [cv2.cvtColor(p, cv2.COLOR_RGB2GRAY).astype(np.float32) for p in pictures]
    return np.stack([cv2.resize(g, (24, 24), interpolation=cv2.INTER_AREA) for g in grey])


def measures_of(unread: Unread, pictures: Sequence[np.ndarray]) -> Measures:
    measures = unread([Picture(f"ann/{i:03}.png", "ann") for i in range(len(pictures))])[1]
    digest = tuple(str(hash(p.tobytes())) for p in pictures)
    return replace(measures, digest=digest, thumbnail=thumbnails(pictures))


@pytest.mark.parametrize(
    "change",
    [
        lambda p: cv2.convertScaleAbs(p, alpha=0.6, beta=60),
        lambda p: np.roll(p, 1, axis=0),
        lambda p: np.ascontiguousarray(p[:, ::-1]),
        lambda p: cv2.resize(cv2.resize(p, (40, 40)), (250, 250)),
        lambda p: (p * np.linspace(0.6, 1, 64)[None, :, None]).astype(np.uint8),
        lambda p: cv2.imdecode(cv2.imencode(".jpg", p, [cv2.IMWRITE_JPEG_QUALITY, 30])[1], 1),
    ],
    ids=["brighter", "shifted", "mirrored", "resized", "shaded", "jpeg"],
)
def test_changed_copies_are_found_and_strangers_are_not(
    change: Callable[[np.ndarray], np.ndarray], draw: Callable[[int], np.ndarray], unread: Unread
) -> None:
    pictures = [draw(i) for i in range(50)]
    found = find_duplicates(measures_of(unread, [*pictures, change(pictures[7])]))
    assert found.exact == ()
    assert found.near == ((7, 50),)


def test_equal_pixels_are_exact_and_join_chains(
    draw: Callable[[int], np.ndarray], unread: Unread
) -> None:
    a, b, c = draw(1), draw(2), cv2.convertScaleAbs(draw(2), alpha=0.8)
    found = find_duplicates(measures_of(unread, [a, b, a, c, b, draw(3)]))
    assert found.exact == ((0, 2), (1, 4))
    assert found.near == ((1, 3, 4),)


def test_flat_pictures_are_not_alike(unread: Unread) -> None:
    flat = [np.full((64, 64, 3), grey, np.uint8) for grey in (0, 1, 128, 255)]
    found = find_duplicates(measures_of(unread, flat))
    assert found.near == ()


def test_blocks_change_nothing(
    draw: Callable[[int], np.ndarray], unread: Unread, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = [cv2.convertScaleAbs(draw(i % 20), alpha=1 - i / 200) for i in range(50)]
    measures = measures_of(unread, pictures)
    whole = find_duplicates(measures)
    monkeypatch.setattr(module, "BLOCK", 7)
    assert find_duplicates(measures) == whole
    assert [len(rows) for rows in whole.near] == [3] * 10 + [2] * 10


def test_one_product_of_halves_is_both_correlations() -> None:
    random = np.random.default_rng(0)
    a = comparable(random.random((5, 24, 24), np.float32) * 255)
    b = comparable(random.random((7, 24, 24), np.float32) * 255)
    plain = np.einsum("mhw,nhw->mn", a, b)
    mirrored = np.einsum("mhw,nhw->mn", a, b[:, :, ::-1])
    assert correlation(a, b) == pytest.approx(np.maximum(plain, mirrored), abs=1e-5)
    assert np.diag(correlation(a, a)) == pytest.approx(np.ones(5), abs=1e-5)


def test_the_pair_to_show_is_of_two_sides_and_not_a_copy(
    draw: Callable[[int], np.ndarray], unread: Unread
) -> None:
    brighter = cv2.convertScaleAbs(draw(1), alpha=0.9)
    darker = np.roll(cv2.convertScaleAbs(draw(1), alpha=0.5), 1, axis=1)
    measures = measures_of(unread, [draw(1), brighter, darker, draw(1)])
    rows = (0, 1, 2, 3)
    assert set(closest_pair(measures, rows, ["val", "val", "train", "val"])) in (
        {0, 2},
        {2, 3},
        {1, 2},
    )
    assert set(closest_pair(measures, rows, [0] * 4)) in ({0, 1}, {1, 3})
    assert closest_pair(measures, (0, 3), [0, 1]) == (0, 3)
    assert 2 in closest_pair(measures, rows, ["val", "val", "train", "val"], most=2)


@given(
    st.integers(1, 40).flatmap(
        lambda n: st.tuples(
            st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)))
        )
    )
)
def test_unions_are_the_connected_components(case: tuple[int, list[tuple[int, int]]]) -> None:
    n, links = case
    unions = Unions(n)
    unions.join_all(links)
    roots = unions.roots()
    reach = np.eye(n, dtype=bool)
    for a, b in links:
        reach[a, b] = reach[b, a] = True
    for _ in range(n):
        reach = (reach.astype(int) @ reach.astype(int)) > 0
    assert ((roots[:, None] == roots[None, :]) == reach).all()
