"""How many videos at once, and what each of the workers may have."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from vidfx.config import Settings
from vidfx.workers import resources as machine

GPUS = Path("/proc/driver/nvidia/gpus")
_CARD = re.compile(r"\d+|(GPU|MIG)-\S+")


@dataclass(frozen=True)
class PoolSize:
    """How many workers, and what each of them may have."""

    workers: int
    threads: int
    "of each worker; 0 is all cores"
    gpus: tuple[str, ...]
    "one for each worker in turn; empty: no GPU, or the one that the settings name"
    max_bytes: int | None
    "of all workers together"

    @classmethod
    def of(cls, settings: Settings, jobs: int) -> PoolSize:
        """A guess, while no worker has told what the engines run on: a GPU, where there is one."""
        gpu = bool(_cards(settings)) or settings.device.startswith("cuda")
        return cls._of(settings, jobs, gpu, machine.allowed(settings.max_memory))

    def on(self, device: str, settings: Settings, jobs: int) -> PoolSize:
        """The size for engines that run on ``device``, "cpu" or "cuda:n"."""
        return self._of(settings, jobs, device.startswith("cuda"), self.max_bytes)

    @classmethod
    def _of(cls, settings: Settings, jobs: int, gpu: bool, limit: int | None) -> PoolSize:
        """As many workers as were asked for; else one for each GPU, or for each core of a CPU.

        Videos side by side leave less idle than threads within one (docs/benchmarks.md). Memory
        may allow fewer.
        """
        gpus, cores = _cards(settings) if gpu else (), machine.cores()
        workers = settings.jobs or (max(1, len(gpus)) if gpu else cores)
        if limit is not None and not settings.jobs:
            workers = min(workers, max(1, limit // machine.A_JOB))
        workers = max(1, min(workers, jobs))
        all_cores = workers == 1 and cores == os.cpu_count()
        threads = settings.threads or (0 if all_cores else max(1, cores // workers))
        return cls(workers, threads, gpus, limit)


def _cards(settings: Settings) -> tuple[str, ...]:
    """GPUs to choose from; a card that is named is the worker's own to find."""
    return visible_gpus() if settings.device in ("auto", "cuda") else ()


def visible_gpus(folder: Path = GPUS) -> tuple[str, ...]:
    """NVIDIA GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them.

    As CUDA reads it, nothing counts from the first name on that is none, such as -1.
    """
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is None:
        return tuple(str(i) for i in range(len(list(folder.iterdir())))) if folder.is_dir() else ()
    cards: list[str] = []
    for name in map(str.strip, named.split(",")):
        if not _CARD.fullmatch(name):
            break
        cards.append(name)
    return tuple(dict.fromkeys(cards))


class ConcurrencyLimit:
    """How many workers may be at it: one fewer when it was too much, one more when it goes well.

    After a loss one more is tried when a video has been finished; if that was too much again, when
    two have been, then four, and so on.
    """

    def __init__(self, wanted: int) -> None:
        self.wanted = self.now = wanted
        self._patience = self._left = 1
        self._tried = False
        "one more, since the last loss"

    def settle(self, wanted: int) -> None:
        """What is wanted is known only now."""
        self.wanted = self.now = wanted

    def lose(self, workers: int) -> None:
        """It was too much; ``workers`` are left."""
        self.now = max(1, min(self.now - 1, workers))
        if self._tried:
            self._patience *= 2
        self._left, self._tried = self._patience, False

    def finished(self) -> bool:
        """A video was; whether one worker more may be tried."""
        self._left -= 1
        if self._left > 0:
            return False
        self._left = self._patience
        if self.now == self.wanted:
            self._patience = self._left = 1
            return False
        self.now += 1
        self._tried = True
        return True
