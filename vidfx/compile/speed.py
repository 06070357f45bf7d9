"""Compare the speed of engines, interleaved, so that noise affects all of them equally."""

from __future__ import annotations

import time
from collections.abc import Mapping
from statistics import median

import numpy as np

from vidfx_engines.base import Engine

ROUNDS = 7
SHORTEST = 0.03
"""Seconds, minimum length of a measurement."""


def pictures_per_second(
    engines: Mapping[str, Engine], batch: np.ndarray, *, rounds: int = ROUNDS
) -> dict[str, float]:
    """Median pictures/s of ``rounds`` alternating runs of every engine on ``batch``, by name."""
    repeats: dict[str, int] = {}
    for name, engine in engines.items():
        engine.run(batch)
        repeats[name] = max(1, round(SHORTEST / max(1e-6, _seconds(engine, batch, 1))))
    samples: dict[str, list[float]] = {name: [] for name in engines}
    for _ in range(rounds):
        for name, engine in engines.items():
            spent = _seconds(engine, batch, repeats[name])
            samples[name].append(len(batch) * repeats[name] / spent)
    return {name: median(found) for name, found in samples.items()}


def _seconds(engine: Engine, batch: np.ndarray, repeats: int) -> float:
    started = time.perf_counter()
    for _ in range(repeats):
        engine.run(batch)
    return time.perf_counter() - started
