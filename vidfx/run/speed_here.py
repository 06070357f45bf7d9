"""How fast runs were on this machine, by which the time of the next one is estimated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from msgspec import Struct

from vidfx.config import SETTINGS, Settings
from vidfx.jobs.outcomes import Outcome
from vidfx.measurements import keep_measurement, read_measurement
from vidfx.version import __version__
from vidfx_engines.cards import visible_gpus
from vidfx_engines.cores import available_cores

FOLDER = "speed-of-runs"
LEAST_SECONDS = 10.0
"A shorter run was mostly start-up."
HARDLY_MATTER = ("start", "end", "overwrite", "grace", "stall_timeout", "file_column", "messages")


class Speed(Struct, frozen=True, forbid_unknown_fields=True):
    """Of the latest run with the same settings, and as many videos at once."""

    pixels_per_second: float


def remember_speed(settings: Settings, outcomes: Sequence[Outcome], seconds: float) -> None:
    """Store how long a run took for the videos that it annotated."""
    done = [outcome.pixels for outcome in outcomes if outcome.status == "done"]
    if seconds >= LEAST_SECONDS and sum(done):
        keep_measurement(FOLDER, _facts(settings, len(done)), Speed(sum(done) / seconds))


def expected_seconds(settings: Settings, outcomes: Sequence[Outcome]) -> float | None:
    """How long the videos of a dry run will take.

    None where the size of one, or a run like this one, is not known.
    """
    planned = [outcome.pixels for outcome in outcomes if outcome.status == "planned"]
    speed = read_measurement(FOLDER, _facts(settings, len(planned)), Speed)
    if speed is None or speed.pixels_per_second <= 0 or not all(planned):
        return None
    return sum(planned) / speed.pixels_per_second


def _facts(settings: Settings, videos: int) -> object:
    cores = available_cores()
    values = {n: v for n, v in asdict(settings).items() if n in SETTINGS}
    decisive = {n: v for n, v in values.items() if n not in HARDLY_MATTER}
    return __version__, cores, visible_gpus(), min(videos, cores), sorted(decisive.items())
