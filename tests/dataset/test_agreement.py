"""Kappa is that of published examples; agreement, ties and confusions are counted right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from vidfx_training.dataset.agreement import Agreement, agreement_of, fleiss_kappa, votes_text
from vidfx_training.dataset.index import Picture

FLEISS = """
0 0 0 0 14
0 2 6 4 2
0 0 3 5 6
0 3 9 2 0
2 2 8 1 1
7 7 0 0 0
3 2 6 3 0
2 5 3 2 2
6 5 2 1 0
0 2 2 3 7
"""
"""14 psychiatrists, ten patients, five diagnoses: the example of fleiss.m (Cardillo 2007), with
its kappa of 0.2099."""
STATA = "122-2 11333 33333 11113 11133 12222 11111 22223 13--3 11133"
"""Three to five raters of ten subjects: rvary2 of the Stata manual, [R] kappa, combined 0.3816."""


def found(votes: Sequence[Sequence[float]], answers: Sequence[str]) -> Agreement:
    pictures = [Picture(f"{i}.png", "", votes=tuple(row)) for i, row in enumerate(votes)]
    agreement = agreement_of(pictures, answers)
    assert agreement is not None
    return agreement


def test_kappa_with_equal_numbers_of_votes() -> None:
    votes = np.array(FLEISS.split(), float).reshape(10, 5)
    kappa, by_answer = fleiss_kappa(votes)
    assert kappa == 0.2099
    assert by_answer == pytest.approx([0.2013, 0.0797, 0.1716, 0.0304, 0.5077])


def test_kappa_with_different_numbers_of_votes() -> None:
    votes = np.array([[row.count(c) for c in "123"] for row in STATA.split()], float)
    kappa, by_answer = fleiss_kappa(votes)
    assert kappa == 0.3816
    assert by_answer == pytest.approx([0.2685, 0.6457, 0.2938])


def test_kappa_where_all_say_the_same() -> None:
    agreement = found([[3, 0], [4, 0]], ("happy", "sad"))
    assert (agreement.kappa, agreement.agreement, agreement.majority) == (None, 1, 1)
    assert agreement.answers["sad"].kappa is agreement.answers["sad"].agreement is None
    assert agreement.confused == ()


def test_what_is_counted() -> None:
    answers = ("happy", "sad", "angry", "unknown", "no_face")
    votes = [[3, 1, 0, 0, 0], [2, 2, 0, 0, 0], [0, 1, 0, 2, 2], [0, 6, 2, 2, 0], [0, 0, 0, 4, 0]]
    agreement = found(votes, answers)
    assert agreement.votes == (4, 4, 10)
    assert agreement.majority == 0.4
    assert agreement.ties == 2
    assert agreement.unclear == 2
    assert agreement.agreement == pytest.approx((0.75 + 0.5 + 0.4 + 0.6 + 1) / 5)
    assert agreement.histogram == (0, 0, 0, 1, 1, 1, 0, 1, 0, 1)
    assert {name: (a.most, a.majority) for name, a in agreement.answers.items()} == {
        "happy": (2, 1),
        "sad": (1, 1),
        "angry": (0, 0),
        "unknown": (2, 1),
        "no_face": (0, 0),
    }
    assert agreement.answers["happy"].agreement == 0.625
    assert list(agreement.classes) == ["happy", "sad", "angry"]
    assert [(pair.classes, pair.share) for pair in agreement.confused] == [
        (("happy", "sad"), pytest.approx((3 / 6 + 4 / 6) / 5, abs=1e-4)),
        (("sad", "angry"), pytest.approx(12 / 45 / 5, abs=1e-4)),
    ]


def test_probabilities_have_no_kappa() -> None:
    agreement = found([[0.7, 0.3], [0.2, 0.8]], ("happy", "sad"))
    assert agreement.votes is agreement.kappa is agreement.answers["happy"].kappa is None
    assert agreement.single == 0
    assert agreement.agreement == 0.75
    assert agreement.confused[0].share == pytest.approx((0.42 + 0.32) / 2)


def test_one_vote_a_picture_has_no_kappa_and_no_confusion() -> None:
    agreement = found([[1, 0], [0, 1]], ("happy", "sad"))
    assert (agreement.votes, agreement.kappa, agreement.confused) == ((1, 1, 1), None, ())


def test_pictures_with_one_vote_do_not_count_in_kappa() -> None:
    votes = [[3, 1], [1, 3], [0, 4], [2, 2]]
    agreement = found([*votes, [1, 0]], ("happy", "sad"))
    assert agreement.single == 1
    assert agreement.kappa == found(votes, ("happy", "sad")).kappa is not None


def test_no_votes_no_agreement() -> None:
    assert agreement_of([Picture("a.png", "happy")], ()) is None
    assert agreement_of([], ("happy", "sad")) is None


def test_votes_as_text() -> None:
    picture = Picture("a.png", "sad", votes=(2, 5, 0))
    assert votes_text(picture, ("happy", "sad", "angry")) == "sad 5, happy 2"
