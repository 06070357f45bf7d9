"""From what people type to jobs."""

from __future__ import annotations

from pathlib import Path

import pytest

from vidfx.errors import NotMediaError
from vidfx.run.plan import plan


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def stems(root: Path, *inputs: str) -> list[str]:
    out = root / "out"
    work = plan(inputs, out)
    assert not work.refused
    return [
        str(job.outputs.summary.relative_to(out)).removesuffix(".summary.json") for job in work.jobs
    ]


def test_a_folder_is_mirrored(tmp_path: Path) -> None:
    touch(tmp_path, "in/b.mp4", "in/a.MOV", "in/day 2/a.mkv", "in/notes.txt", "in/.hidden.mp4")
    assert stems(tmp_path, f"{tmp_path}/in") == ["a", "b", "day 2/a"]


def test_equal_names_never_collide(tmp_path: Path) -> None:
    touch(tmp_path, "x/a.mp4", "x/a.mkv", "y/a.mp4")
    names = stems(tmp_path, f"{tmp_path}/x/a.mp4", f"{tmp_path}/x/a.mkv", f"{tmp_path}/y/a.mp4")
    assert len(set(names)) == 3
    assert names[1] == "a.mkv"
    assert names[0].endswith("x/a.mp4") and names[2].endswith("y/a.mp4")


def test_one_input_named_twice_is_one_job(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mp4")
    assert stems(tmp_path, f"{tmp_path}/in", f"{tmp_path}/in/a.mp4") == ["a"]


def test_globs_and_lists(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mp4", "in/b.mp4", "in/[c].mp4")
    assert stems(tmp_path, f"{tmp_path}/in/?.mp4") == ["a", "b"]
    assert stems(tmp_path, f"{tmp_path}/in/[c].mp4") == ["[c]"]
    (tmp_path / "list.txt").write_text("# mine\nin/b.mp4\n\nin/a.mp4\n")
    assert stems(tmp_path, f"{tmp_path}/list.txt") == ["b", "a"]


def test_results_are_not_inputs(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mp4", "in/out/a.annotated.mp4")
    assert stems(tmp_path, f"{tmp_path}/in") == ["a"]


def test_a_folder_of_pictures_is_one_sequence(tmp_path: Path) -> None:
    touch(tmp_path, "in/shot.v1/0001.png", "in/shot.v1/0002.png", "in/clip.mp4")
    assert stems(tmp_path, f"{tmp_path}/in") == ["clip", "shot.v1"]


@pytest.mark.parametrize("text", ["nothing.mp4", "*.nothing", "empty", "empty.txt", "bad\0name"])
def test_what_cannot_be_a_job_is_refused(tmp_path: Path, text: str) -> None:
    touch(tmp_path, "empty/readme.md", "empty.txt", "ok.mp4")
    work = plan([f"{tmp_path}/{text}", f"{tmp_path}/ok.mp4"], tmp_path / "out")
    ((_, error),) = work.refused
    assert isinstance(error, NotMediaError) and error.hint
    assert [job.source.name for job in work.jobs] == ["ok.mp4"]
