"""The NVIDIA cards of this machine, from the driver's files: known before torch is imported."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

GPUS = Path("/proc/driver/nvidia/gpus")
_VISIBLE = re.compile(r"\d+|(GPU|MIG)-\S+")
_DECODERS = {"A10": 2, "A100": 5, "GH200": 7, "H100": 7, "H200": 7, "L4": 4, "T4": 2}
"""Video decoders by model, of those that have several; only the H200's were measured."""
_NO_ENCODER = ("A100", "A30", "B200", "GB200", "GH200", "H100", "H200")


@dataclass(frozen=True)
class Card:
    """One model of GPU."""

    name: str
    'as the driver reports it, e.g. "NVIDIA H200"; empty where it does not'

    @property
    def decoders(self) -> int:
        """How many videos it decodes at once without slowing each other down; at least 1."""
        return max((_DECODERS.get(word, 1) for word in self._words), default=1)

    @property
    def encodes(self) -> bool:
        """Whether it has NVENC, as far as its name says."""
        return not any(word in _NO_ENCODER for word in self._words)

    @property
    def _words(self) -> list[str]:
        return re.split(r"[\s-]+", self.name)


def cards(folder: Path = GPUS) -> tuple[Card, ...]:
    """The cards of the machine; those that the process may not use are included."""
    files = sorted(folder.glob("*/information")) if folder.is_dir() else []
    return tuple(Card(_model(file)) for file in files)


def visible_gpus(folder: Path = GPUS) -> tuple[str, ...]:
    """NVIDIA GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them.

    As CUDA does, ignores the first invalid name, such as -1, and all after it.
    """
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is None:
        return tuple(str(i) for i in range(len(list(folder.iterdir())))) if folder.is_dir() else ()
    found: list[str] = []
    for name in map(str.strip, named.split(",")):
        if not _VISIBLE.fullmatch(name):
            break
        found.append(name)
    return tuple(dict.fromkeys(found))


def _model(file: Path) -> str:
    try:
        found = re.search(r"^Model:\s*(\S.*?)\s*$", file.read_text(errors="replace"), re.MULTILINE)
    except OSError:
        return ""
    return found[1] if found else ""
