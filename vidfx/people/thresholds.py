"""Where a face is said to be somebody of a gallery: thresholds on cosines, with their evidence.

The more people a gallery has, the more likely a stranger looks like one of them. So the rate of
strangers who get anybody's name is divided among the people, and the cosine that so few strangers
reach is read off a cohort (``cohorts``): how alike strangers are, measured once for the model. The
people of the gallery are strangers to each other too: where they are more alike than the cohort
expects, the thresholds rise.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from vidfx.errors import GalleryError
from vidfx.people.cohorts import COHORTS, RATES, Cohort
from vidfx.people.gallery import Gallery

TARGET_FAR = 0.001
"""Share of strangers who get a name, by default."""
CAUTION = 1.5
"""The rate is divided by this: among galleries of one size some meet more people like theirs."""
UNCERTAIN = 10
"""How many times as many strangers are named or uncertain."""
MARGIN = 0.01
"""Cosine by which a face must be more like the person than like the next one."""
MIN_CROPS = 3
"""Faces of a track that decide, at least; a photograph has one."""
USUAL_RATE = 0.01
"""Where the pairs of people of a gallery are compared with the cohort."""
TRUST = 10
"""Pairs beyond that rate with which a gallery counts as much as the cohort does."""
NOTABLE = 1.5
"""From so many times as many alike pairs on, it is told."""
ENOUGH = 100
"""Pairs of a picture and another person from which thresholds are set without a cohort."""
AT_UNCERTAIN, AT_NAMED = 0.5, 0.95
"""The scores that are shown at the two thresholds."""


@dataclass(frozen=True)
class Thresholds:
    """Which cosines between a face and a person's mean decide."""

    named: float
    "from here on it is the person"
    uncertain: float
    "from here on it may be"
    margin: float
    "how much more alike than the next person"
    min_crops: int
    "faces of a track that must have been compared"
    evidence: str = ""
    "how they were set"

    def verdicts(self, cosines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The person that each face of ``cosines`` (N, P) is most like, and its verdict.

        Both (N,) int64; the verdict is 0 for named, 1 for uncertain, 2 for unknown.
        """
        rows = np.arange(len(cosines))
        best = cosines.argmax(1)
        top = cosines[rows, best]
        others = cosines.copy()
        others[rows, best] = -np.inf
        clear = top - others.max(1, initial=-1.0) >= self.margin
        named = (top >= self.named) & clear
        return best, np.where(named, 0, np.where(top >= self.uncertain, 1, 2))


def thresholds(gallery: Gallery, target_far: float = TARGET_FAR) -> Thresholds:
    """Thresholds by which about ``target_far`` of all strangers get a name of ``gallery``.

    Raises GalleryError where it has nobody, and where there is no cohort for its model and it has
    too few people to tell how alike strangers are.
    """
    if not gallery.names:
        raise GalleryError("the gallery has nobody yet", hint="vidfx people add NAME PICTURES")
    strangers, inverse = _between_people(gallery), _inverse_pictures(gallery)
    rate = target_far / CAUTION / len(gallery.names)
    cohort = COHORTS.get(gallery.model) or _own_cohort(strangers)
    alike = _alike(strangers, cohort.cosine(USUAL_RATE, inverse))
    named = cohort.cosine(rate / alike, inverse)
    uncertain = cohort.cosine(UNCERTAIN * rate / alike, inverse)
    people = f"{len(gallery.names)} people" if len(gallery.names) > 1 else "one person"
    text = (
        f"{100 * target_far:g} % of strangers named by a gallery of {people}:"
        f" a cosine of {named:.4f}, uncertain from {uncertain:.4f} on, by {cohort.about}"
    )
    if alike > NOTABLE:
        text += f"; stricter, as these people are alike {alike:.1f} times as often as others"
    return Thresholds(named, uncertain, MARGIN, MIN_CROPS, text)


def rescaled(cosine: np.ndarray, thresholds: Thresholds) -> np.ndarray:
    """The scores 0..1 that are shown for cosines: a logistic curve through the thresholds.

    0.5 where a name is as likely as not if every second face is of somebody in the gallery, and
    0.95 where a face is named.
    """
    step = (thresholds.named - thresholds.uncertain) / np.log(AT_NAMED / (1 - AT_NAMED))
    place = np.clip((np.asarray(cosine, float) - thresholds.uncertain) / max(step, 1e-6), -60, 60)
    return 1 / (1 + np.exp(-place))


def _between_people(gallery: Gallery) -> np.ndarray:
    """Cosines of each picture of a gallery with the means of all other people of it."""
    cosines = gallery.embeddings @ gallery.means.T
    return cosines[gallery.person[:, None] != np.arange(len(gallery.names))]


def _inverse_pictures(gallery: Gallery) -> float:
    """The mean of 1/k over the people, of k pictures each."""
    return float((1 / np.bincount(gallery.person)).mean())


def _alike(strangers: np.ndarray, limit: float) -> float:
    """How many times as often as in the cohort people of the gallery are alike; 1 or more."""
    expected = USUAL_RATE * len(strangers)
    return max(1.0, (int((strangers >= limit).sum()) + TRUST) / (expected + TRUST))


def _own_cohort(strangers: np.ndarray) -> Cohort:
    """That of the gallery's people among themselves, normally distributed. Raises GalleryError."""
    if len(strangers) < ENOUGH:
        raise GalleryError(
            "no thresholds are known for the model of this gallery, and it has too few people to"
            f" set them: {len(strangers)} pairs of a picture and another person, not {ENOUGH}",
            hint="add more people, or make the gallery with dlib-face",
        )
    usual = NormalDist(float(strangers.mean()), max(1e-6, float(strangers.std())))
    return Cohort(
        one=tuple(usual.inv_cdf(1 - rate) for rate in RATES),
        more=(0.0,) * len(RATES),
        about=f"{len(strangers)} pairs of a picture and another person of the gallery itself",
    )
