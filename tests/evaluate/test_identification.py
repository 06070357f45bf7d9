"""People of a gallery among strangers."""

from __future__ import annotations

import numpy as np

from vidfx.evaluate.identification import Identified, at_rate, by_person, det, figures


def identified(*rows: tuple[int, int, float, int]) -> Identified:
    """(truth, best, cosine, verdict) each; every picture shows somebody else."""
    truth, best, cosine, verdict = (np.array(column) for column in zip(*rows, strict=True))
    return Identified(truth, best, cosine, verdict, np.arange(len(rows)))


SOME = identified(
    (0, 0, 0.9, 0),
    (0, 0, 0.7, 1),
    (1, 0, 0.8, 0),
    (1, 1, 0.5, 2),
    (-1, 0, 0.75, 0),
    (-1, 1, 0.2, 2),
)


def test_shares_by_hand():
    found = figures(SOME, seed=0)
    assert found["rank1"]["share"] == 0.75
    assert found["named_right"]["share"] == found["misnamed"]["share"] == 0.25
    assert found["strangers_named"]["share"] == 0.5
    assert found["verdicts"]["wanted"] == {"named": 2, "uncertain": 1, "unknown": 1}
    assert found["verdicts"]["strangers"] == {"named": 1, "uncertain": 0, "unknown": 1}


def test_at_a_rate_the_strangers_set_the_limit():
    assert at_rate(SOME, 0.5, seed=0)["share"] == 0.75
    strict = at_rate(SOME, 0.01, seed=0)
    assert (strict["share"], strict["cosine"], strict["strangers_named_at_most"]) == (0.25, 0.75, 0)


def test_the_curve_counts_right_names_only():
    curve = det(SOME)
    assert curve.far.tolist() == [0, 0, 0, 0.5, 0.5, 0.5, 1]
    assert curve.recall.tolist() == [0, 0.25, 0.25, 0.25, 0.5, 0.75, 0.75]


def test_people_are_resampled_and_not_pictures():
    rng = np.random.default_rng(0)
    right = rng.random(20) < 0.5
    rows = [(0, 0 if ok else 1, 0.9, 0) for ok in right]
    apart = identified(*rows, *rows)
    together = Identified(
        apart.truth, apart.best, apart.cosine, apart.verdict, np.tile(np.arange(20), 2)
    )

    def width(found: Identified) -> float:
        low, high = figures(found, seed=0)["rank1"]["ci"]
        return high - low

    assert width(together) > 1.2 * width(apart)


def test_without_strangers_nothing_is_said_about_them():
    found = figures(identified((0, 0, 0.9, 0)), seed=0)
    assert found["strangers_named"] is None and found["named_right_at_far"] == []
    assert found["rank1"]["share"] == 1 and found["rank1"]["ci"][0] < 0.05


def test_people_with_the_fewest_right_names_come_first():
    rows = by_person(SOME, ("Ana", "Bo"))
    assert [row["name"] for row in rows] == ["Bo", "Ana"]
    assert rows[0] == {
        "name": "Bo",
        "n": 2,
        "named": 0,
        "misnamed": 1,
        "uncertain": 0,
        "unknown": 1,
    }
