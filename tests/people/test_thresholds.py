"""Thresholds by the size of a gallery, its own people, and how alike strangers are."""

from __future__ import annotations

import numpy as np
import pytest

from vidfx.errors import GalleryError
from vidfx.people.cohorts import COHORTS, RATES, Cohort
from vidfx.people.gallery import Gallery
from vidfx.people.thresholds import Thresholds, rescaled, thresholds

KNOWN, UNKNOWN = next(iter(COHORTS)), "0" * 64
COMMON = np.eye(1, 128)[0]


def faces(rng: np.random.Generator, people: int, pictures: int, same: float = 0.9) -> np.ndarray:
    """(people, pictures, 128) unit rows, alike as faces are."""

    def unit(vectors: np.ndarray) -> np.ndarray:
        return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)

    person = unit(rng.normal(size=(people, 1, 128)))
    picture = unit(rng.normal(size=(people, pictures, 128)))
    return unit(2 * COMMON + same * person + (1 - same) * picture)


def gallery(vectors: np.ndarray, model: str = KNOWN) -> Gallery:
    people, pictures, _ = vectors.shape
    names = tuple(f"person {i}" for i in range(people))
    rows = vectors.reshape(-1, 128).astype(np.float32)
    return Gallery(names, np.repeat(np.arange(people), pictures), rows, model)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_a_cohort_gives_what_was_measured_and_goes_on_beyond_it():
    cohort = COHORTS[KNOWN]
    assert [cohort.cosine(rate, 1) for rate in RATES] == pytest.approx(cohort.one)
    assert cohort.one[-1] < cohort.cosine(1e-6, 1) < 1
    assert cohort.cosine(0.3, 1) < cohort.one[0]
    assert cohort.cosine(0.01, 1 / 2) - cohort.one[1] == pytest.approx(cohort.more[1] / 2)


def test_more_people_more_pictures_and_fewer_strangers_mean_higher_thresholds(rng):
    usual = thresholds(gallery(faces(rng, 12, 3)), 0.01)
    assert usual.uncertain < usual.named < 1
    for stricter in (
        thresholds(gallery(faces(rng, 100, 3)), 0.01),
        thresholds(gallery(faces(rng, 12, 9)), 0.01),
        thresholds(gallery(faces(rng, 12, 3)), 0.001),
    ):
        assert stricter.named > usual.named


def test_the_thresholds_say_how_they_were_set(rng):
    evidence = thresholds(gallery(faces(rng, 12, 3)), 0.01).evidence
    assert evidence.startswith("1 % of strangers named by a gallery of 12 people: a cosine of 0.9")
    assert "1,989 pictures of 988 people" in evidence


def test_people_who_look_alike_raise_the_thresholds(rng):
    vectors = faces(rng, 12, 5)
    alike = vectors.copy()
    alike[1::2] = (alike[0::2] + 0.15 * alike[1::2]) / 1.15
    alike /= np.linalg.norm(alike, axis=-1, keepdims=True)
    apart, near = thresholds(gallery(vectors)), thresholds(gallery(alike))
    assert near.named > apart.named
    assert "alike" in near.evidence and "alike" not in apart.evidence


@pytest.mark.parametrize("target", [0.01, 0.1])
def test_a_gallery_of_another_model_sets_its_own_thresholds(rng, target):
    own = gallery(faces(rng, 40, 5), UNKNOWN)
    limits = thresholds(own, target)
    best = (faces(rng, 4000, 1)[:, 0] @ own.means.T).max(1)
    assert target / 5 < (best >= limits.named).mean() <= target
    assert "7800 pairs" in limits.evidence


def test_a_gallery_of_another_model_with_few_people_is_refused(rng):
    with pytest.raises(GalleryError, match=r"no thresholds are known.*18 pairs.*not 100"):
        thresholds(gallery(faces(rng, 3, 3), UNKNOWN))


def test_people_with_equal_pictures_break_nothing():
    rows = np.repeat(COMMON[None, None], 20, 0).repeat(11, 1)
    assert np.isfinite(thresholds(gallery(rows, UNKNOWN)).named)


def test_an_empty_gallery_is_refused():
    with pytest.raises(GalleryError, match="nobody"):
        thresholds(Gallery.empty(KNOWN, "dlib-face"))


LIMITS = Thresholds(named=0.95, uncertain=0.93, margin=0.01, min_crops=3)


def test_scores_that_are_shown_go_through_the_thresholds():
    shown = rescaled(np.array([-1, 0.9, 0.93, 0.95, 1]), LIMITS)
    assert shown[2:4] == pytest.approx([0.5, 0.95])
    assert (np.diff(shown) > 0).all() and 0 <= shown[0] < shown[1] < 0.02 and shown[4] <= 1


def test_verdicts():
    cosines = np.array([[0.96, 0.2], [0.2, 0.94], [0.96, 0.955], [0.5, 0.4]])
    best, verdict = LIMITS.verdicts(cosines)
    assert best.tolist() == [0, 1, 0, 0]
    assert verdict.tolist() == [0, 1, 1, 2]
    alone = LIMITS.verdicts(cosines[:, :1])[1]
    assert alone.tolist() == [0, 2, 0, 2]


def test_a_cohort_is_steep_enough_to_be_used():
    for cohort in COHORTS.values():
        assert isinstance(cohort, Cohort)
        for inverse in (1, 1 / 3, 1 / 100):
            cosines = [cohort.cosine(rate, inverse) for rate in (0.5, *RATES, 1e-7)]
            assert (np.diff(cosines) > 0.002).all() and cosines[-1] < 1
