"""The worker processes of a pool: how they come, and how they go."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from vidfx.config import Settings
from vidfx.errors import UnavailableError, VidfxError
from vidfx.jobs.leftovers import remove_parts
from vidfx.workers.shortage import shortage
from vidfx.workers.sizing import ConcurrencyLimit, PoolSize
from vidfx.workers.watchdog import Watchdog
from vidfx.workers.worker_process import Task, WorkerProcess

FIRST_STARTS = 2
"""Workers that may die while the first one starts."""
STARTS = 5
"""Workers that may fail to start later, one after the other, while none is at work."""
TRY_AGAIN_S = 1.0
"""Before a worker is tried again; longer each time."""
GONE_S = 1.0
"""For a worker that has died to be known as dead."""
DROP_S = 5.0
"""For a worker to drop its video and go; then it is ended."""


class Supervisor:
    """One loads the engines first, and says what they run on; then as many come as are right."""

    def __init__(
        self,
        settings: Settings,
        size: PoolSize,
        out: Path | None,
        notice: Callable[[str], None],
        settle: Callable[[str], PoolSize] | None = None,
    ) -> None:
        """``settle`` gives the size that is right for the device that the engines turn out to use.

        Without it ``size`` stands.
        """
        self.hands: list[WorkerProcess] = []
        self.limits = Watchdog(settings.stall_timeout, size.max_bytes)
        self._settings, self._size, self._out = settings, size, out
        self._notice, self._settle = notice, settle
        self._slots = ConcurrencyLimit(size.workers)
        self._leaving: list[WorkerProcess] = []
        self.proven = False
        "a worker has loaded the engines here"
        self._failed = 0
        "starts, one after the other"
        self._hire_at = 0.0

    @property
    def busy(self) -> list[WorkerProcess]:
        return [hand for hand in self.hands if hand.task]

    @property
    def idle(self) -> list[WorkerProcess]:
        return [hand for hand in self.hands if hand.idle]

    def hire(self, wanted: int) -> None:
        """Start as many as are wanted and may be. Raises VidfxError where there will be none."""
        self._leaving = [hand for hand in self._leaving if not hand.gone(timeout=0)]
        if time.monotonic() < self._hire_at:
            return
        if self.hands and not self.proven:
            return  # if the engines are missing it need not be said twice
        while len(self.hands) < min(wanted, self._slots.now):
            settings = asdict(replace(self._settings, threads=self._size.threads))
            used = [hand.gpu for hand in self.hands]
            gpu = min(self._size.gpus, key=used.count) if self._size.gpus else None
            try:
                self.hands.append(WorkerProcess(settings, self._out, gpu))
            except OSError as error:
                self.not_started(shortage(error.strerror or error))
                return
            if not self.proven:
                return

    def welcome(self, hand: WorkerProcess, device: str) -> None:
        """It is ready, and its engines run on ``device``."""
        hand.ready = True
        if self.proven:
            return
        self.proven = True
        if self._settle:
            self._size = self._settle(device)
            self._slots.settle(self._size.workers)
            if hand.threads != self._size.threads:  # it was started on another guess
                self.dismiss(hand)

    def begun(self, hand: WorkerProcess) -> None:
        """It is at its task."""
        hand.at_it = hand.useful = True
        self._failed = 0

    def died_at_start(self, why: str, last_words: str) -> None:
        """A worker died before it began with anything. Raises VidfxError as ``not_started``."""
        error = UnavailableError(
            f"the engines cannot be loaded: a worker process {why}",
            hint="`vidfx doctor` says what works here",
        )
        error.add_note(last_words)
        self.not_started(error)

    def not_started(self, error: VidfxError, *, again: bool = True) -> None:
        """A worker is not to be had; ``again``: it may be another time.

        The others go on. Raises ``error`` where there is none and there will be none.
        """
        self._failed += 1
        tries = STARTS if self.proven else FIRST_STARTS if again else 1
        if not self.hands and self._failed >= tries:
            raise error
        self._hire_at = time.monotonic() + TRY_AGAIN_S * self._failed
        if self.hands:
            self.fewer(f"a further worker could not start: {error}")
        else:
            self._notice(f"a worker could not start: {error}; it is tried again")

    def pause(self) -> None:
        """The machine is full: start none for a moment."""
        self._hire_at = time.monotonic() + TRY_AGAIN_S

    def fewer(self, why: str) -> None:
        self._slots.lose(len(self.hands))
        self._notice(f"{why}; going on with {self._slots.now} at once")

    def finished(self) -> None:
        """One has finished a video well: it may be the time for one more."""
        if self._slots.finished():
            self._notice(f"going on with {self._slots.now} at once")

    def dismiss_surplus(self) -> None:
        for hand in self.idle[: max(0, len(self.hands) - self._slots.now)]:
            self.dismiss(hand)

    def dismiss(self, hand: WorkerProcess) -> None:
        """Let an idle one go."""
        self.hands.remove(hand)
        hand.dismiss()
        self._leaving.append(hand)

    def take_from(self, hand: WorkerProcess) -> tuple[Task | None, str]:
        """End a worker and take its task back, without what it left of it."""
        self.hands.remove(hand)
        if not hand.gone(timeout=GONE_S):
            hand.kill()
            hand.gone(timeout=DROP_S)
        task, hand.task = hand.task, None
        if task:
            remove_parts(task.job, hand.pid)
            task.leftovers = None
        hand.wire.close()
        return task, hand.why_it_ended()

    def close(self) -> None:
        """Let all go: the idle ones at once, the others when they have dropped their videos."""
        for hand in self.hands:
            if hand.task:
                hand.interrupt()
            else:
                hand.dismiss()
        until = time.monotonic() + DROP_S
        for hand in (*self.hands, *self._leaving):
            if not hand.gone(timeout=max(0.0, until - time.monotonic())):
                hand.kill()
                hand.gone(timeout=DROP_S)
            if hand.task:
                remove_parts(hand.task.job, hand.pid)
            hand.close()
        self.hands.clear()
        self._leaving.clear()
