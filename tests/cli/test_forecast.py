"""How much of a run is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from vidfx.cli.console.forecast import SETTLED_S, Forecast
from vidfx.jobs.events import Advanced, Done, Planned, Started
from vidfx.jobs.plan import Job, Outputs


def job(folder: Path, name: str, size: int) -> Job:
    (folder / name).write_bytes(b"x" * size)
    return Job(folder / name, Outputs.of(folder / "out" / name))


class Clock:
    """Seconds, as the test sets them."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def done(job: Job, frames: int) -> Done:
    return Done(job, {"counts": {"frames": frames}})


def test_a_forecast_counts_pixels(tmp_path: Path) -> None:
    small, large, unknown = (job(tmp_path, n, s) for n, s in (("a", 10), ("b", 40), ("c", 50)))
    clock = Clock()
    forecast = Forecast(clock)
    forecast.handle(Planned((small, large, unknown)))
    clock.now += 60  # engines are loaded
    forecast.handle(Started(small, 10, 10, "h264", 100))  # 10,000 pixels, 1,000 a byte
    clock.now += SETTLED_S
    assert forecast.seconds_left() is None
    forecast.handle(Advanced(small, 50))
    # done 5,000 of 10,000; the others are guessed to be 40,000 and 50,000
    assert forecast.seconds_left() == pytest.approx(95_000 / 5_000 * SETTLED_S)
    forecast.handle(done(small, 100))
    assert forecast.seconds_left() == pytest.approx(90_000 / 10_000 * SETTLED_S)
    forecast.handle(Started(large, 100, 10, "h264", 10))
    forecast.handle(Advanced(large, 5))
    left = 5_000 + 50 * 20_000 / 50
    assert forecast.seconds_left() == pytest.approx(left / 15_000 * SETTLED_S)
    assert forecast.frames == 105 and forecast.ended == 1
    assert forecast.frames_per_second() == pytest.approx(105 / SETTLED_S)


def test_short_videos_count_whole_though_only_their_first_frames_are_reported(
    tmp_path: Path,
) -> None:
    """Of many, hardly any frame counted, so that seconds of work were said to be an hour."""
    videos = [job(tmp_path, f"{i}", 10) for i in range(10)]
    clock = Clock()
    forecast = Forecast(clock)
    forecast.handle(Planned(tuple(videos)))
    for video in videos[:8]:
        forecast.handle(Started(video, 10, 10, "h264", 75))
        forecast.handle(Advanced(video, 1))
        clock.now += 1.0
        forecast.handle(done(video, 75))
    assert forecast.seconds_left() == pytest.approx(2.0)


def test_nothing_is_forecast_before_its_rate_has_settled(tmp_path: Path) -> None:
    one = job(tmp_path, "a", 10)
    clock = Clock()
    forecast = Forecast(clock)
    forecast.handle(Planned((one,)))
    forecast.handle(Started(one, 10, 10, "h264", 4500))
    clock.now += 1.0
    forecast.handle(Advanced(one, 1))
    assert forecast.seconds_left() is None


def test_a_second_attempt_is_not_counted_twice(tmp_path: Path) -> None:
    one = job(tmp_path, "a", 10)
    forecast = Forecast()
    forecast.handle(Planned((one,)))
    forecast.handle(Started(one, 10, 10, "h264", 100))
    forecast.handle(Advanced(one, 80))
    forecast.handle(Started(one, 10, 10, "h264", 100))
    forecast.handle(Advanced(one, 10))
    assert forecast.frames == 10
