"""How long a run will take, by the latest one like it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from vidfx.config import Settings
from vidfx.jobs.outcomes import Outcome
from vidfx.run.speed_here import expected_seconds, remember_speed


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_a_run_like_an_earlier_one_takes_as_long() -> None:
    settings = Settings()
    done = [Outcome("a", "done", pixels=600), Outcome("b", "failed"), Outcome("c", "skipped")]
    planned = [Outcome("d", "planned", pixels=1200), Outcome("e", "skipped")]
    assert expected_seconds(settings, planned) is None
    remember_speed(settings, done, 9.0)  # mostly start-up
    assert expected_seconds(settings, planned) is None
    remember_speed(settings, done, 60.0)
    assert expected_seconds(settings, planned) == pytest.approx(120.0)
    assert expected_seconds(replace(settings, end=5.0), planned) == pytest.approx(120.0)
    assert expected_seconds(replace(settings, video=False), planned) is None
    assert expected_seconds(settings, [*planned, Outcome("f", "planned")]) is None
