"""What vidfx itself puts into an output folder is no input."""

from __future__ import annotations

from pathlib import Path

from vidfx.jobs.plan import plan_jobs


def test_pictures_of_a_report_are_no_photographs(tmp_path: Path) -> None:
    for name in ("out/.vidfx/alive", "out/report/faces/a.mp4.jpg", "report/mine.mp4", "out/b.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    plan = plan_jobs([str(tmp_path)], tmp_path / "new")
    names = sorted(str(job.source.relative_to(tmp_path)) for job in plan.jobs)
    assert names == ["out/b.mp4", "report/mine.mp4"] and not plan.photographs


def test_clips_sheets_and_exports_of_results_are_no_inputs(tmp_path: Path) -> None:
    made = ("clips/clips.csv", "clips/a.mp4.00001.000-00002.000.mkv", "a.mp4.overlay.mkv")
    pictures = ("a.mp4.thumbnails.jpg", "sheets/a.mp4.track-0001.jpg")
    for name in (".vidfx/alive", *made, *pictures, "day/clips/b.mp4", "a.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    plan = plan_jobs([str(tmp_path)], tmp_path / "new")
    names = sorted(str(job.source.relative_to(tmp_path)) for job in plan.jobs)
    assert names == ["a.mp4", "day/clips/b.mp4"] and not plan.photographs
    (clip,) = plan_jobs([str(tmp_path / "clips")], tmp_path / "new").jobs
    assert clip.source.name == "a.mp4.00001.000-00002.000.mkv"
