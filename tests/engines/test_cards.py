"""The cards of a machine, by the driver's files and CUDA_VISIBLE_DEVICES."""

from __future__ import annotations

from pathlib import Path

import pytest

from vidfx_engines.cards import Card, cards, visible_gpus


@pytest.mark.parametrize(
    ("name", "decoders", "encodes"),
    [
        ("NVIDIA H200", 7, False),
        ("NVIDIA H100 80GB HBM3", 7, False),
        ("NVIDIA A100-SXM4-80GB", 5, False),
        ("NVIDIA L4", 4, True),
        ("NVIDIA L40S", 1, True),
        ("Tesla T4", 2, True),
        ("NVIDIA GeForce RTX 4090", 1, True),
        ("", 1, True),
    ],
)
def test_what_a_card_can_do_is_known_by_its_name(name: str, decoders: int, encodes: bool) -> None:
    assert (Card(name).decoders, Card(name).encodes) == (decoders, encodes)


def test_the_driver_lists_the_cards(tmp_path: Path) -> None:
    assert cards(tmp_path / "none") == ()
    for place, text in (
        ("0000:01:00.0", "Model: \t\t NVIDIA L4\nIRQ:   1\n"),
        ("0000:02:00.0", ""),
    ):
        (tmp_path / place).mkdir()
        (tmp_path / place / "information").write_text(text)
    assert cards(tmp_path) == (Card("NVIDIA L4"), Card(""))


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (None, ("0", "1")),
        ("3,GPU-abc", ("3", "GPU-abc")),
        ("", ()),
        ("-1", ()),
        ("none", ()),
        ("NoDevFiles", ()),
        ("void", ()),
        ("1,-1,0", ("1",)),
        ("0,0", ("0",)),
        (" 0 , MIG-1/2 ", ("0", "MIG-1/2")),
    ],
)
def test_which_gpus_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str | None, expected: tuple[str, ...]
) -> None:
    for name in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / "gpus" / name).mkdir(parents=True)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert visible_gpus(tmp_path / "none") == ()
    if named is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert visible_gpus(tmp_path / "gpus") == expected
