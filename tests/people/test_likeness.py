from __future__ import annotations

import numpy as np

from vidfx.people.gallery import Gallery
from vidfx.people.likeness import twins, unlike_others

RANDOM = np.random.default_rng(0)
CENTRES = RANDOM.normal(0, 1, (6, 128))


def pictures(centre: np.ndarray, count: int, spread: float = 0.5) -> np.ndarray:
    rows = centre + spread * RANDOM.normal(0, 1, (count, len(centre)))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_a_stranger_among_somebodys_pictures_is_found() -> None:
    own, stranger = pictures(CENTRES[0], 5), pictures(CENTRES[1], 1)
    assert unlike_others(np.concatenate([own, stranger])).tolist() == [False] * 5 + [True]
    two = np.concatenate([stranger, own, pictures(CENTRES[2], 1)])
    assert unlike_others(two).tolist() == [True] + [False] * 5 + [True]


def test_pictures_of_one_person_are_like_each_other() -> None:
    assert not unlike_others(pictures(CENTRES[0], 8)).any()


def test_of_few_pictures_and_without_a_majority_nothing_is_said() -> None:
    for count in (0, 1, 2):
        assert not unlike_others(pictures(CENTRES[0], count)).any()
    assert not unlike_others(
        np.concatenate([pictures(CENTRES[0], 2), pictures(CENTRES[1], 1)])
    ).any()
    halves = np.concatenate([pictures(CENTRES[0], 4), pictures(CENTRES[1], 4)])
    assert unlike_others(halves).sum() <= 4


def test_people_who_are_as_near_as_one_persons_pictures_are_twins() -> None:
    twin = CENTRES[0] + 0.1 * CENTRES[5]
    people = [CENTRES[0], CENTRES[1], twin]
    rows = np.concatenate([pictures(centre, 4) for centre in people])
    gallery = Gallery(("Ana", "Bea", "Cia"), np.repeat(np.arange(3), 4), rows, "m" * 64)
    assert [(t.first, t.second) for t in twins(gallery)] == [("Ana", "Cia")]


def test_without_two_pictures_of_anybody_there_are_no_twins() -> None:
    rows = pictures(CENTRES[0], 2)
    assert twins(Gallery(("Ana", "Bea"), np.arange(2), rows, "m" * 64)) == []
    assert twins(Gallery.empty("m" * 64, "dlib-face")) == []
