"""Cores and memory: how much there is, what processes hold of it, and giving it back.

How much memory can be known on Linux only; elsewhere nobody knows, and nothing is limited.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from contextlib import suppress
from pathlib import Path

from vidfx.cores import cores, memory_left

A_JOB = 900 << 20
"""Bytes that one video at 1080p takes at most, engines included (docs/benchmarks.md)."""
__all__ = ["A_JOB", "allowed", "available", "children", "cores", "give_memory_back", "resident"]


def available() -> int | None:
    """Bytes that new processes may take: what is free, and what a container's limit leaves."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free = next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration, ValueError):
        return None
    left = memory_left()
    return free if left is None else min(free, left)


def allowed(gigabytes: float) -> int | None:
    """Bytes that a run may take: those it was given, or four fifths of what there is."""
    found = available()
    return round(gigabytes * 1e9) or (None if found is None else found * 4 // 5)


def resident(pid: int) -> int:
    """Bytes that a process and its children hold in memory; 0 where that cannot be known."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(map(resident, children(pid)))


def children(pid: int) -> list[int]:
    """Processes that a process has started; none where the kernel does not tell."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):  # a thread that has ended meanwhile
                found += map(int, (task / "children").read_text(encoding="ascii").split())
    return found


def give_memory_back() -> None:
    """Each video's threads leave freed memory in the allocator's arenas, some 20 MB a video."""
    gc.collect()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # musl has no malloc_trim
            ctypes.CDLL(None).malloc_trim(0)
