"""How much of a run is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from vidfx.cli.console.forecast import Forecast
from vidfx.jobs.events import Advanced, Done, Planned, Started
from vidfx.jobs.plan import Job, Outputs


def job(folder: Path, name: str, size: int) -> Job:
    (folder / name).write_bytes(b"x" * size)
    return Job(folder / name, Outputs.of(folder / "out" / name))


def test_a_forecast_counts_pixels(tmp_path: Path) -> None:
    small, large, unknown = (job(tmp_path, n, s) for n, s in (("a", 10), ("b", 40), ("c", 50)))
    forecast = Forecast()
    forecast.handle(Planned((small, large, unknown)))
    assert forecast.seconds_left(1.0) is None
    forecast.handle(Started(small, 10, 10, "h264", 100))  # 10,000 pixels, 1,000 a byte
    forecast.handle(Advanced(small, 50))
    # done 5,000 of 10,000; the others are guessed to be 40,000 and 50,000
    assert forecast.seconds_left(1.0) == pytest.approx(95_000 / 5_000)
    forecast.handle(Done(small, {}))
    assert forecast.seconds_left(1.0) == pytest.approx(90_000 / 5_000)
    forecast.handle(Started(large, 100, 10, "h264", 10))
    forecast.handle(Advanced(large, 5))
    assert forecast.seconds_left(2.0) == pytest.approx((5_000 + 50 * 20_000 / 50) * 2 / 10_000)
    assert forecast.frames == 55 and forecast.ended == 1


def test_a_second_attempt_is_not_counted_twice(tmp_path: Path) -> None:
    one = job(tmp_path, "a", 10)
    forecast = Forecast()
    forecast.handle(Planned((one,)))
    forecast.handle(Started(one, 10, 10, "h264", 100))
    forecast.handle(Advanced(one, 80))
    forecast.handle(Started(one, 10, 10, "h264", 100))
    forecast.handle(Advanced(one, 10))
    assert forecast.frames == 10
