"""At the end of a run there are tables and pages, and what is wrong with them ends nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.report.reported_videos import reported
from tests.tables.batches import save_summary
from tests.vidfx_command import read_csv
from vidfx.config import Settings
from vidfx.jobs.events import Event, Notice
from vidfx.jobs.plan import Plan
from vidfx.run.overviews import write_overviews
from vidfx.tables import counted as counted_module
from vidfx.tables.summaries import Summary, read


def overviews(out: Path, *, report: bool = True) -> list[str]:
    """The notices of a run into ``out``."""
    events: list[Event] = []
    plan = Plan(out, (), (), (), (), ())
    write_overviews(plan, Settings(report=report), events.append)
    return [event.text for event in events if isinstance(event, Notice)]


def test_tables_and_pages(tmp_path: Path) -> None:
    reported(tmp_path)
    assert overviews(tmp_path) == [f"all results: {tmp_path}/report/index.html"]
    assert (tmp_path / "report/data/talk.mp4.js").exists()
    assert (tmp_path / "tables/tracks.csv").exists()


def test_no_pages_where_none_are_wanted(tmp_path: Path) -> None:
    reported(tmp_path)
    assert overviews(tmp_path, report=False) == []
    assert not (tmp_path / "report").exists()


@pytest.mark.parametrize("blocked", ["report", "tables"])
def test_what_cannot_be_written_is_a_warning(blocked: str, tmp_path: Path) -> None:
    reported(tmp_path)
    (tmp_path / blocked).write_text("in the way")
    assert any(f"warning: no {blocked}: " in text for text in overviews(tmp_path))


def test_a_damaged_video_is_named(tmp_path: Path) -> None:
    reported(tmp_path).faces.unlink()
    assert any("not in the report" in text for text in overviews(tmp_path))


@pytest.mark.parametrize("blocked", ["", "tables", "tables/people.csv"])
def test_each_summary_is_counted_once(
    blocked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []

    def reads(path: Path) -> Summary:
        counted.append(path.name)
        return read(path)

    monkeypatch.setattr(counted_module, "read", reads)
    for name in ("a.mp4", "b.mp4"):
        reported(tmp_path, name)
    if blocked == "tables":
        (tmp_path / "tables").write_text("in the way")
    elif blocked:
        (tmp_path / blocked).mkdir(parents=True)
    assert overviews(tmp_path)[-1] == f"all results: {tmp_path}/report/index.html"
    assert counted == ["a.mp4.summary.json", "b.mp4.summary.json"]
    index = (tmp_path / "report/data/index.js").read_text()
    assert "a.mp4" in index and "b.mp4" in index


def test_a_fault_of_one_video_leaves_the_tables_of_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.mp4", "b.mp4"):
        save_summary(tmp_path, name, [])

    def reads(path: Path) -> Summary:
        if path.name.startswith("a"):
            raise RuntimeError("odd")
        return read(path)

    monkeypatch.setattr(counted_module, "read", reads)
    assert any("unexpected RuntimeError: odd" in text for text in overviews(tmp_path, report=False))
    rows = read_csv(tmp_path / "tables" / "videos.csv")
    assert [row["status"] for row in rows] == ["damaged", "done"]


def test_a_folder_without_a_video_has_one_warning(tmp_path: Path) -> None:
    (warning,) = overviews(tmp_path)
    assert warning.startswith("warning: no tables and no report: ")
