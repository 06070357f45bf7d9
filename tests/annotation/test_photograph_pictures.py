"""Photographs as they are read, drawn on and written."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from vidfx.annotation.drawing.draw_context import DrawContext
from vidfx.annotation.models import load_models
from vidfx.annotation.photographs.detector import PhotographDetector
from vidfx.annotation.photographs.picture import drawn
from vidfx.config import Settings
from vidfx.errors import NotMediaError
from vidfx.overlay.labels import FaceLabel
from vidfx.types import Frame
from vidfx.video.read.photograph import read_photograph
from vidfx.video.write.photograph import write_photograph

PROFILE = np.frombuffer(bytes(16) + b"RGB " + bytes(200), np.uint8)


@pytest.mark.parametrize("name", ["a.jpg", "a.JFIF", "a.png", "a.webp", "a.tif", "a.bmp", "a.ppm"])
def test_a_picture_keeps_its_format_and_size(tmp_path: Path, name: str, group: np.ndarray) -> None:
    rgb = np.ascontiguousarray(group[:81, :121])
    size = write_photograph(tmp_path / name, rgb, PROFILE)
    picture = read_photograph(tmp_path / name)
    assert size == (tmp_path / name).stat().st_size and picture.rgb.shape == rgb.shape
    assert np.abs(picture.rgb.astype(int) - rgb).mean() < 5


@pytest.mark.parametrize(("shape", "kind"), [((9, 8), np.uint16), ((9, 8, 4), np.uint8)])
def test_any_pixels_become_eight_bit_rgb(
    tmp_path: Path, shape: tuple[int, ...], kind: type[np.generic]
) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.full(shape, 200, kind))
    rgb = read_photograph(tmp_path / "a.png").rgb
    assert rgb.shape == (9, 8, 3) and rgb.dtype == np.uint8


def test_what_is_no_picture_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8 junk")
    for name in ("a.jpg", "missing.jpg"):
        with pytest.raises(NotMediaError, match=name):
            read_photograph(tmp_path / name)


def test_pixels_without_a_label_are_not_changed(group: np.ndarray) -> None:
    rgb = np.ascontiguousarray(group[:201, :301])
    label = FaceLabel((200, 100, 260, 170), 1, None, None, "happy", 0.9, "detected")
    context = DrawContext(Settings(), None)
    result = drawn(rgb, [label], context)
    changed = (result != rgb).any(2)
    assert changed.any() and not changed[:, :120].any() and drawn(rgb, [], context) is rgb


def test_faces_of_which_the_detector_is_not_sure_are_checked(group: np.ndarray) -> None:
    small = np.ascontiguousarray(cv2.resize(group, (192, 132), interpolation=cv2.INTER_AREA))
    frames = [Frame(0, 0, small), Frame(1, 1, np.zeros_like(small))]
    with load_models(Settings(emotion="none")) as models:
        agreed = PhotographDetector(models.detector, models.threshold, models.checker)(frames)
        # with this threshold the checker finds nothing, whose scores are below 1
        refused = PhotographDetector(models.detector, 1.25, models.checker)(frames)
        alone = PhotographDetector(models.detector, 0.75, None)(frames)
    assert len(agreed.score) > len(alone.score) == len(refused.score) == 5
    assert agreed.score.min() < 0.8 <= refused.score.min()
    assert not agreed.frame.any() and not refused.frame.any()
