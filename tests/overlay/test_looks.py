"""What a user can choose: style, colours, sizes, bars, landmarks and the clock."""

from __future__ import annotations

import dataclasses
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from vidfx.messages import DEFAULT_MESSAGES
from vidfx.overlay.clock import clock_time
from vidfx.overlay.colours import COLOURS, PANEL, PEOPLE, PLAIN, Colours
from vidfx.overlay.faces import PlacedFace
from vidfx.overlay.labels import FULL, MINI, SHORT, LabelText
from vidfx.overlay.looks import Looks
from vidfx.overlay.painter import FaceLabel, Painter
from vidfx.types import SQUARE, Stretch

FACE = FaceLabel((300.0, 150.0, 380.0, 250.0), 1, "Ana", 0.87, "happy", 0.92, "detected")
PROBABILITIES = (("happy", 0.92), ("sad", 0.05))
PICTURES = [(426, 240), (640, 480), (1280, 720), (1920, 1080), (3840, 2160), (1080, 1920)]


def placed(
    width: int, height: int, height_of_face: float, looks: Looks | None = None
) -> PlacedFace:
    x, y, half = width / 2, height / 2, height_of_face / 2
    label = dataclasses.replace(FACE, box=(x - half, y - half, x + half, y + half))
    (found,) = painter(width, height, looks).layout([label], 0.0)
    return found


def painter(
    width: int = 640, height: int = 360, looks: Looks | None = None, stretch: Stretch = SQUARE
) -> Painter:
    return Painter(
        width,
        height,
        matrix=1,
        messages=DEFAULT_MESSAGES,
        looks=looks or Looks(),
        stretch=stretch,
    )


def painted(label: FaceLabel = FACE, time_s: float = 0.0, **looks: Any) -> np.ndarray:
    planes = np.full((540, 640), 100, np.uint8)
    painter(looks=Looks(**looks)).paint(planes, [label], time_s)
    return planes


def text(face: PlacedFace) -> LabelText:
    assert face.spot
    return face.spot.text


# -- sizes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), PICTURES)
def test_texts_are_sized_by_the_diagonal_and_the_face(width: int, height: int) -> None:
    diagonal = np.hypot(width, height)
    large = placed(width, height, 0.5 * min(width, height))
    assert 0.016 * diagonal <= large.text.size <= max(12, 0.018 * diagonal)
    for share in (0.03, 0.06, 0.1, 0.2):
        face = placed(width, height, share * diagonal)
        least = max(12, 0.0075 * diagonal)
        assert face.text.size <= max(round(least), 0.17 * share * diagonal + 1)
        assert face.text.size == 0 or face.text.size >= round(least)


def test_a_portrait_video_has_the_texts_of_a_landscape_one() -> None:
    assert placed(1080, 1920, 400).text == placed(1920, 1080, 400).text


def test_a_small_face_says_little_and_a_tiny_one_has_only_its_box() -> None:
    tiny, small, large = (placed(1280, 720, height) for height in (16, 40, 100))
    assert tiny.spot is None
    assert small.spot and small.spot.level == SHORT
    assert large.spot and large.spot.level == FULL


def test_the_scale_changes_texts_and_not_what_they_say() -> None:
    usual, twice = (placed(1280, 720, 200, Looks(font_scale=scale)) for scale in (1.0, 2.0))
    assert abs(twice.text.size - 2 * usual.text.size) <= 1
    assert twice.text.level == usual.text.level


def test_a_panel_keeps_its_size_when_its_text_goes_and_its_width_for_good() -> None:
    paint, sizes = painter(), []
    unsure = dataclasses.replace(FACE, emotion=None, emotion_prob=None)
    for time_s, label in ((0.0, FACE), (0.04, unsure), (1.0, unsure), (2.1, unsure), (2.2, FACE)):
        (face,) = paint.layout([label], time_s)
        sizes.append((text(face).width, text(face).height))
    assert sizes[0] == sizes[1] == sizes[2] == sizes[4]
    assert sizes[3][0] == sizes[0][0] and sizes[3][1] < sizes[0][1]


# -- style -----------------------------------------------------------------------------------


def test_styles_draw_less_and_less() -> None:
    ink = [(painted(style=style) != 100).sum() for style in ("default", "minimal", "boxes", "none")]
    assert ink[0] > ink[1] > ink[2] > ink[3] == 0


def test_minimal_labels_have_a_name_or_a_number() -> None:
    face = placed(1280, 720, 200, Looks(style="minimal"))
    assert face.spot and face.spot.level in (SHORT, MINI)
    assert [part.text for row in text(face).rows for g in row for part in g] == ["happy", "Ana"]


@pytest.mark.parametrize("style", ["default", "boxes", "none"])
def test_landmarks_are_drawn_in_every_style(style: Any) -> None:
    points = [(320, 180), (360, 180)]
    label = dataclasses.replace(FACE, landmarks=points)
    plain, dotted = painted(label, style=style), painted(label, style=style, landmarks=True)
    rows, columns = np.nonzero((plain != dotted)[:360])
    distance = np.min([np.hypot(columns - x, rows - y) for x, y in points], axis=0)
    assert len(rows) > 10 and distance.max() < 6


# -- colours ---------------------------------------------------------------------------------


def test_a_person_keeps_a_colour_and_a_face_without_a_name_that_of_its_track() -> None:
    of = Colours("person", ["Ana", "Ben"])
    assert of(7, "Ana", "sad") == of(9, "Ana", None) == PEOPLE[0]
    assert of(7, "Ben", None) == PEOPLE[1]
    assert of(3, None, "happy") == of(3, "unknown", "sad") == PEOPLE[2]
    assert of(-1, None, "happy") == PLAIN
    assert Colours("expression", ["Ana"])(1, "Ana", "sad") == COLOURS["sad"]


def test_colours_of_people_can_be_told_apart_by_colour_blind_people_and_from_the_panel() -> None:
    """By the matrices of Machado et al. (2009) for no red and no green cones, in linear light."""
    kinds = [
        np.eye(3),
        [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
        [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    ]
    linear = (np.array([*PEOPLE, PANEL]) / 255) ** 2.2
    for kind in kinds:
        seen = np.clip(linear @ np.transpose(kind), 0, 1) ** (1 / 2.2)
        assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 0.12
    luminance = linear @ (0.2126, 0.7152, 0.0722)
    assert ((luminance[:-1] + 0.05) / (luminance[-1] + 0.05)).min() > 3


# -- bars and the clock ----------------------------------------------------------------------


def test_bars_take_the_place_of_the_message_and_follow_the_probabilities() -> None:
    label = dataclasses.replace(FACE, expressions=PROBABILITIES)
    (face,) = painter(looks=Looks(bars=True)).layout([label], 0.0)
    rows = [[part.text for group in row for part in group] for row in text(face).rows]
    assert [row[0] for row in rows[1:]] == ["happy", "sad"]
    assert face.percents == (87, 92, 92, 5)
    other = dataclasses.replace(label, expressions=(("happy", 0.5), ("sad", 0.45)))
    assert not np.array_equal(painted(label, bars=True), painted(other, bars=True))


def test_the_clock_is_written_as_hours_minutes_and_thousandths() -> None:
    assert clock_time(0.0) == "0:00:00.000"
    assert clock_time(3723.4567) == "1:02:03.457"
    assert clock_time(59.9996) == "0:01:00.000"


@pytest.mark.parametrize("stretch", [SQUARE, (1.2, 1 / 1.2)])
def test_the_clock_is_in_the_corner_on_every_frame_and_no_label_covers_it(stretch: Stretch) -> None:
    paint = painter(looks=Looks(clock=True), stretch=stretch)
    drawn = []
    for time_s in (1.234, 1.235):
        planes = np.full((540, 640), 100, np.uint8)
        paint.paint(planes, [], time_s)
        drawn.append(planes)
    rows, columns = np.nonzero(drawn[0][:360] != 100)
    assert rows.max() < 40 and columns.max() < 170
    changed = np.nonzero(drawn[0][:360] != drawn[1][:360])[1]
    assert len(changed) and np.ptp(changed) < 20
    corner = dataclasses.replace(FACE, box=(0.0, 40.0, 90.0, 150.0))
    (face,) = paint.layout([corner], 2.0)
    assert face.spot and (face.spot.rect.y0 >= rows.max() or face.spot.rect.x0 >= columns.max())
