"""How fast to learn, on what size, and how sure to be at the end."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("torch")
import torch

from vidfx_training.export import calibration_error
from vidfx_training.loop import Schedule, average_into, fit_temperature, learning_rate, side_at


def test_the_learning_rate_rises_and_falls_to_nothing() -> None:
    schedule = Schedule(epochs=11, lr=0.2, warmup=1.0)
    assert learning_rate(schedule, 0.0) == 0
    assert learning_rate(schedule, 0.5) == pytest.approx(0.1)
    assert learning_rate(schedule, 1.0) == pytest.approx(0.2)
    assert learning_rate(schedule, 6.0) == pytest.approx(0.1)
    assert learning_rate(schedule, 11.0) == pytest.approx(0)
    after = [learning_rate(schedule, 1 + i / 10) for i in range(101)]
    assert after == sorted(after, reverse=True)


def test_no_warm_up_begins_at_the_peak() -> None:
    assert learning_rate(Schedule(epochs=4, lr=0.3, warmup=0.0), 0.0) == pytest.approx(0.3)


def test_a_run_shorter_than_its_warm_up() -> None:
    rates = [learning_rate(Schedule(epochs=1, lr=0.2, warmup=1.0), i / 4) for i in range(4)]
    assert rates == pytest.approx([0, 0.05, 0.1, 0.15])


def test_pictures_grow() -> None:
    schedule = Schedule(epochs=36)
    sides = [side_at(schedule, epoch) for epoch in range(36)]
    assert sides == [32] * 18 + [40] * 11 + [48] * 7
    assert side_at(Schedule(epochs=1), 0) == 32


def test_the_average_follows_weights_and_counts() -> None:
    kept, new = torch.nn.BatchNorm1d(2), torch.nn.BatchNorm1d(2)
    with torch.no_grad():
        new.weight.fill_(3.0)
    new.num_batches_tracked.fill_(5)
    average_into(kept, new, 0.75)
    assert kept.weight.tolist() == [1.5, 1.5]
    assert kept.num_batches_tracked.item() == 5


def labels_drawn_from(logits: torch.Tensor) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.multinomial(logits.softmax(1), 1, generator=generator).squeeze(1)


@pytest.mark.parametrize("temperature", [0.1, 0.5, 1.0, 3.0, 10.0])
def test_a_known_temperature_is_found(temperature: float) -> None:
    honest = torch.randn((20_000, 4), generator=torch.Generator().manual_seed(0)) * 1.5
    labels = labels_drawn_from(honest)
    assert fit_temperature(honest * temperature, labels) == pytest.approx(temperature, rel=0.05)


def test_the_logits_of_inference_can_be_fitted() -> None:
    with torch.inference_mode():
        logits = torch.randn((100, 3), generator=torch.Generator().manual_seed(0))
    assert math.isfinite(fit_temperature(logits, logits.argmax(1).clone()))


def test_where_there_is_no_best_temperature_it_stays_within_bounds() -> None:
    right = torch.tensor([0, 1, 2, 0])
    logits = torch.nn.functional.one_hot(right, 3).float() * 8
    assert fit_temperature(logits, right) == pytest.approx(1 / 20)
    assert fit_temperature(logits, (right + 1) % 3) == pytest.approx(20)


def test_calibration_error_of_known_cases() -> None:
    def error(confidence: list[float], right: list[int]) -> float:
        return calibration_error(np.array(confidence), np.array(right, bool))

    assert error([1.0] * 4, [1, 1, 1, 1]) == 0
    assert error([1.0] * 4, [0, 0, 0, 0]) == 1
    assert error([0.75] * 4, [1, 1, 1, 0]) == pytest.approx(0)
    assert error([0.9] * 10, [1] * 5 + [0] * 5) == pytest.approx(0.4)
    # Two bins that are wrong in opposite ways do not make up for each other.
    assert error([0.9, 0.9, 0.4, 0.4], [1, 0, 1, 1]) == pytest.approx((0.4 + 0.6) / 2)
    assert error([0.0, 1.0], [0, 1]) == 0
