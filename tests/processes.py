"""Processes that a test has started: their children, whether they run, and waiting."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil


def children(pid: int, *, recursive: bool = False) -> list[int]:
    """The running children of a process; with ``recursive`` theirs too. Empty once it has ended."""
    try:
        return [child.pid for child in psutil.Process(pid).children(recursive)]
    except psutil.NoSuchProcess:
        return []


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not waited for does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.05)
    assert condition()
