"""Which finished videos are drawn, where, and under which locks."""

from __future__ import annotations

from pathlib import Path

import pytest

from vidfx.errors import UsageError
from vidfx.jobs.locks import FOLDER
from vidfx.render.task import RenderOptions
from vidfx.run.render_jobs import plan_renders


def summary(*parts: str | Path) -> Path:
    path = Path(*parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")
    return path


def drawn(out: Path | None, *places: Path) -> list[Path]:
    return [job.outputs.video for job in plan_renders([*map(str, places)], out).jobs]


def test_beside_the_rows_or_below_another_folder(tmp_path: Path) -> None:
    summary(tmp_path, "day", "a.mp4.summary.json")
    named = summary(tmp_path, "b.mp4.summary.json")
    beside = [tmp_path / "b.mp4.rendered.mp4", tmp_path / "day" / "a.mp4.rendered.mp4"]
    assert drawn(None, tmp_path) == beside
    assert drawn(None, named, tmp_path) == beside
    out = tmp_path / "out"
    assert drawn(out, tmp_path) == [out / "b.mp4.rendered.mp4", out / "day/a.mp4.rendered.mp4"]


def test_names_that_would_be_shared_get_longer(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        summary(tmp_path, folder, "a.mp4.summary.json")
    videos = drawn(tmp_path / "out", tmp_path / "one", tmp_path / "two")
    assert videos == [tmp_path / "out" / n / "a.mp4.rendered.mp4" for n in ("one", "two")]


def test_photographs_are_left_out_of_folders(tmp_path: Path) -> None:
    photographs = summary(tmp_path, "photos.summary.json")
    with pytest.raises(UsageError, match=r"photos\.summary\.json: left out, it is of photographs"):
        plan_renders([str(tmp_path)], None)
    summary(tmp_path, "a.mp4.summary.json")
    plan = plan_renders([str(tmp_path)], None)
    assert len(plan.jobs) == 1 and len(plan.left_out) == 1
    assert len(plan_renders([str(photographs)], None).jobs) == 1


def test_the_locks_are_those_of_the_output_folder(tmp_path: Path) -> None:
    (tmp_path / "results" / FOLDER).mkdir(parents=True)
    summary(tmp_path, "results", "day", "a.mp4.summary.json")
    for out, locked_in in ((None, tmp_path / "results"), (tmp_path / "out", tmp_path / "out")):
        plan = plan_renders([str(tmp_path / "results" / "day")], out)
        (task,) = plan.tasks(RenderOptions(), overwrite=False, dry_run=False)
        assert task.locked_in == locked_in
    (task,) = plan.tasks(RenderOptions(), overwrite=False, dry_run=True)
    assert task.locked_in is None
