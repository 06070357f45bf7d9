"""Where an engine runs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

DeviceKind = Literal["cpu", "cuda"]


@dataclass(frozen=True)
class Device:
    """The CPU, or one GPU. ``str(device)`` is what ``--device`` and torch call it: "cuda:0"."""

    kind: DeviceKind
    index: int | None = None
    "of the GPU; None is the first"
    name: str = ""
    'the GPU\'s own, e.g. "NVIDIA L4"; empty for the CPU, and before the GPU was looked up'

    @classmethod
    def parse(cls, text: str) -> Device | None:
        """Read "cpu", "cuda" or "cuda:n"; any other text gives None."""
        found = re.fullmatch(r"cpu|cuda(?::(\d{1,3}))?", text)
        if found is None:
            return None
        return cls("cpu" if text == "cpu" else "cuda", int(found[1]) if found[1] else None)

    @property
    def gpu_index(self) -> int:
        return self.index or 0

    @property
    def label(self) -> str:
        """For people: "CPU", "CUDA:0 (NVIDIA L4)"."""
        return str(self).upper() + (f" ({self.name})" if self.name else "")

    def __str__(self) -> str:
        return self.kind if self.index is None else f"{self.kind}:{self.index}"


CPU = Device("cpu")
CUDA = Device("cuda")
FIRST_GPU = Device("cuda", 0)
