"""Batches of fixed sizes, prepared in a thread: what every engine on torch tensors does."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
import torch

from tests.engines import toys
from vidfx_engines.backends.device_engine import DeviceEngine, RunsOn
from vidfx_engines.base import PreparesShapes
from vidfx_engines.device import CPU
from vidfx_engines.errors import EngineRunError
from vidfx_engines.spec import InputSpec

WHERE = RunsOn("recording", "Recording", CPU, torch.device("cpu"), "f32")


class Recording:
    """A network that sums pixels; it records shapes and threads."""

    output_sides = ((None, 3),)

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.shapes: list[tuple[int, ...]] = []
        self.threads: set[int] = set()
        self.may_run = threading.Event()
        self.may_run.set()

    def __call__(self, pixels: Any) -> tuple[Any, ...]:
        assert self.may_run.wait(10)
        if self.error:
            raise self.error
        self.shapes.append(tuple(pixels.shape))
        self.threads.add(threading.get_ident())
        return (pixels.sum((2, 3)).float(),)


SPEC = replace(
    toys.identity_spec(), labels=("a", "b", "c"), input=InputSpec("x", dtype="uint8", size=32)
)
DETECTOR = replace(SPEC, labels=(), input=InputSpec("x", dtype="uint8"))


def pixels(n: int, *sides: int) -> torch.Tensor:
    return torch.randint(0, 256, (n, 3, *sides), dtype=torch.uint8)


def test_any_number_of_pictures_makes_at_most_two_shapes() -> None:
    for spec, most in ((SPEC, 2), (DETECTOR, 1)):
        network = Recording()
        engine = DeviceEngine(spec, network, WHERE)
        engine.prepare(32, 32)
        for n in (1, 2, 7, 8, 9, 16, 17, 63, 64, 65, 150):
            batch = pixels(n, 32, 32)
            torch.testing.assert_close(engine.run_tensor(batch)[0], batch.sum((2, 3)).float())
        assert len(set(network.shapes)) == most


def test_all_shapes_are_prepared_in_a_thread_once() -> None:
    network = Recording()
    engine = DeviceEngine(DETECTOR, network, WHERE)
    assert isinstance(engine, PreparesShapes)
    network.may_run.clear()
    engine.prepare(384, 640)  # returns while nothing may run
    engine.prepare(384, 640)
    network.may_run.set()
    engine.run_tensor(pixels(3, 384, 640))
    assert network.shapes == [(16, 3, 384, 640)] * 2
    assert len(network.threads) == 2
    engine.prepare(64, 64)
    engine.close()


def test_what_the_preparation_raised_is_raised_by_the_first_run() -> None:
    engine = DeviceEngine(SPEC, Recording(RuntimeError("no memory")), WHERE)
    engine.prepare(32, 32)
    with pytest.raises(EngineRunError, match="people: Recording: no memory"):
        engine.run(np.zeros((1, 32, 32, 3), np.uint8))


def test_a_closed_engine_raises() -> None:
    engine = DeviceEngine(SPEC, Recording(), WHERE)
    engine.close()
    engine.close()
    with pytest.raises(EngineRunError, match="people: closed"):
        engine.run_tensor(pixels(1, 32, 32))
