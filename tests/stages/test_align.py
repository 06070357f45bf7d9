"""Alignment equals insightface's, and quality agrees with the eye."""

from __future__ import annotations

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from vidfx.stages import align
from vidfx.stages.detect import Detector
from vidfx.types import Frame
from vidfx_engines.embedded import embedded
from vidfx_engines.select import select
from vidfx_engines.templates import TEMPLATES, similarity

face_align = pytest.importorskip("insightface.utils.face_align")
RNG = np.random.default_rng(7)
FRONTAL = TEMPLATES["arcface"] * 112


def landmarks(n: int) -> np.ndarray:
    """Turned, scaled, shifted and somewhat deformed faces."""
    out = np.empty((n, 5, 2), np.float32)
    for i in range(n):
        angle, scale = RNG.uniform(-1, 1), RNG.uniform(0.3, 4)
        turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        out[i] = FRONTAL @ turn.T + RNG.uniform(50, 300, 2) + RNG.normal(0, 3, (5, 2))
    return out


@pytest.mark.parametrize("size", [112, 224])
def test_similarity_equals_insightface(size: int) -> None:
    points = landmarks(50)
    ours = similarity(points, TEMPLATES["arcface"] * size)
    theirs = np.stack([face_align.estimate_norm(p, size) for p in points])
    np.testing.assert_allclose(ours, theirs, atol=2e-3)


def test_crops_equal_norm_crop(group: np.ndarray) -> None:
    points = landmarks(20)
    ours = align.crops(group, points, "arcface", 112)
    for crop, p in zip(ours, points, strict=True):
        inside = cv2.erode(face_align.norm_crop(np.ones_like(group), p, 112), np.ones((5, 5)))
        assert inside.any()
        theirs = face_align.norm_crop(group, p, 112).astype(int)
        assert (inside * np.abs(crop.astype(int) - theirs)).max() <= 1


def test_the_last_pixels_go_on_where_the_picture_ends(group: np.ndarray) -> None:
    """norm_crop fills with black, which no picture that is trained on has at its side."""
    half = FRONTAL - np.array([FRONTAL[2, 0], -100])
    [crop] = align.crops(np.full_like(group, 130), half[None].astype(np.float32), "arcface", 112)
    assert (crop == 130).all()


def test_fer_template_leaves_fer_pictures_where_they_are(test_data: Path) -> None:
    """Training and inference see the same framing: aligning a FER picture hardly moves it."""
    detector = Detector(select(embedded("centerface")).engine, threshold=0.5, long_side=320)
    turns: list[np.ndarray] = []
    with zipfile.ZipFile(test_data / "fer4.zip") as pictures:
        names = sorted(n for n in pictures.namelist() if "/val/" in n and n.endswith(".jpg"))
        for name in names[::60]:
            data = np.frombuffer(pictures.read(name), np.uint8)
            large = cv2.resize(cv2.imdecode(data, cv2.IMREAD_COLOR), (144, 144))
            canvas = cv2.copyMakeBorder(large, *[88] * 4, cv2.BORDER_REPLICATE)
            found = detector([Frame(0, 0, canvas)])
            if len(found):
                marks = (found.landmarks[:1] - 88) / 3
                turns.append(similarity(marks, TEMPLATES["fer"] * 48)[0])
    assert len(turns) > 25
    moved = np.median(np.stack(turns) @ [24, 24, 1], axis=0) - 24
    zoom = np.median([np.hypot(*t[:, 0]) for t in turns])
    assert np.abs(moved).max() < 1.5
    assert abs(zoom - 1) < 0.08


def test_degenerate_landmarks_do_not_crash(group: np.ndarray) -> None:
    crops = align.crops(group, np.full((1, 5, 2), 40, np.float32), "arcface", 112)
    assert crops.shape == (1, 112, 112, 3)
    box, points = np.full((1, 4), 40, np.float32), np.full((1, 5, 2), 40, np.float32)
    size, blur, pose = align.quality(box, points, np.array([align.sharpness(crops[0])]))[0]
    assert size == pose == 0 <= blur


def aligned(astronaut: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    points = FRONTAL.astype(np.float32) + np.float32([170, 70])
    return np.array([170, 70, 282, 182], np.float32), points


def test_quality_falls_with_size_blur_and_pose(astronaut: np.ndarray) -> None:
    box, points = aligned(astronaut)
    crop = align.crops(astronaut, points[None], "arcface", 112)[0]
    turned = points.copy()
    turned[2, 0] += 14
    sharp, soft = align.sharpness(crop), align.sharpness(cv2.GaussianBlur(crop, (0, 0), 5))
    good, small, blurred, profile = quality = align.quality(
        np.stack([box, box * np.float32(0.2), box, box]),
        np.stack([points, points, points, turned]),
        np.array([sharp, sharp, soft, sharp]),
    )
    assert small[0] < 0.5 * good[0]
    assert blurred[1] < 0.5 * good[1]
    assert profile[2] < 0.8 * good[2]
    assert quality.min() >= 0 and quality.max() <= 1
    assert align.quality(box[None][:0], points[None][:0], np.zeros(0)).shape == (0, 3)
