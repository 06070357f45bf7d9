"""At the end of a run there are tables and pages, and what is wrong with them ends nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.report.reported_videos import reported
from vidfx.config import Settings
from vidfx.jobs.events import Event, Notice
from vidfx.jobs.plan import Plan
from vidfx.run.overviews import write_overviews


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
