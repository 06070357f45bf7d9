"""Lines that fit nothing, or contradict each other, are told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.corrections.corrected_rows import rows
from tests.saved.saved_videos import save_video
from vidfx.cli.app import app
from vidfx.corrections.check import Checked, check_videos
from vidfx.corrections.read import read_corrections, saved_corrections
from vidfx.people.groups_file import Groups, write_groups
from vidfx.saved.runs import SavedVideo

HEADER = "track_id,from_s,to_s,action,value\n"


@pytest.fixture
def video(tmp_path: Path) -> SavedVideo:
    return save_video(tmp_path / "day", rows({1: range(20), 2: range(10, 50)}, 300))


def check(video: SavedVideo, *lines: str) -> list[Checked]:
    file = video.path.with_name("talk.mp4.corrections.csv")
    file.write_text(HEADER + "\n".join(lines))
    found = {checked.place.rpartition(" ")[2]: checked for checked in check_videos([video.path])}
    return [found[str(number)] for number in range(2, 2 + len(lines))]


def test_the_rows_of_each_line_are_counted(video: SavedVideo) -> None:
    found = check(video, "1,,,rename,Ana", "2,0.4,0.8,hide,", "2,1,,split,7", "7,,1.2,drop,")
    assert [(one.verdict, one.rows, one.track) for one in found] == [
        *(("fits", 20, 1), ("fits", 11, 2), ("fits", 25, 2), ("fits", 6, 7))
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("9,,,rename,Ana", "there is no track 9 after splits, merges and drops"),
        ("9,1,,split,10", "there is no track 9"),
        ("1,3,5,hide,", "track 1 is from 0.000 s to 0.760 s, and not then"),
        ("1,0.001,0.002,hide,", "not then"),
        ("5,0.013,,box,1 1 9 9", "needs boxes at two times"),
        ("5,1,,box,none", "needs boxes at two times"),
        ("1,,,hail,", "is not one of"),
    ],
)
def test_a_line_that_fits_nothing_is_a_problem(line: str, why: str, video: SavedVideo) -> None:
    (found,) = check(video, line)
    assert found.verdict == "problem" and why in found.why


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (("1,,,rename,Ana", "1,,,rename,Bo"), "line 3 contradicts it, and counts"),
        (("1,0.1,0.2,hide,", "1,0,0.5,show,"), "line 3 contradicts it, and counts"),
        (("1,,,expression,sad", "1,,,expression,sad"), "line 3 says it again"),
    ],
)
def test_a_line_that_a_later_one_replaces_is_a_problem(
    lines: tuple[str, ...], why: str, video: SavedVideo
) -> None:
    first, second = check(video, *lines)
    assert first.verdict == "problem" and first.why.endswith(why) and second.verdict == "fits"


def test_an_exception_to_an_earlier_line_is_none(video: SavedVideo) -> None:
    found = check(video, "1,,,hide,", "1,0.1,0.2,show,", "2,,,rename,A", "2,,0.6,rename,B")
    assert {one.verdict for one in found} == {"fits"}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("2,,,merge,1", "10 of its rows keep their number: track 1 is on these frames"),
        ("2,1,,merge,8", "there is no track 8 that it could become part of"),
        ("2,1,,split,1", "track 1 is there already"),
        ("1,0,,box,-9 -9 -1 -1\n1,1,,box,none", "outside of the picture, which has 640 x 360 px"),
    ],
)
def test_what_a_line_does_not_do_is_noted(line: str, why: str, video: SavedVideo) -> None:
    found = check(video, line)[0]
    assert found.verdict == "note" and why in found.why


def test_numbers_that_another_run_gave_to_other_faces_are_problems(
    tmp_path: Path, video: SavedVideo
) -> None:
    check(video, "1,,,show,", "2,,,hide,")
    sha256 = read_corrections(video.path, video.expressions).fingerprint()
    again = save_video(
        tmp_path / "day",
        rows({1: range(20), 2: range(50)}),
        corrections={"sha256": sha256, "other_faces": [1]},
    )
    found = check(again, "1,,,show,", "2,,,hide,")
    assert [one.verdict for one in found] == ["problem", "fits"]
    assert "was another face before" in found[0].why
    corrections = saved_corrections(again)
    assert [line.action for line in corrections.lines] == ["hide"]
    assert [*corrections.warnings()] and corrections.left_out[0].action == "show"
    assert check(again, "1,,,show,", "2,,,show,")[0].verdict == "fits"


def test_lines_of_no_video_are_problems_and_wrong_files_are_reported_once(
    tmp_path: Path, video: SavedVideo
) -> None:
    save_video(tmp_path / "day", rows({1: range(3)}, 3), name="two.mp4")
    (tmp_path / "day" / "lost.mp4.corrections.csv").write_text(HEADER)
    (tmp_path / ".vidfx").mkdir()
    (tmp_path / ".vidfx" / "ledger.sqlite").touch()
    batch = tmp_path / "corrections.csv"
    batch.write_text("video," + HEADER + "day/gone.mp4,1,,,drop,\n,1,,,drop,\n")
    (tmp_path / "day" / "corrections.csv").write_text("")
    out = CliRunner().invoke(app, ["corrections", "check", str(tmp_path), "--json"])
    assert out.exit_code == 1
    found = {Path(one["place"]).name: one["why"] for one in json.loads(out.stdout)["lines"]}
    assert len(json.loads(out.stdout)["lines"]) == len(found) == 4
    assert found["corrections.csv"].startswith("it is not read")
    assert found["corrections.csv, line 2"].startswith("there is no ")
    assert found["corrections.csv, line 3"] == "video is empty"
    assert found["lost.mp4.corrections.csv"] == "there is no lost.mp4.summary.json beside it"


def test_the_command_writes_a_table_and_its_exit_code_says_whether_all_fits(
    video: SavedVideo,
) -> None:
    check(video, "1,,,rename,Ana")
    out = CliRunner().invoke(app, ["corrections", "check", str(video.path)])
    assert out.exit_code == 0 and "rename" in out.stdout and "1 line, 0 problems" in out.stdout
    check(video, "9,,,rename,Ana")
    out = CliRunner().invoke(app, ["corrections", "check", str(video.path.parent)])
    assert out.exit_code == 1 and "problem: " in out.stdout


def test_a_line_within_a_later_one_is_told_whatever_their_order(video: SavedVideo) -> None:
    """Compared with the search through all later lines, of lines of one track."""
    spans = [(n * 7919 % 13 / 100, n * 104729 % 29 / 50 + 0.13) for n in range(60)]
    found = check(video, *(f"2,{start},{end},hide," for start, end in spans))
    told = [n for n, one in enumerate(found) if "says it again" in one.why]
    assert told == [
        n
        for n, (start, end) in enumerate(spans)
        if found[n].rows and any(s <= start and end <= e for s, e in spans[n + 1 :])
    ]
    assert 10 < len(told) < 60


def check_of_people(video: SavedVideo, *lines: str) -> list[Checked]:
    header = "video,track_id,from_s,to_s,action,value\n"
    (video.path.parent / "corrections.csv").write_text(header + "\n".join(lines))
    return [checked for checked in check_videos([video.path]) if checked.track is None]


def test_a_line_about_a_person_who_is_nobody_is_a_problem(tmp_path: Path) -> None:
    tracks = [{"track_id": 1, "identity": "Ana"}, {"track_id": 2, "identity": "unknown"}]
    video = save_video(tmp_path / "day", rows({1: range(20), 2: range(10, 50)}), tracks=tracks)
    write_groups(video.path.parent, Groups(names={"Person 7": "Person 7"}))
    found = check_of_people(
        video,
        "*,Person 7,,,rename,Bo",
        "*,person 8,,,merge,Bo",
        "*,Person 7,,,rename,Cy",
        "*,Bo,,,merge,Ana",
        "talk.mp4,2,,,rename,Dora",
        "*,Dora,,,rename,Eve",
    )
    verdicts = [(one.place.rpartition(" ")[2], one.verdict, one.action) for one in found]
    assert verdicts == [
        *(("2", "fits", "rename"), ("3", "problem", "merge"), ("4", "problem", "rename")),
        *(("5", "fits", "merge"), ("7", "fits", "rename")),
    ]
    assert found[1].why == "nobody is called person 8 in these results"
    assert "Person 7 is Bo already, by " in found[2].why and "line 2" in found[2].why


def test_a_wrong_line_about_a_person_is_told_once(video: SavedVideo) -> None:
    (found,) = check_of_people(video, "*,Ana,,,hide,", "*,Nobody,,,rename,Bo")
    assert found.verdict == "problem" and "is not one of rename, merge" in found.why
