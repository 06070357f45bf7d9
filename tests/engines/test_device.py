"""Where an engine runs, as users name it and as they are told."""

from __future__ import annotations

import pytest

from vidfx_engines.device import CPU, Device


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("cpu", CPU),
        ("cuda", Device("cuda")),
        ("cuda:0", Device("cuda", 0)),
        ("cuda:12", Device("cuda", 12)),
        ("cpu:0", None),
        ("cuda:", None),
        ("cuda:1000", None),
        ("tpu", None),
    ],
)
def test_what_is_parsed_is_printed_alike(text: str, device: Device | None) -> None:
    assert Device.parse(text) == device
    if device:
        assert str(device) == text


def test_people_read_the_name_of_a_gpu() -> None:
    assert CPU.label == "CPU"
    assert Device("cuda", 1, "NVIDIA L4").label == "CUDA:1 (NVIDIA L4)"
    assert Device("cuda", name="NVIDIA L4").label == "CUDA (NVIDIA L4)"
    assert Device("cuda").gpu_index == 0
