"""Time and memory of worker processes: which of them exceed the limits."""

from __future__ import annotations

import time
from collections.abc import Sequence

from vidfx.workers import memory
from vidfx.workers.worker_process import WorkerProcess

WEIGH_EVERY_S = 0.5
WEIGH_SHARE = 0.01
"""Of the time, at most, spent on weighing: it looks through all processes of the machine."""
PAUSED_S = 2.0
"""Without a check for so long, the run itself was stopped, and perhaps its workers too."""


class Watchdog:
    """Checks all workers again and again, from their very start."""

    def __init__(self, stall_s: float, max_bytes: int | None) -> None:
        self.stall_s, self.max_bytes = stall_s, max_bytes
        self._checked = time.monotonic()
        self._weigh_at = 0.0

    def stalled(self, workers: Sequence[WorkerProcess]) -> list[WorkerProcess]:
        """Those that start or work and sent no message for too long.

        Time in which the run was stopped (a stopped job, a paused container) does not count.
        """
        now = time.monotonic()
        paused, self._checked = now - self._checked, now
        if paused > PAUSED_S:
            for worker in workers:
                worker.last_message = min(now, worker.last_message + paused)
        return [w for w in workers if not w.idle and now - w.last_message > self.stall_s]

    def too_large(self, workers: Sequence[WorkerProcess]) -> WorkerProcess | None:
        """The one to end where all together hold too much memory: an idle one, or the largest."""
        now = time.monotonic()
        if self.max_bytes is None or now < self._weigh_at:
            return None
        weights = memory.resident([worker.pid for worker in workers])
        took = time.monotonic() - now
        self._weigh_at = now + max(WEIGH_EVERY_S, took / WEIGH_SHARE)
        if sum(weights.values()) <= self.max_bytes:
            return None
        idle = [worker for worker in workers if worker.idle]
        if len(idle) == len(workers):
            return None
        return max(idle or workers, key=lambda worker: weights[worker.pid])
