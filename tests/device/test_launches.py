"""How much the path of frames asks of a GPU, counted on the CPU: launches, waits, shapes."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")
import torch

from benchmarks.parts.device_work import counted
from benchmarks.parts.launches import BATCH, FACES, counts
from vidfx.device.transfers import Transfers


@pytest.mark.parametrize(
    ("how", "launches", "waits"),
    [({"planes": True}, 3, 2), ({"on_host": True}, 2, 1)],
    ids=["decoded on the GPU, with a video", "decoded on the CPU"],
)
def test_launches_of_a_frame_waits_of_a_batch_and_shapes_of_an_engine(
    how: dict[str, bool], launches: int, waits: int
) -> None:
    """1080p, six faces."""
    made = counts(**how)
    assert made.faces >= FACES * BATCH / 6  # a detection each fifth of a second
    assert made.launches_per_frame <= launches
    assert made.waits_per_batch <= waits
    assert all(len(shapes) <= 2 for shapes in made.shapes.values())


def test_views_and_allocations_are_no_launches() -> None:
    with counted() as work:
        made = torch.empty(4, 6).view(2, 2, 6)[:, 0].permute(1, 0).unsqueeze(0).expand(3, 6, 2)
    assert made.shape == (3, 6, 2) and not work.launches and not work.waits
    with counted() as work:
        ones = torch.ones(4, 6)
        ones[:, ::2] = ones.t().reshape(4, 6)[:, 1::2] * 2
    assert sorted(work.launches) == ["clone", "copy_", "mul", "ones"] and not work.waits


def test_what_the_host_must_wait_for_is_counted() -> None:
    values, device = torch.arange(6.0), torch.device("cpu")
    for work_of in (
        lambda: values.sum().item(),
        lambda: values[values > 2],
        lambda: torch.nonzero(values),
        lambda: torch.Tensor.cpu(values),
        lambda: torch.Tensor.tolist(values),
        lambda: float(values[0]),
        lambda: np.asarray(values),
        lambda: torch.linalg.inv(torch.eye(2)),
        lambda: values.to(device),
        lambda: torch.tensor([1], device=device),
    ):
        with counted() as work:
            work_of()
        assert work.waits.total() >= 1


def test_a_copy_is_waited_for_once_and_not_after_a_later_one() -> None:
    transfers = Transfers(torch.device("cpu"))
    with counted() as work, transfers.queue():
        first, second = (transfers.to_host(transfers.to_device(np.arange(n))) for n in (3, 4))
        np.testing.assert_array_equal(second.numpy(), np.arange(4))
        np.testing.assert_array_equal(first.numpy(), np.arange(3))
        second.numpy()
    assert work.waits == {"synchronize": 1} and work.launches == {"copy_": 4}
