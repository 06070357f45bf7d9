"""Time and memory of worker processes: which of them have to go."""

from __future__ import annotations

import time
from collections.abc import Sequence

from vidfx.workers import resources as machine
from vidfx.workers.worker_process import WorkerProcess

WEIGH_EVERY_S = 0.5
STOOD_STILL_S = 2.0
"""Nobody looked for so long: the run itself was stopped, and its workers with it or not."""


class Watchdog:
    """Looks at all workers again and again, from their very start."""

    def __init__(self, stall_s: float, max_bytes: int | None) -> None:
        self.stall_s, self.max_bytes = stall_s, max_bytes
        self._looked = time.monotonic()
        self._weighed = 0.0

    def stalled(self, hands: Sequence[WorkerProcess]) -> list[WorkerProcess]:
        """Those that start or work and told nothing for too long.

        Time in which the run stood still (a stopped job, a paused container) does not count.
        """
        now = time.monotonic()
        slept, self._looked = now - self._looked, now
        if slept > STOOD_STILL_S:
            for hand in hands:
                hand.heard = min(now, hand.heard + slept)
        return [h for h in hands if not h.idle and now - h.heard > self.stall_s]

    def too_large(self, hands: Sequence[WorkerProcess]) -> WorkerProcess | None:
        """The one that has to go where all together hold too much: an idle one, or the largest."""
        now = time.monotonic()
        if self.max_bytes is None or now - self._weighed < WEIGH_EVERY_S:
            return None
        self._weighed = now
        weights = {hand: machine.resident(hand.pid) for hand in hands}
        if sum(weights.values()) <= self.max_bytes:
            return None
        idle = [hand for hand in hands if hand.idle]
        if len(idle) == len(hands):
            return None
        return max(idle or hands, key=lambda hand: weights[hand])
