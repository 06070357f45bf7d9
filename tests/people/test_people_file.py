"""The file of who the tracks of a finished video are."""

from pathlib import Path

import pytest

from vidfx.errors import InputError
from vidfx.people.people_file import People, TrackPerson, read_people, write_people

TRACKS = [
    TrackPerson(2, 1, "named", "Ana", 0.93),
    TrackPerson(1, 1, "uncertain", score=0.41),
    TrackPerson(3, 3, "unknown", score=0.02, group="Person 7"),
    TrackPerson(4, 4),
]


def test_what_is_written_is_read_by_track(tmp_path: Path):
    path = tmp_path / "a.people.json"
    write_people(path, TRACKS)
    assert read_people(path) == {one.track_id: one for one in TRACKS}


def test_no_file_is_nobody(tmp_path: Path):
    assert read_people(tmp_path / "a.people.json") is None


def test_the_column_has_a_name_or_says_that_there_is_none():
    unsure, stranger = TrackPerson(1, 1, "uncertain"), TrackPerson(1, 1, "unknown")
    texts = [one.identity()[0] for one in (*TRACKS, unsure, stranger)]
    assert texts == ["Ana", "unknown", "Person 7", None, "unknown", "other"]
    assert TrackPerson(1, 1, "unknown", score=0.25).identity() == ("other", 0.75)


def test_a_gallery_comes_first_then_recognition_then_a_group():
    people = People({one.track_id: one for one in TRACKS})
    assert people.label(2, "Bo") == ("Ana", 0.93)
    assert people.label(1, "Bo") is None
    assert people.label(1, "other") is None
    assert people.label(3, "Bo") is None
    assert people.label(3, "other") == ("Person 7", None)
    assert people.label(9, "Bo") is None


def test_what_an_earlier_gallery_said_in_the_rows_counts_no_more():
    people = People({one.track_id: one for one in TRACKS}, frozenset(("Bo", "other")))
    assert people.label(1, "Bo") == ("unknown", 0.41)
    assert people.label(9, "Bo") == (None, None)
    assert people.label(1, "Cy") is None


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"schema": "vidfx.people/9", "tracks": []}',
        *(
            f'{{"schema": "vidfx.people/1", "tracks": [{track}]}}'
            for track in (
                '{"track_id": 0, "person_id": 1}',
                '{"track_id": 1, "person_id": 1, "name": "=A()"}',
                '{"track_id": 1, "person_id": 1, "group": "a\\n"}',
                '{"track_id": 1, "person_id": 1, "score": 1.5}',
            )
        ),
        '{"schema": "vidfx.people/1", "tracks": ' + "[" * 100_000,
    ],
)
def test_a_damaged_file_is_one_line(tmp_path: Path, content: str):
    path = tmp_path / "a.people.json"
    path.write_text(content)
    with pytest.raises(InputError) as error:
        read_people(path)
    assert str(error.value).startswith(f"{path}: damaged: ")
    assert "\n" not in str(error.value)
