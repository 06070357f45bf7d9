"""The device that a training runs on."""

from __future__ import annotations

import pytest
import torch

from vidfx_training import torch_device
from vidfx_training.errors import TrainingError


def cards(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)


@pytest.mark.parametrize(
    ("count", "asked", "found"),
    [
        (0, "auto", "cpu"),
        (1, "auto", "cuda:0"),
        (2, "cpu", "cpu"),
        (2, "cuda", "cuda:0"),
        (2, "cuda:1", "cuda:1"),
    ],
)
def test_the_device(monkeypatch: pytest.MonkeyPatch, count: int, asked: str, found: str) -> None:
    cards(monkeypatch, count)
    assert torch_device.choose_device(asked) == torch.device(found)


@pytest.mark.parametrize(
    ("count", "asked", "told"),
    [(0, "cuda", "finds 0 CUDA GPUs"), (2, "cuda:2", "finds 2 CUDA GPUs"), (1, "gpu", "no such"),
     (1, "cuda:x", "no such"), (1, "cuda:-1", "no such"), (1, "", "no such")],
)  # fmt: skip
def test_a_device_that_is_not_there_is_reported(
    monkeypatch: pytest.MonkeyPatch, count: int, asked: str, told: str
) -> None:
    cards(monkeypatch, count)
    with pytest.raises(TrainingError, match=told) as raised:
        torch_device.choose_device(asked)
    assert raised.value.hint
