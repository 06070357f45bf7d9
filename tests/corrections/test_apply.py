"""What each action does with the rows, wherever they are divided."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.corrections.corrected_rows import lines, names, rows, seen, together
from tests.saved.saved_videos import EMOTIONS
from tests.settled_frames import frame_by_frame
from vidfx.corrections.apply import apply
from vidfx.corrections.hidden import HIDE, SHOW, UNSAID, HideOrShow, hidden_spans
from vidfx.corrections.line import Correction
from vidfx.output.rows import Rows
from vidfx.stages.settled import Settled

TWO = {1: range(20), 2: range(10, 50)}
LATE = range(40, 50)


def texts(settled: Iterable[Settled]) -> str:
    """Both CSV files."""
    table, out = Rows(EMOTIONS, recognises=True, named=False), io.StringIO()
    for some in settled:
        out.writelines([*table.faces(some, None), *table.frames(some, None)])
    return out.getvalue()


def test_without_corrections_the_rows_are_the_same() -> None:
    some = rows(TWO)
    assert all(a is b for a, b in zip(apply(some, []), some, strict=True))
    assert texts(apply(some, lines("9,,,drop,"))) == texts(some)


@pytest.mark.parametrize(
    ("corrections", "expected"),
    [
        (["1,,,drop,"], {2: range(10, 50)}),
        (["2,0.4,0.8,drop,"], {1: range(20), 2: range(21, 50)}),
        (["2,1,,split,7"], {1: range(20), 2: range(10, 25), 7: range(25, 50)}),
        (["2,1,,split,7", "2,,,drop,"], {1: range(20), 7: range(25, 50)}),
        (["1,,,drop,", "2,1,,split,7", "7,1.6,,split,8", "7,,,drop,"], {2: range(10, 25), 8: LATE}),
        (["2,1,,split,7", "7,,,merge,2"], TWO),
        # on frames that have both, the second keeps its number
        (["2,,,merge,1"], {1: range(50), 2: range(10, 20)}),
        (["2,0.8,,merge,1"], {1: range(50), 2: range(10, 20)}),
        # splits come first, whatever the order of the lines
        (["7,,,drop,", "2,1,,split,7"], {1: range(20), 2: range(10, 25)}),
    ],
)
def test_rows_get_other_numbers_or_go(
    corrections: Sequence[str], expected: dict[int, range]
) -> None:
    found = seen(apply(rows(TWO), lines(*corrections)))
    assert found == {track: [*frames] for track, frames in expected.items()}


def test_a_new_name_is_certain_and_there_without_an_engine() -> None:
    found = names(apply(rows(TWO), lines("2,1,,rename,Ana", "2,1.6,,rename,Bo")))
    assert {name for track, name, _ in found if track == 1} == {None}
    of_two = [(name, prob) for track, name, prob in found if track == 2]
    assert of_two[15:] == [("Ana", 1.0)] * 15 + [("Bo", 1.0)] * 10
    assert all(name is None and math.isnan(prob) for name, prob in of_two[:15])


def test_an_expression_is_certain_or_none() -> None:
    given = lines("1,,0.2,expression,Happiness", "1,0.4,,expression,none")
    frames = frame_by_frame(apply(rows({1: range(20)}, 20), given))
    of_one = [frame.faces[0] for frame in frames]
    assert of_one[5].emotion and of_one[5].emotion == ("happy", 1.0, (0.0, 1.0, 0.0, 0.0))
    assert of_one[6].emotion and of_one[6].emotion.label == "sad"
    assert of_one[10].emotion is None and of_one[10].emotion_reason == "not_read"


def test_drawn_boxes_are_between_their_times() -> None:
    given = lines(
        *("9,0.4,,box,0 0 10 10", "9,0.8,,box,100 0 110 10", "9,1.2,,box,none"),
        *("9,1.6,,box,5 5 6 6", "9,1.68,,box,5 5 6 6"),
    )
    frames = frame_by_frame(apply(rows(TWO), given))
    boxes = {
        f.frame.index: face.box.tolist() for f in frames for face in f.faces if face.track_id == 9
    }
    assert [*boxes] == [*range(10, 30), 40, 41, 42]
    assert boxes[10] == [0, 0, 10, 10] and boxes[29] == [100, 0, 110, 10]
    assert boxes[15] == pytest.approx([50, 0, 60, 10])
    face = next(face for face in frames[12].faces if face.track_id == 9)
    assert (face.source, face.score, face.quality, face.emotion) == ("drawn", None, None, None)
    assert face.emotion_reason == "not_read" and np.isnan(face.landmarks).all()


def test_a_drawn_box_moves_the_face_of_a_row_and_fills_gaps_under_its_name() -> None:
    given = lines(
        "1,0,,box,10 20 90 100", "1,1.2,,box,10 20 90 100", "1,,0.2,rename,Ana", "1,,,rename,Ana"
    )
    settled = [*apply(rows({1: [*range(10), 20]}), given)]
    assert seen(settled) == {1: [*range(31)]}
    assert {name for _, name, _ in names(settled)} == {"Ana"}
    first = frame_by_frame(settled)[0].faces[0]
    # 20 and 10 px from the corner of a box of 40 px; the new one has 80
    assert first.landmarks[0].tolist() == [50, 40]
    assert first.score == 0.75


def test_hide_and_show_change_no_row() -> None:
    some = rows(TWO)
    assert texts(apply(some, lines("1,,,hide,", "2,0.5,1,show,"))) == texts(some)


SHORT = rows(TWO)[::2]
ANY = st.sampled_from(
    [
        *("1,0.2,,split,7", "2,1,1.4,split,8", "2,,,merge,1", "7,,,merge,2", "1,0.1,0.3,drop,"),
        *("7,,,rename,Ana", "2,0.6,,rename,unknown", "1,,,expression,happy", "8,,,drop,"),
        *("2,0,,box,1 2 30 40", "2,1.9,,box,9 9 30 40", "3,0.5,,box,1 1 5 5", "3,1,,box,none"),
    ]
)


@settings(max_examples=20)
@given(st.lists(ANY, unique=True), st.lists(st.integers(1, 17), min_size=1, max_size=4))
def test_it_is_the_same_however_the_frames_are_divided(some: list[str], sizes: list[int]) -> None:
    whole, parts = (
        frame_by_frame(apply(together(SHORT, division), lines(*some)))
        for division in ([len(SHORT)], sizes)
    )
    assert repr([frame.faces for frame in whole]) == repr([frame.faces for frame in parts])


@settings(max_examples=20)
@given(st.lists(ANY, unique=True))
def test_a_frame_has_each_track_once_and_in_order(some: list[str]) -> None:
    given_lines: list[Correction] = lines(*some)
    for frame in frame_by_frame(apply(together(SHORT, [13]), given_lines)):
        tracks = [face.track_id for face in frame.faces]
        assert tracks == sorted(set(tracks))


def test_who_is_hidden_or_shown_is_said_by_the_last_line_that_holds() -> None:
    given = lines("2,,,hide,", "2,0.8,1.2,show,", "2,1,1,hide,", "1,,,rename,Ana", "2,,,drop,")
    settled = next(together(rows(TWO), [50]))
    said = HideOrShow(given).said(settled)
    assert set(said[settled.faces.track == 1].tolist()) == {UNSAID}
    of_two = dict(zip(range(10, 50), said[settled.faces.track == 2].tolist(), strict=True))
    assert {f for f, what in of_two.items() if what == SHOW} == {*range(20, 31)} - {25}
    assert {*of_two.values()} == {SHOW, HIDE}
    assert [line.holds(1.1) for line in hidden_spans(given)] == [True, True, False]


def test_who_somebody_is_not_changes_only_rows_with_that_name() -> None:
    some = [*apply(rows(TWO), lines("1,,,rename,Ana", "2,,,rename,Bo"))]
    found = names(apply(some, lines("1,0.4,,not,Ana", "2,,,not,Ana")))
    assert [name for track, name, _ in found if track == 1] == ["Ana"] * 10 + ["unknown"] * 10
    assert {name for track, name, _ in found if track == 2} == {"Bo"}
