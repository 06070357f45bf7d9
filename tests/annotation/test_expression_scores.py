"""The scores against expression_truth.toml, on rows that are made up; and the table itself."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from tests.annotation.expression_truth import (
    Clip,
    Row,
    Stretch,
    neutral_share,
    read_truth,
    rows_of,
    score,
    shown_share,
)

EXPRESSIONS = {"neutral", "happy", "sad", "angry", "surprise", "disgust", "fear", "contempt"}
SMILE = Stretch(1.0, 3.0, "happy", frozenset(), None)
NO_FROWN = Stretch(1.0, 3.0, None, frozenset({"sad", "angry"}), None)


def rows(*labels: str, track: int = 1, x: float = 50.0) -> list[Row]:
    """Ten a second."""
    return [Row(i / 10, track, x, 50.0, label) for i, label in enumerate(labels)]


def test_a_smile_that_is_found_and_held() -> None:
    got = score(SMILE, rows(*["neutral"] * 13, *["happy"] * 20))
    assert (got.rows, got.held) == (21, 1.0)
    assert got.found_s == pytest.approx(0.3)
    assert (got.wrong_s, got.wrong) == (pytest.approx(0.2), "neutral")
    assert got.faults() == []


@pytest.mark.parametrize(
    ("labels", "faults"),
    [
        (["neutral"] * 40, ["happy is found never", "neutral for 2.00 s, where the face is happy"]),
        (["neutral"] * 17 + ["happy"] * 20, ["only after 0.70 s", "neutral for 0.60 s"]),
        (
            ["happy"] * 20 + ["sad", "angry"] * 5 + ["happy"] * 5,
            ["held on 52% of", "angry and sad"],
        ),
        (["happy"] * 20 + [""] * 20, ["held on 48%"]),
        ([], ["no face was found"]),
    ],
)
def test_a_smile_that_is_missed(labels: list[str], faults: list[str]) -> None:
    found = score(SMILE, rows(*labels)).faults()
    assert len(found) == len(faults)
    for line, part in zip(found, faults, strict=True):
        assert line.startswith("1 to 3 s: ") and part in line


def test_labels_that_are_excluded() -> None:
    assert score(NO_FROWN, rows(*["neutral", "happy", ""] * 15)).faults() == []
    got = score(NO_FROWN, rows(*["neutral"] * 15, *["sad"] * 8, *["happy"] * 20))
    assert got.faults() == ["1 to 3 s: sad for 0.70 s, where the face is not angry, sad"]


def test_only_one_track_at_a_time_is_wrong_for_long() -> None:
    apart = rows(*[""] * 10, *["sad"] * 5) + rows(*[""] * 15, *["sad"] * 5, track=2)
    assert score(NO_FROWN, apart).wrong_s == pytest.approx(0.4)


def test_faces_elsewhere_do_not_count() -> None:
    left = Stretch(0.0, 1.0, "happy", frozenset(), (0, 0, 100, 100))
    both = rows("happy", "happy") + rows("sad", "sad", track=2, x=150.0)
    assert (score(left, both).rows, score(left, both).held) == (2, 1.0)


def test_rows_without_an_expression_are_not_neutral() -> None:
    assert neutral_share(rows("neutral", "", "sad", "neutral")) == 0.5
    assert neutral_share([]) == 0


def test_an_engine_that_never_shows_an_expression_is_found_out() -> None:
    silent, clip = rows(*[""] * 40), Clip("a.mp4", False, (NO_FROWN,))
    assert score(NO_FROWN, silent).faults() == []
    assert shown_share(clip, silent) == shown_share(clip, []) == 0
    assert shown_share(clip, rows(*["sad"] * 10, *["", "happy"] * 15)) == pytest.approx(10 / 21)


def test_rows_are_read_from_a_csv() -> None:
    box = {"x1_px": "10", "y1_px": "20", "x2_px": "30", "y2_px": "60"}
    got = rows_of([{"time_s": "0.04", "track_id": "2", "emotion": "Happiness", **box}])
    assert got == [Row(0.04, 2, 20.0, 40.0, "happy")]


def test_the_table_is_consistent(test_data: Path) -> None:
    clips = read_truth()
    assert len({clip.file for clip in clips}) == len(clips)
    for clip in clips:
        assert (test_data / "clips" / clip.file).is_file()
        for one in clip.stretches:
            assert one.start_s < one.end_s
            assert (one.shows is None) == bool(one.excluded)
            assert ({one.shows} - {None}) | one.excluded <= EXPRESSIONS
        for a, b in pairwise(clip.stretches):
            assert a.end_s <= b.start_s or a.within != b.within
