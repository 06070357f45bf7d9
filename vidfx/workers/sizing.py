"""How many videos at once, and what each of the workers may have."""

from __future__ import annotations

import os
from dataclasses import dataclass

from vidfx.config import Settings
from vidfx.workers import memory
from vidfx_engines.cards import cards, visible_gpus
from vidfx_engines.cores import available_cores

CORES_A_VIDEO = 2
"""That a video on a GPU keeps busy, by estimate: one follows faces, one reads and writes."""
MOST_A_DECODER = 1.5
"""Videos at once for each decoder of a GPU. On an H200 with 7, eight files took 12.5 s at once and
17 s by seven, without start-up (docs/gpu.md)."""


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
    starts_together: bool = False
    "no worker waits until the first has loaded its engines, as those of a CPU do for its cache"

    @classmethod
    def of(cls, settings: Settings, jobs: int) -> PoolSize:
        """A guess, while no worker has loaded the engines: on a GPU, where there is one."""
        gpu = bool(_gpus(settings)) or settings.device.startswith("cuda")
        return cls._of(settings, jobs, gpu, memory.allowed(settings.max_memory))

    def on(self, device: str, settings: Settings, jobs: int) -> PoolSize:
        """The size for engines that run on ``device``, "cpu" or "cuda:n"."""
        return self._of(settings, jobs, device.startswith("cuda"), self.max_bytes)

    @classmethod
    def _of(cls, settings: Settings, jobs: int, gpu: bool, limit: int | None) -> PoolSize:
        """As many workers as were asked for; else one for each core of a CPU or decoder of a GPU.

        Videos side by side leave less idle than threads within one (docs/benchmarks.md). Memory,
        and cores beside a GPU, may allow fewer.
        """
        gpus, count = _gpus(settings) if gpu else (), available_cores()
        most = settings.jobs or (_beside_gpus(max(1, len(gpus)), count, jobs) if gpu else count)
        workers = max(1, min(most, jobs))
        if limit is not None and not settings.jobs:
            while workers > 1 and limit < workers * memory.of_video(
                1 if gpu else settings.threads or count // workers
            ):
                workers -= 1
        all_cores = workers == 1 and count == os.cpu_count()
        threads = settings.threads or (0 if all_cores else max(1, count // workers))
        return cls(workers, threads, gpus, limit, starts_together=gpu)


def _beside_gpus(gpus: int, cores: int, jobs: int) -> int:
    """How many videos at once: a decoder and some cores for each, but each GPU has one at least.

    Up to half as many more share the decoders where all videos are then done at once: a last round
    of few videos leaves most decoders idle.
    """
    decoders = gpus * min((card.decoders for card in cards()), default=1)
    shared = jobs if decoders < jobs <= MOST_A_DECODER * decoders else decoders
    return max(gpus, min(shared, cores // CORES_A_VIDEO))


def _gpus(settings: Settings) -> tuple[str, ...]:
    """GPUs to share out; a card that the settings name is found by the worker itself."""
    return visible_gpus() if settings.device in ("auto", "cuda") else ()


class ConcurrencyLimit:
    """How many workers may work at once: one fewer after trouble, one more when it goes well.

    After a loss one more is tried when a video has been finished; if that was too much again, when
    two have been, then four, and so on.
    """

    def __init__(self, wanted: int) -> None:
        self.wanted = self.now = wanted
        self._patience = self._left = 1
        self._tried = False
        "one more, since the last loss"

    def set_wanted(self, wanted: int) -> None:
        """The number that is wanted is known only now."""
        self.wanted = self.now = wanted

    def lose(self, workers: int) -> None:
        """There was trouble; ``workers`` are left."""
        self.now = max(1, min(self.now - 1, workers))
        if self._tried:
            self._patience *= 2
        self._left, self._tried = self._patience, False

    def finished(self) -> bool:
        """A task was; returns whether one worker more may be tried."""
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
