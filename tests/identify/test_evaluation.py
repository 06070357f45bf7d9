"""Finished videos against who is really seen in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.corrections.corrected_rows import rows
from tests.saved.saved_videos import save_video
from tests.vidfx_command import vidfx
from vidfx.errors import InputError
from vidfx.identify.evaluation import evaluate_truth, read_truth
from vidfx.output.track_tally import TrackTally
from vidfx.people.people_file import TrackPerson, write_people
from vidfx.saved.people import people_path

TWO = {1: range(20), 2: range(25, 50)}
HEADER = "video,person,from_s,to_s,x_px,y_px\n"


def add_video(out: Path, name: str, called: Mapping[int, str | None], person: int = 1) -> None:
    """Results with two tracks, which are called so; the second has the number ``person``."""
    tally = TrackTally(0.04)
    for some in rows(TWO):
        tally.add(some)
    video = save_video(out, rows(TWO), name=name, tracks=tally.described())
    tracks = [
        TrackPerson(1, 1, group=called[1]),
        TrackPerson(2, person, group=called[2]),
    ]
    write_people(people_path(video.path), tracks)


def truth(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "truth.csv"
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines))
    return path


def test_one_person_throughout(tmp_path):
    add_video(tmp_path / "out", "a.mp4", {1: "Ana", 2: "Ana"})
    found = evaluate_truth(tmp_path / "out", read_truth(truth(tmp_path, "a.mp4,Ana,,,,")))
    assert (found["tracks"], found["rows"], found["rows_named_right"]) == (2, 45, 1)
    assert found["b_cubed"]["f1"]["value"] == found["pairwise"]["f1"]["value"] == 1
    assert found["track_id"]["switches"] == 1
    assert found["track_id"]["idf1"]["value"] == pytest.approx(2 * 25 / 90)
    assert found["person_id"]["switches"] == 0 and found["person_id"]["idf1"]["value"] == 1


def test_groups_over_two_videos(tmp_path):
    out = tmp_path / "out"
    add_video(out, "a.mp4", {1: "Person 1", 2: "Person 2"}, person=2)
    add_video(out, "b.mp4", {1: "Person 1", 2: "Person 1"})
    seen = ("Ana,,0.9,,", "Bo,0.9,,,")
    lines = [f"{video}.mp4,{one}" for video in "ab" for one in seen]
    found = evaluate_truth(out, read_truth(truth(tmp_path, *lines)))
    assert found["people"] == 2 and found["tracks"] == 4
    assert found["b_cubed"]["precision"]["value"] == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1) / 4)
    assert found["b_cubed"]["recall"]["value"] == pytest.approx((1 + 1 + 1 / 2 + 1 / 2) / 4)
    assert found["rows_named_right"] == 0 and found["rows_misnamed"] == 1
    assert found["identity"]["idf1"]["value"] == pytest.approx(65 / 90)
    assert found["track_id"]["idf1"]["value"] == 1  # of people within each video


def test_a_point_says_which_face(tmp_path):
    add_video(tmp_path / "out", "a.mp4", {1: "Ana", 2: None}, person=2)
    path = truth(tmp_path, "a.mp4,Ana,,,-500,-500")
    with pytest.raises(InputError, match="no row shows somebody of the truth"):
        evaluate_truth(tmp_path / "out", read_truth(path))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("a.mp4,Ana,x,,,", "line 2: could not convert"),
        ("a.mp4,,,,,", "line 2: person: empty"),
        ("a.mp4,Ana,,,3,", "line 2: x_px and y_px: only one"),
    ],
)
def test_a_wrong_line_is_named(lines, message, tmp_path):
    with pytest.raises(InputError, match=message):
        read_truth(truth(tmp_path, lines))


def test_the_command(tmp_path):
    add_video(tmp_path / "out", "a.mp4", {1: "Ana", 2: "Ana"})
    path = truth(tmp_path, "a.mp4,Ana,,,,")
    done = vidfx("evaluate", tmp_path / "out", "--truth", path)
    assert done.exit_code == 0 and json.loads(done.stdout)["rows_named_right"] == 1
    path.write_text("file,who\n")
    refused = vidfx("evaluate", tmp_path / "out", "--truth", path)
    assert refused.exit_code == 1 and "without the column person" in refused.stderr
    assert vidfx("evaluate", "a", "b", "--truth", path).exit_code == 2
