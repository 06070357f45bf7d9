"""Memory: how much may be used, what processes hold of it, and giving it back."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Collection
from contextlib import suppress

from vidfx_engines.cores import LOOK_AHEAD_CORES, memory_left

BYTES_PER_VIDEO = 900 << 20
"""What one video at 1080p takes at most, engines included (docs/benchmarks.md)."""
BYTES_AHEAD = 400 << 20
"""More, where it has the cores to look ahead: four chunks of 32 frames of 1080p."""


def of_video(cores: int) -> int:
    """Bytes that one video takes at most if the CPU analyses it with so many cores."""
    return BYTES_PER_VIDEO + (BYTES_AHEAD if cores >= LOOK_AHEAD_CORES else 0)


def available() -> int:
    """Bytes that new processes may take: what is free, and what a container's limit leaves."""
    import psutil  # noqa: PLC0415 - takes 0.03 s, which workers need not spend

    free, left = int(psutil.virtual_memory().available), memory_left()
    return free if left is None else min(free, left)


def allowed(gigabytes: float) -> int:
    """Bytes that a run may take: those it was given, or four fifths of what is available."""
    return round(gigabytes * 1e9) or available() * 4 // 5


def resident(pids: Collection[int]) -> dict[int, int]:
    """Bytes that each of these child processes holds in memory, its own children included.

    0 for one that has exited.
    """
    import psutil  # noqa: PLC0415

    weights = dict.fromkeys(pids, 0)
    owner = {pid: pid for pid in pids}
    for process in psutil.Process().children(recursive=True):  # parents come before their children
        with suppress(psutil.Error):
            pid = owner.setdefault(process.pid, owner.get(process.ppid(), 0))
            if pid in weights:
                weights[pid] += int(process.memory_info().rss)
    return weights


def give_memory_back() -> None:
    """Each video's threads leave freed memory in the allocator's arenas, some 20 MB a video."""
    gc.collect()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # musl has no malloc_trim
            ctypes.CDLL(None).malloc_trim(0)
