"""Cores and memory available to this process, also in a container.

Containers are control groups (cgroups): the kernel shows all cores to them but limits their CPU
time, so the number of visible cores is too high.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

SYSTEM = Path("/")
"""The parent folder of proc and sys."""
LOOK_AHEAD_CORES = 4
"""With so many for one video, threads analyse it ahead of the one that tracks its faces."""


def available_cores(system: Path = SYSTEM) -> int:
    """Number of cores that this process may use; a CPU quota is rounded up to whole cores."""
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(here or 1, *_quotas(system), 1 << 20))


def memory_left(system: Path = SYSTEM) -> int | None:
    """Bytes that the cgroups of this process may still allocate; None without a limit."""
    left = [
        *_memory(system, "", "memory.max", "memory.current", "inactive_file"),
        *_memory(system, "memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
                 "total_inactive_file"),
    ]  # fmt: skip
    return max(0, min(left)) if left else None


def _quotas(system: Path) -> Iterator[int]:
    """The CPU quotas of the cgroups, in whole cores, rounded up."""
    for group in _groups(system, ""):
        match (_text(group / "cpu.max") or "").split():
            case [quota, period] if quota.isdigit() and period.isdigit() and int(period):
                yield -(-int(quota) // int(period))
            case _:
                pass
    for group in _groups(system, "cpu"):
        quota, period = _number(group / "cpu.cfs_quota_us"), _number(group / "cpu.cfs_period_us")
        if quota and period and quota > 0:  # -1: no quota
            yield -(-quota // period)


def _memory(system: Path, controller: str, limit: str, used: str, inactive: str) -> Iterator[int]:
    """What the cgroups leave, in bytes, by the names that a version of cgroups has for its files.

    ``inactive`` is the entry of cached pages that the kernel gives up when memory is short.
    """
    for group in _groups(system, controller):
        most = _number(group / limit)
        if most is not None:
            yield most - max(0, (_number(group / used) or 0) - _statistic(group, inactive))


def _groups(system: Path, controller: str) -> Iterator[Path]:
    """The folders of this process's cgroup and its parents; controller "" is version 2.

    In a container the path may be the host's, of which only the end, or nothing, is visible.
    """
    mounts = system / "sys/fs/cgroup"
    for line in (_text(system / "proc/self/cgroup") or "").splitlines():
        number, _, rest = line.partition(":")
        names, _, path = rest.partition(":")
        if controller not in names.split(",") or (not controller and number != "0"):
            continue
        tops = [mounts / names, mounts / controller] if controller else [mounts, mounts / "unified"]
        top = next((top for top in tops if top.is_dir()), None)
        if top is not None:
            group = top / path.lstrip("/")
            yield from (folder for folder in (group, *group.parents) if folder.is_relative_to(top))


def _statistic(group: Path, name: str) -> int:
    """A value of memory.stat: file pages, which the kernel frees if needed; 0 if missing."""
    for line in (_text(group / "memory.stat") or "").splitlines():
        if line.startswith(f"{name} "):
            return int(line.split()[1])
    return 0


def _number(file: Path) -> int | None:
    try:
        return int(_text(file) or "")
    except ValueError:  # "max", or no such controller
        return None


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
