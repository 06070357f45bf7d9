"""Faces in pixels that are not square are found and read as if they were square."""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest

from vidfx.stages import align
from vidfx.stages.detect import Detector, Letterbox
from vidfx.stages.detector_heads import intersection_over_union
from vidfx.types import SQUARE, Frame
from vidfx_engines.embedded import embedded
from vidfx_engines.select import select

ASPECTS = [Fraction(2), Fraction(1, 2), Fraction(32, 11), Fraction(64, 45)]


def stretch_of(aspect: Fraction) -> tuple[float, float]:
    return float(aspect) ** 0.5, float(aspect) ** -0.5


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(select(embedded("centerface")).engine, threshold=0.5, long_side=640)


@pytest.mark.parametrize("aspect", ASPECTS)
def test_a_squeezed_picture_has_the_faces_of_the_whole_one(
    detector: Detector, group: np.ndarray, aspect: Fraction
) -> None:
    across, down = (1 / float(aspect), 1.0) if aspect > 1 else (1.0, float(aspect))
    small = cv2.resize(group, None, fx=across, fy=down, interpolation=cv2.INTER_AREA)
    reference = detector([Frame(0, 0, group)])
    stretch = stretch_of(aspect)
    found = detector([Frame(0, 0, small)], 2, stretch)
    assert len(found) == len(reference) == 6
    wide = found.box / np.array([across, down] * 2, np.float32)
    overlap = intersection_over_union(reference.box, wide)
    assert overlap.max(1).min() > 0.8
    same = overlap.argmax(1)
    theirs = align.crops(group, reference.landmarks, "arcface", 112)
    ours = align.crops(small, found.landmarks[same], "arcface", 112, stretch)
    squeezed = align.crops(small, found.landmarks[same], "arcface", 112)

    def difference(crops: np.ndarray) -> float:
        return float(np.abs(crops.astype(float) - theirs).mean())

    assert difference(ours) < 10 < difference(squeezed)


def test_how_good_and_how_large_a_face_is_does_not_depend_on_how_it_is_stored() -> None:
    marks = np.array([[70, 60], [110, 60], [90, 84], [74, 104], [106, 104]], np.float32)
    box = np.array([60, 30, 120, 122], np.float32)
    sharp = np.array([200.0])
    good = align.quality(box[None], marks[None], sharp).prod()
    for aspect in ASPECTS:
        stretch = stretch_of(aspect)
        factors = np.array(stretch, np.float32)
        stored = (box.reshape(2, 2) / factors).reshape(4)
        again = align.quality(stored[None], marks[None] / factors, sharp, stretch).prod()
        assert again == pytest.approx(good, abs=1e-4)
        (side,) = align.shorter_side(stored[None], stretch)
        assert side == pytest.approx(60, abs=1e-3)


def test_square_pixels_change_nothing() -> None:
    random = np.random.default_rng(5)
    marks = random.normal(100, 30, (9, 5, 2)).astype(np.float32)
    plain = align.similarity(marks, align.TEMPLATES["arcface"] * 112)
    assert (align.transforms(marks, "arcface", 112, SQUARE) == plain).all()
    box = Letterbox.fit(1279, 717, 640)
    for kind in (np.float32, np.float64):
        points = random.normal(100, 30, (9, 2)).astype(kind)
        assert (box.in_picture(points) == points / (640 / 1279)).all()
