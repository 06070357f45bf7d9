"""Finished videos with the names that `vidfx people` found since."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.corrections.corrected_rows import rows
from tests.saved.saved_videos import save_video
from vidfx.corrections.read import corrected
from vidfx.errors import InputError
from vidfx.output.track_tally import TrackTally
from vidfx.people.people_file import TrackPerson, write_people
from vidfx.saved.frames import read_settled
from vidfx.saved.people import people_path
from vidfx.saved.runs import SavedVideo, load_video
from vidfx.tables.corrected import with_corrections
from vidfx.tables.summaries import read

TWO = {1: range(20), 2: range(10, 50)}


@pytest.fixture
def video(tmp_path: Path) -> SavedVideo:
    tally = TrackTally(0.04)
    for some in rows(TWO):
        tally.add(some)
    return save_video(tmp_path, rows(TWO), tracks=tally.described())


def who(video: SavedVideo) -> dict[int, str | None]:
    """The name of each track at its end, by its rows; those of the tables must be the same."""
    found: dict[int, str | None] = {}
    for some in corrected(video):
        labels = some.faces.identity
        texts = labels.texts() if labels else [None] * len(some.faces)
        found |= zip(some.faces.track.tolist(), texts, strict=True)
    tables = with_corrections(video.path, read(video.path)).tracks
    assert {track.track_id: track.identity for track in tables} == found
    return found


def test_rows_tracks_and_tables_have_the_names(video: SavedVideo) -> None:
    assert who(video) == {1: None, 2: None} and not video.recognises
    ana = TrackPerson(2, 1, "named", "Ana", 0.75)
    write_people(people_path(video.path), [TrackPerson(1, 1, "unknown", score=0.1), ana])
    video = load_video(video.path)
    assert video.recognises
    assert who(video) == {1: "other", 2: "Ana"}
    assert [(t["identity"], t["identity_prob"]) for t in video.summary["tracks"]] == [
        ("other", 0.9),
        ("Ana", 0.75),
    ]
    for some in read_settled(video):
        assert some.faces.person is not None and (some.faces.person == 1).all()
        assert some.faces.identity is not None
        assert np.isin(some.faces.identity.prob, (0.9, 0.75)).all()


def test_corrections_count_more(video: SavedVideo) -> None:
    write_people(people_path(video.path), [TrackPerson(n, n, "named", "Ana", 1) for n in (1, 2)])
    file = video.path.with_name("talk.mp4.corrections.csv")
    file.write_text("track_id,from_s,to_s,action,value\n1,,,not,Ana\n2,,,rename,Bo\n")
    assert who(load_video(video.path)) == {1: "unknown", 2: "Bo"}


def test_persons_without_a_gallery_name_nobody(video: SavedVideo) -> None:
    write_people(people_path(video.path), [TrackPerson(1, 1), TrackPerson(2, 1)])
    video = load_video(video.path)
    assert not video.recognises
    assert who(video) == {1: None, 2: None}


def test_a_damaged_file_is_one_clear_line(video: SavedVideo) -> None:
    people_path(video.path).write_text("{")
    with pytest.raises(InputError, match=r"talk\.mp4\.people\.json: damaged: "):
        load_video(video.path)
    with pytest.raises(InputError, match=r"talk\.mp4\.people\.json: damaged: "):
        with_corrections(video.path, read(video.path))
