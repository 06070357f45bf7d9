"""Who single faces are like, in the rows of their frames."""

from __future__ import annotations

from dataclasses import replace

from tests.corrections.corrected_rows import rows
from tests.people.vectors import faces, gallery_of
from vidfx.people.readings import readings, with_readings
from vidfx.people.thresholds import Thresholds

LIMITS = Thresholds(named=0.9, uncertain=0.6, margin=0.05, min_crops=2)
ANA, NOBODY = 0, 9
TRACKS = faces((1, ANA, 0, (1, 1)), (2, ANA, 0.45, (1,)), (3, NOBODY, 0, (1,)))


def test_a_face_is_who_it_may_be_or_other() -> None:
    found = readings(TRACKS, gallery_of("Ana", "Bo"), LIMITS)
    assert {key: name for key, (name, _) in found.items()} == {
        **{(1, 0): "Ana", (1, 1): "Ana"},
        **{(2, 2): "Ana", (3, 3): "other"},
    }
    assert found[1, 0][1] > 0.95 > found[2, 2][1] > 0.5
    assert found[3, 3][1] > 0.9


def test_they_are_in_the_rows_of_their_frames_alone() -> None:
    read = readings(TRACKS, gallery_of("Ana", "Bo"), LIMITS)
    for index, some in enumerate(rows({1: range(5), 3: range(5)}, 5)):
        found = with_readings(some, read).faces.raw_identity
        assert found is not None
        assert found.texts() == [
            "Ana" if index < 2 else None,
            "other" if index == 3 else None,
        ]


def test_those_of_an_engine_are_kept() -> None:
    some = rows({1: range(1)}, 1)[0]
    read = readings(TRACKS, gallery_of("Ana", "Bo"), LIMITS)
    engine = with_readings(some, {(1, 0): ("Cy", 1.0)})
    assert with_readings(engine, read) is engine
    nobody = replace(some, place=some.place[:0], faces=some.faces.rows(slice(0)))
    assert with_readings(nobody, read) is nobody
