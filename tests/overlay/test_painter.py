from __future__ import annotations

import dataclasses
import tracemalloc
from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
import pytest

from vidfx.messages import DEFAULT_MESSAGES
from vidfx.overlay.colours import COLOURS
from vidfx.overlay.faces import PlacedFace
from vidfx.overlay.labels import FULL, MINI, LabelText
from vidfx.overlay.painter import FaceLabel, Painter
from vidfx.overlay.yuv import Layer, YuvPlanes, compose, to_overlay, to_yuv

EMOTIONS = [*DEFAULT_MESSAGES, None]
BT709, BT601, BT2020 = 1, 6, 9
"matrix codes"
NAMES = ["José", "李小龙", "Олег", "שלום", "target", None, "Maximiliana Featherstonehaugh" * 3]


def face(box: Sequence[float], track_id: int = 1, **changes: object) -> FaceLabel:
    x0, y0, x1, y1 = box
    label = FaceLabel(
        box=(x0, y0, x1, y1),
        track_id=track_id,
        identity="Ana",
        identity_prob=0.87,
        emotion="happy",
        emotion_prob=0.92,
        source="detected",
    )
    return dataclasses.replace(label, **changes)  # type: ignore[arg-type]


def painter(width: int, height: int, *, matrix: int = BT709, messages: bool = True) -> Painter:
    return Painter(width, height, matrix=matrix, messages=DEFAULT_MESSAGES if messages else None)


def grey(width: int, height: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(16, 236, (height * 3 // 2, width), np.uint8)


def crowd(rng: np.random.Generator, width: int, height: int, n: int) -> list[FaceLabel]:
    labels = []
    for i in range(n):
        side = rng.uniform(0.02, 0.5) * min(width, height)
        x, y = rng.uniform(-side, width), rng.uniform(-side, height)
        labels.append(
            face(
                (x, y, x + 0.8 * side, y + side),
                i,
                identity=NAMES[i % len(NAMES)],
                emotion=EMOTIONS[i % len(EMOTIONS)],
                emotion_prob=rng.random(),
            )
        )
    return labels


def overlap(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def rect_of(placed: PlacedFace) -> tuple[int, int, int, int]:
    assert placed.spot is not None
    return placed.spot.rect


def level_of(placed: PlacedFace) -> int:
    assert placed.spot is not None
    return placed.spot.level


def text_of(placed: PlacedFace) -> LabelText:
    assert placed.spot is not None
    return placed.spot.text


# -- pixels --------------------------------------------------------------------------------


@pytest.mark.parametrize("labels", [[], [face((-90, 10, -20, 60))], [face((700, 10, 760, 60))]])
def test_no_face_in_the_picture_leaves_the_planes_alone(labels: list[FaceLabel]) -> None:
    planes = grey(640, 360)
    before = planes.copy()
    painter(640, 360).paint(planes, labels, 0.0)
    assert np.array_equal(planes, before)


def test_only_the_box_and_the_label_change() -> None:
    planes = grey(640, 360)
    before = YuvPlanes.of(planes.copy(), 640, 360)
    paint = painter(640, 360)
    label = face((301, 151, 380, 250))
    paint.paint(planes, [label], 0.0)
    x0, y0, x1, y1 = rect_of(paint.layout([label], 0.0)[0])
    may = np.zeros((360, 640), bool)
    may[y0:y1, x0:x1] = True
    may[151 - 8 : 250 + 8, 301 - 8 : 380 + 8] = True
    may[151 + 30 : 250 - 30, 301 + 30 : 380 - 30] = False
    for new, old, allowed in zip(
        YuvPlanes.of(planes, 640, 360), before, (may, may[::2, ::2], may[::2, ::2]), strict=True
    ):
        assert np.any(new != old)
        assert not np.any((new != old) & ~allowed)


def test_values_stay_in_the_limited_range() -> None:
    for fill in (16, 235):
        planes = np.full((720 * 3 // 2, 1280), fill, np.uint8)
        planes[720:] = 128
        labels = crowd(np.random.default_rng(1), 1280, 720, 12)
        painter(1280, 720).paint(planes, labels, 0.0)
        assert planes[:720].min() >= 15 and planes[:720].max() <= 236
        assert planes[720:].min() >= 15 and planes[720:].max() <= 241


@pytest.mark.parametrize("matrix", [BT601, BT709, BT2020])
@pytest.mark.parametrize("rgb", [*COLOURS.values(), (255, 0, 0), (0, 255, 0), (0, 0, 255)])
def test_colours_come_back(matrix: int, rgb: tuple[int, int, int]) -> None:
    planes = grey(32, 32)
    views = YuvPlanes.of(planes, 32, 32)
    layers = [Layer(np.ones((16, 16), np.float32), rgb)]
    to_overlay(compose(layers, matrix)).blend(views, 8, 8)
    y, u, v = (float(plane[c, c]) for plane, c in zip(views, (16, 8, 8), strict=True))
    kr, kb = {BT601: (0.299, 0.114), BT709: (0.2126, 0.0722), BT2020: (0.2627, 0.0593)}[matrix]
    luma, cb, cr = (y - 16) / 219, (u - 128) / 224, (v - 128) / 224
    red, blue = luma + 2 * (1 - kr) * cr, luma + 2 * (1 - kb) * cb
    green = (luma - kr * red - kb * blue) / (1 - kr - kb)
    assert np.allclose(np.array([red, green, blue]) * 255, rgb, atol=3)


def test_bt601_agrees_with_opencv() -> None:
    for rgb in COLOURS.values():
        picture = np.full((4, 4, 3), rgb, np.uint8)
        planes = YuvPlanes.of(cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420), 4, 4)
        assert np.allclose([p[0, 0] for p in planes], to_yuv(rgb, BT601), atol=1.5)


def test_planes_of_an_odd_picture_are_rounded_up() -> None:
    planes = grey(322, 242)
    before = planes.copy()
    label = face((200, 150, 321, 241))
    paint = painter(321, 241)
    paint.paint(planes, [label], 0.0)
    assert not np.array_equal(planes, before)
    rect = rect_of(paint.layout([label], 0.0)[0])
    assert rect[2] <= 321 and rect[3] <= 241


def test_planes_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="planes must be"):
        painter(64, 48).paint(grey(48, 64), [face((10, 10, 40, 40))], 0.0)


# -- places --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "height"), [(2, 2), (64, 48), (320, 240), (240, 426), (1280, 720), (3840, 2160)]
)
def test_labels_stay_whole_inside_the_picture_and_apart(width: int, height: int) -> None:
    rng = np.random.default_rng(width)
    paint = painter(width, height)
    planes = grey(width, height)
    for step in range(12):
        labels = crowd(rng, width, height, step + 1)
        placed = paint.layout(labels, step * 5.0)
        paint.paint(planes, labels, step * 5.0)
        rects = [p.spot.rect for p in placed if p.spot]
        for x0, y0, x1, y1 in rects:
            assert 0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height
        for i, rect in enumerate(rects):
            assert not any(overlap(rect, other) for other in rects[:i])


@pytest.mark.parametrize(
    "box",
    [(600, 300, 700, 420), (0, 0, 150, 180), (1100, 550, 1280, 720), (400, -60, 800, 500)],
)
def test_a_face_is_not_covered_where_there_is_room(box: tuple[int, int, int, int]) -> None:
    placed = painter(1280, 720).layout([face(box)], 0.0)[0]
    assert level_of(placed) == FULL
    assert not overlap(rect_of(placed), placed.box)


def test_other_faces_are_not_covered() -> None:
    row = [face((60 + 200 * i, 200, 160 + 200 * i, 330), i) for i in range(6)]
    placed = painter(1280, 720).layout(row, 0.0)
    assert all(p.spot for p in placed)
    for one in placed:
        assert not any(overlap(rect_of(one), other.box) for other in placed)


def test_a_face_that_fills_the_picture_has_a_label_low_inside() -> None:
    placed = painter(1280, 720).layout([face((-50, -50, 1400, 800))], 0.0)[0]
    assert level_of(placed) == FULL
    assert rect_of(placed)[1] > 600


def test_labels_shrink_in_a_crowd() -> None:
    grid = [
        face((20 + 60 * x, 20 + 70 * y, 60 + 60 * x, 70 + 70 * y), 10 * y + x)
        for x in range(10)
        for y in range(9)
    ]
    assert {p.spot.level for p in painter(640, 640).layout(grid, 0.0) if p.spot} <= {MINI}


def test_labels_are_seen_alike_whatever_the_shape_of_pixels() -> None:
    def drawn(width: int, height: int, stretch: tuple[float, float]) -> np.ndarray:
        """(360, 640) luma as a person sees it."""
        planes = np.full((height * 3 // 2, width), 128, np.uint8)
        paint = Painter(width, height, matrix=BT709, messages=DEFAULT_MESSAGES, stretch=stretch)
        x, y = width / 640, height / 360
        paint.paint(planes, [face((250 * x, 120 * y, 390 * x, 290 * y))], 0.0)
        return cv2.resize(planes[:height], (640, 360), interpolation=cv2.INTER_AREA).astype(float)

    square = drawn(640, 360, (1.0, 1.0))
    squeezed = drawn(320, 720, (2.0, 0.5))
    as_if_square = drawn(320, 720, (1.0, 1.0))
    ink = np.abs(square - 128).mean()
    assert ink > 1
    assert np.abs(squeezed - square).mean() < 0.2 * ink
    assert np.abs(as_if_square - square).mean() > 0.5 * ink


# -- calm ----------------------------------------------------------------------------------


def test_jitter_does_not_move_labels() -> None:
    rng = np.random.default_rng(3)
    paint = painter(1280, 720)
    boxes = np.array([[60 + 200 * i, 200 + 9 * i, 160 + 200 * i, 330 + 9 * i] for i in range(6)])
    seen: dict[int, list[tuple[int, ...]]] = {i: [] for i in range(6)}
    for step in range(60):
        jitter = rng.uniform(-2, 2, boxes.shape)
        labels = [
            face(box, i, identity_prob=0.8 + rng.uniform(-0.1, 0.1))
            for i, box in enumerate(boxes + jitter)
        ]
        for placed in paint.layout(labels, step / 30):
            state = (*rect_of(placed), level_of(placed), placed.text.size, placed.arm)
            seen[placed.label.track_id].append(state)
    for states in seen.values():
        settled = np.array(states[15:])
        assert np.all(np.ptp(settled, axis=0)[:4] <= 2)
        assert np.all(np.ptp(settled, axis=0)[4:] == 0)


def test_a_label_keeps_its_side_as_the_face_moves() -> None:
    paint = painter(1280, 720)
    below = 0
    for step in range(120):
        y = 100 - abs(step - 60) * 1.5
        placed = paint.layout([face((600, y, 700, y + 130))], step / 30)[0]
        below += rect_of(placed)[1] > placed.box.y0
    assert below == 120


def test_shown_probabilities_rest() -> None:
    paint = painter(640, 360)
    rng = np.random.default_rng(4)
    texts, widths = [], set()
    for step in range(90):
        label = face((300, 150, 380, 250), emotion_prob=rng.uniform(0, 1))
        placed = paint.layout([label], step / 30)[0]
        assert placed.spot is not None
        texts.append(placed.spot.percents)
        widths.add(rect_of(placed)[2] - rect_of(placed)[0])
    changes = sum(a != b for a, b in pairwise(texts))
    assert 0 < changes <= 4 * 3
    assert len(widths) == 1


def test_a_new_expression_is_shown_at_once() -> None:
    paint = painter(640, 360)
    box = (300, 150, 380, 250)
    for emotion in ("happy", "sad"):
        assert text_of(paint.layout([face(box, emotion=emotion)], 0.0)[0]).words.emotion == emotion


def test_an_unsure_face_keeps_its_name_and_has_neither_expression_nor_message() -> None:
    paint, box = painter(640, 360), (300, 150, 380, 250)
    assert text_of(paint.layout([face(box)], 0.0)[0]).words.message
    (placed,) = paint.layout([face(box, emotion=None, emotion_prob=None)], 0.04)
    words = text_of(placed).words
    assert (words.name, words.emotion, words.message) == ("Ana", None, None)
    assert words.track_id == 1 and placed.strength == 1


def test_boxes_fade_only_where_detections_stay_out() -> None:
    paint = painter(640, 360)
    box = (300, 150, 380, 250)
    for step in range(30):
        source = "tracked" if step % 5 else "detected"
        assert paint.layout([face(box, source=source)], step / 30)[0].strength == 1
    assert paint.layout([face(box, source="interpolated")], 2.4)[0].strength == 0.5


def test_layout_twice_is_the_same() -> None:
    paint = painter(1280, 720)
    rng = np.random.default_rng(5)
    for step in range(20):
        labels = crowd(rng, 1280, 720, 6)
        assert paint.layout(labels, step / 30) == paint.layout(labels, step / 30)


# -- text ----------------------------------------------------------------------------------


def test_text_is_legible_and_grows_with_the_picture() -> None:
    sizes = [
        painter(h * 16 // 9 // 2 * 2, h).layout([face((40, 80, 40 + h / 3, 80 + h / 3))], 0.0)[0]
        for h in (240, 480, 720, 1080, 2160)
    ]
    px = [p.text.size for p in sizes]
    assert px[0] >= 12
    assert px == sorted(px) and px[-1] >= 3 * px[1]
    assert px[3] >= 22


def painted(**changes: object) -> np.ndarray:
    planes = np.full((360 * 3 // 2, 640), 100, np.uint8)
    painter(640, 360).paint(planes, [face((300, 150, 380, 250), **changes)], 0.0)
    return planes


def test_names_of_any_script_are_different_pictures() -> None:
    names = ["José", "李小龙", "Олег", "שלום", "محمد", "नमस्ते!", "e\u0301\udcff", "😀", "A\nB"]
    pictures = [painted(identity=name) for name in names]
    for i, picture in enumerate(pictures):
        assert not any(np.array_equal(picture, other) for other in pictures[:i])


@pytest.mark.parametrize(
    "changes",
    [
        {"emotion": None, "emotion_prob": None},
        {"identity": None, "identity_prob": None},
        {"identity": "", "emotion": "", "track_id": -1},
        {"track_id": -1},
        {"emotion": "surprised"},
        {"emotion": "bored"},
        {"identity": "x" * 5000},
        {"identity_prob": None, "emotion_prob": 1.0},
    ],
)
def test_missing_and_odd_facts(changes: dict[str, object]) -> None:
    assert not np.array_equal(painted(**changes), painted())


def test_without_messages_the_label_is_one_row() -> None:
    label = face((300, 150, 380, 250))
    texts = [
        text_of(painter(640, 360, messages=with_message).layout([label], 0.0)[0])
        for with_message in (False, True)
    ]
    assert [len(text.rows) for text in texts] == [1, 2]


def test_a_long_message_is_broken_into_lines() -> None:
    paint = Painter(640, 360, matrix=BT709, messages={"happy": "very long words " * 7})
    placed = paint.layout([face((300, 150, 380, 250))], 0.0)[0]
    assert len(text_of(placed).rows) == 4


# -- cost ----------------------------------------------------------------------------------


def test_memory_does_not_grow_with_the_number_of_faces() -> None:
    paint = painter(320, 240)
    planes = grey(320, 240)
    sizes: list[int] = []
    tracemalloc.start()
    for step in range(900):
        label = face((100, 100, 130 + step % 40, 140 + step % 40), step, identity=f"n{step:04}")
        paint.paint(planes, [label], float(step))
        if step in (449, 899):
            sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert sizes[1] < 1.05 * sizes[0]


def test_a_track_is_forgotten_when_its_face_stays_away() -> None:
    box = (300, 150, 380, 250)
    for away_s, strength in ((1.5, 0.5), (2.5, 1.0)):
        paint = painter(640, 360)
        paint.layout([face(box)], 0.0)
        (again,) = paint.layout([face(box, source="interpolated")], away_s)
        assert again.strength == strength
