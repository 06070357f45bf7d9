"""Cores and memory within a container's limits, from the files of the kernel."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vidfx_engines.cores import available_cores, memory_left

V2, V1 = "0::/box/inner\n", "9:name=systemd:/\n4:memory:/box\n2:cpu,cpuacct:/box\n0::/\n"
CGROUP = "sys/fs/cgroup"


def system(folder: Path, own: str, files: dict[str, str]) -> Path:
    """A root folder with ``own`` as this process's groups and files below sys/fs/cgroup."""
    for name, text in {
        "proc/self/cgroup": own,
        **{f"{CGROUP}/{n}": files[n] for n in files},
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        (V2, {"cpu.max": "max 100000\n"}, 64),
        (V2, {"box/inner/cpu.max": "200000 100000\n"}, 2),
        (V2, {"box/cpu.max": "250000 100000\n", "box/inner/cpu.max": "max 100000\n"}, 3),
        (V2, {"cpu.max": "50000 100000\n"}, 1),
        ("0::/host/path\n", {"cpu.max": "400000 100000\n"}, 4),
        ("0::/../other\n", {"cpu.max": "400000 100000\n"}, 4),
        (
            V1,
            {"cpu,cpuacct/box/cpu.cfs_quota_us": "-1", "cpu,cpuacct/box/cpu.cfs_period_us": "9"},
            64,
        ),
        (V1, {"cpu/box/cpu.cfs_quota_us": "150000", "cpu/box/cpu.cfs_period_us": "100000"}, 2),
        (V1, {"cpu/cpu.cfs_quota_us": "700000", "cpu/cpu.cfs_period_us": "100000"}, 7),
        (V2, {"cpu.max": "nonsense\n"}, 64),
        ("", {"cpu.max": "100000 100000\n"}, 64),
    ],
)
def test_cores_of_a_quota(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    own: str,
    files: dict[str, str],
    expected: int,
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    assert available_cores(system(tmp_path, own, files)) == expected


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        (V2, {"memory.max": "max"}, None),
        (V2, {"box/memory.max": "1000", "box/inner/memory.max": "max"}, 1000),
        (V2, {"box/memory.max": "1000", "box/memory.current": "900"}, 100),
        (
            V2,
            {
                "box/inner/memory.max": "1000",
                "box/inner/memory.current": "900",
                "box/inner/memory.stat": "anon 1\ninactive_file 300\n",
            },
            400,
        ),
        (V2, {"memory.max": "10", "memory.current": "20"}, 0),
        (
            V1,
            {
                "memory/box/memory.limit_in_bytes": "1000",
                "memory/box/memory.usage_in_bytes": "400",
                "memory/memory.limit_in_bytes": "9223372036854771712",
            },
            600,
        ),
    ],
)
def test_memory_that_is_left(
    tmp_path: Path, own: str, files: dict[str, str], expected: int | None
) -> None:
    assert memory_left(system(tmp_path, own, files)) == expected


def test_without_any_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 5, 7}, raising=False)
    assert available_cores(tmp_path) == 3 and memory_left(tmp_path) is None
