"""Names that `vidfx people` gave, which count until people correct them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corrections.corrected_rows import lines, names, rows
from tests.saved.saved_videos import save_video
from vidfx.corrections.apply import apply
from vidfx.corrections.names import TrackName, names_file, read_names, write_names
from vidfx.corrections.read import corrected, saved_corrections
from vidfx.errors import InputError
from vidfx.output.track_tally import TrackTally
from vidfx.saved.runs import SavedVideo
from vidfx.tables.corrected import with_corrections
from vidfx.tables.summaries import read

TWO = {1: range(20), 2: range(10, 50)}


@pytest.fixture
def video(tmp_path: Path) -> SavedVideo:
    return saved(tmp_path, "2026-11-28T10:00:00+00:00")


def saved(folder: Path, at: str) -> SavedVideo:
    tally = TrackTally(0.04)
    for some in rows(TWO):
        tally.add(some)
    return save_video(folder, rows(TWO), tracks=tally.described(), made={"at": at})


def who(video: SavedVideo) -> dict[int, tuple[str | None, float]]:
    """Name and probability of each track, at its end."""
    return {track: (name, prob) for track, name, prob in names(corrected(video)) if name}


def test_rows_and_tables_have_the_names_and_their_scores(video: SavedVideo) -> None:
    write_names(video, "group", [TrackName(2, "Person 1", 0.75, "group", "Person 1")])
    assert who(video) == {2: ("Person 1", 0.75)}
    summary = with_corrections(video.path, read(video.path))
    assert [(t.identity, t.identity_prob) for t in summary.tracks] == [
        (None, None),
        ("Person 1", 0.75),
    ]


def test_a_gallery_counts_more_than_a_group_and_a_person_most(video: SavedVideo) -> None:
    write_names(video, "gallery", [TrackName(2, "Ana", 0.9, "gallery")])
    write_names(video, "group", [TrackName(n, "Person 1", 0.75, "group") for n in (1, 2)])
    assert who(video) == {1: ("Person 1", 0.75), 2: ("Ana", 0.9)}
    assert [one.by for one in read_names(video)] == ["group", "gallery", "group"]
    file = video.path.with_name("talk.mp4.corrections.csv")
    file.write_text("track_id,from_s,to_s,action,value\n1,,,not,Person 1\n2,,,rename,Bo\n")
    assert who(video)[1][0] == "unknown" and who(video)[2] == ("Bo", 1.0)
    summary = with_corrections(video.path, read(video.path))
    assert [t.identity for t in summary.tracks] == ["unknown", "Bo"]
    write_names(video, "group", [])
    write_names(video, "gallery", [])
    assert read_names(video) == () and who(video) == {2: ("Bo", 1.0)}


def test_names_do_not_outlive_the_run_whose_tracks_they_are_of(
    tmp_path: Path, video: SavedVideo
) -> None:
    write_names(video, "group", [TrackName(2, "Person 1", 0.75, "group")])
    again = saved(tmp_path, "2026-11-28T11:00:00+00:00")
    assert read_names(again) == () and saved_corrections(again).lines == ()


def test_names_of_commands_are_no_part_of_what_people_corrected(video: SavedVideo) -> None:
    write_names(video, "group", [TrackName(9, "Person 1", 0.75, "group")])
    corrections = saved_corrections(video)
    assert corrections.fingerprint() and not corrections.by_people().fingerprint()
    assert not [*corrections.warnings()]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"schema": "vidfx.people/2", "made": "", "names": []}',
        '{"schema": "vidfx.people/1", "made": "", "names": [{"track": 1, "name": "=1+1", '
        '"score": 1, "by": "group"}]}',
    ],
)
def test_a_damaged_file_is_one_clear_line(video: SavedVideo, text: str) -> None:
    names_file(video.path).write_text(text)
    with pytest.raises(InputError, match=r"talk\.mp4\.people\.json: damaged: "):
        read_names(video)


def test_who_somebody_is_not_changes_only_rows_with_that_name() -> None:
    some = [*apply(rows(TWO), lines("1,,,rename,Ana", "2,,,rename,Bo"))]
    found = names(apply(some, lines("1,0.4,,not,Ana", "2,,,not,Ana")))
    assert [name for track, name, _ in found if track == 1] == ["Ana"] * 10 + ["unknown"] * 10
    assert {name for track, name, _ in found if track == 2} == {"Bo"}
