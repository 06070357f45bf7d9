"""Results that earlier runs gave another name are found, and no two inputs share any."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.jobs.test_plan import stems
from vidfx.jobs.content import content_hash
from vidfx.jobs.plan import plan_jobs


def video(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def summary(
    tmp_path: Path, name: str, *inputs: tuple[str, int], content: str | None = None
) -> None:
    """The summary of a run whose input had these file names and sizes, and this hash."""
    path = tmp_path / "out" / f"{name}.summary.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    about = {"content_hash": {"hex": content}} if content else {}
    fingerprint = {"input": [[*facts, 0] for facts in inputs]}
    path.write_text(json.dumps({"input": about, "fingerprint": fingerprint}))


def test_results_under_the_shorter_name_of_earlier_versions_keep_it(tmp_path: Path) -> None:
    video(tmp_path / "in/talk.mkv", b"123")
    summary(tmp_path, "talk", ("talk.mkv", 3))
    assert stems(tmp_path, f"{tmp_path}/in") == ["talk"]
    video(tmp_path / "in/talk.mp4", b"12345")
    work = plan_jobs([f"{tmp_path}/in"], tmp_path / "out")
    assert [j.outputs.summary.name for j in work.jobs] == [
        "talk.summary.json",
        "talk.mp4.summary.json",
    ]
    (line,) = work.notices
    assert "1 of the inputs has results" in line and "talk.summary.json is of talk.mkv" in line
    assert stems(tmp_path, f"{tmp_path}/in/talk.mp4") == ["talk.mp4"]


def test_an_input_that_was_named_otherwise_before_is_not_done_again(tmp_path: Path) -> None:
    video(tmp_path / "x/day/a.mp4", b"123")
    video(tmp_path / "y/day/a.mp4", b"12345")
    x, y = f"{tmp_path}/x", f"{tmp_path}/y"
    assert stems(tmp_path, x, y) == ["x/day/a.mp4", "y/day/a.mp4"]
    summary(tmp_path, "day/a.mp4", ("a.mp4", 3))  # x was done alone
    assert stems(tmp_path, x, y) == ["day/a.mp4", "y/day/a.mp4"]
    assert stems(tmp_path, f"{x}/day/a.mp4") == ["day/a.mp4"]  # by its own name
    summary(tmp_path, "y/day/a.mp4", ("a.mp4", 5))
    assert stems(tmp_path, y) == ["y/day/a.mp4"]


def test_another_file_of_the_same_name_and_size_has_results_of_its_own(tmp_path: Path) -> None:
    video(tmp_path / "in/cam2/rec.y4m", b"123")
    of_first = content_hash([tmp_path / "in/cam2/rec.y4m"])
    summary(tmp_path, "rec.y4m", ("rec.y4m", 3), content=of_first)
    assert stems(tmp_path, f"{tmp_path}/in") == ["rec.y4m"]  # the date differs only
    video(tmp_path / "in/cam2/rec.y4m", b"456")
    assert stems(tmp_path, f"{tmp_path}/in") == ["cam2/rec.y4m"]


def test_results_under_the_own_name_are_taken_first(tmp_path: Path) -> None:
    video(tmp_path / "in/a.mp4", b"123")
    summary(tmp_path, "a", ("a.mp4", 3))
    summary(tmp_path, "a.mp4", ("a.mp4", 3))
    assert stems(tmp_path, f"{tmp_path}/in") == ["a.mp4"]


def test_two_copies_of_a_file_do_not_share_results(tmp_path: Path) -> None:
    for name in ("in/a.mp4", "in/x/a.mp4", "in/y/a.mp4"):
        video(tmp_path / name, b"123")
    summary(tmp_path, "a", ("a.mp4", 3))
    assert sorted(stems(tmp_path, f"{tmp_path}/in")) == ["a", "x/a.mp4", "y/a.mp4"]
    summary(tmp_path, "a.mp4", ("a.mp4", 3))
    summary(tmp_path, "x/a.mp4", ("a.mp4", 3))
    assert stems(tmp_path, f"{tmp_path}/in") == ["a.mp4", "x/a.mp4", "y/a.mp4"]


def test_a_folder_of_pictures_keeps_its_name(tmp_path: Path) -> None:
    for number in (1, 2):
        video(tmp_path / f"in/shot/frame{number}.png", b"x" * number)
    summary(tmp_path, "in/shot", ("frame1.png", 1), ("frame2.png", 2))
    assert stems(tmp_path, f"{tmp_path}/in") == ["in/shot"]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"fingerprint": {"input": [7]}}'])
def test_a_summary_that_says_nothing_is_no_one_s(tmp_path: Path, content: Any) -> None:
    video(tmp_path / "in/a.mp4", b"123")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a.summary.json").write_text(content)
    assert stems(tmp_path, f"{tmp_path}/in") == ["a.mp4"]
