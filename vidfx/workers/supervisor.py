"""How many worker processes there are: starts and stops them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from vidfx.config import Settings
from vidfx.errors import UnavailableError, VidfxError
from vidfx.jobs.events import Listener, Notice
from vidfx.workers.exhaustion import resource_error
from vidfx.workers.sizing import ConcurrencyLimit, PoolSize
from vidfx.workers.task import QueuedTask
from vidfx.workers.worker_process import WorkerProcess

FIRST_STARTS = 2
"""Workers that may die while the first one starts."""
STARTS = 5
"""Workers that may fail to start later, one after the other, while no other works."""
TRY_AGAIN_S = 1.0
"""Before a worker is started again; longer each time."""
EXIT_S = 1.0
"""For a worker that closed its channel to exit."""
DROP_S = 5.0
"""For a worker to drop its task and exit; then it is killed."""


Engines = Literal["untried", "load here", "none"]
"""Whether the engines of a run are known to load on this machine, or it has none."""


class Supervisor:
    """Starts and stops workers.

    Where it is unknown if engines load here and on what device, one worker loads them first; then
    the others start. On a GPU, where loading takes seconds and leaves no cache, all start together.
    """

    def __init__(
        self,
        settings: Settings,
        size: PoolSize,
        out: Path | None,
        listener: Listener,
        size_for_device: Callable[[str], PoolSize] | None = None,
        *,
        engines: Engines = "untried",
    ) -> None:
        """``size_for_device`` returns the size for the device that the engines turn out to use.

        Without it ``size`` is kept. ``engines``: "load here" where this process has loaded them.
        """
        self.workers: list[WorkerProcess] = []
        self._settings, self._size, self._out = settings, size, out
        self._listener, self._size_for_device = listener, size_for_device
        self._limit = ConcurrencyLimit(size.workers)
        self._engines: Engines = engines
        self._leaving: list[WorkerProcess] = []
        self.first_worker_ready = False
        "a worker has loaded the engines here"
        self._failed_starts = 0
        "one after the other"
        self._start_at = 0.0

    @property
    def busy(self) -> list[WorkerProcess]:
        return [worker for worker in self.workers if worker.task]

    @property
    def idle(self) -> list[WorkerProcess]:
        return [worker for worker in self.workers if worker.idle]

    def start(self, wanted: int) -> None:
        """Start workers until there are ``wanted``, or as many as are allowed.

        Raises VidfxError where there is none and none can start.
        """
        self._leaving = [worker for worker in self._leaving if not worker.has_exited(timeout=0)]
        if time.monotonic() < self._start_at:
            return
        if self.workers and (not self._may_start_all or self._first_ones_fail):
            return  # if the engines are missing it need not be said twice
        while len(self.workers) < min(wanted, self._limit.now):
            settings = replace(self._settings, threads=self._size.threads)
            used = [worker.gpu for worker in self.workers]
            gpu = min(self._size.gpus, key=used.count) if self._size.gpus else None
            try:
                self.workers.append(
                    WorkerProcess(settings, self._out, gpu, engines=self._engines != "none")
                )
            except OSError as error:
                self.start_failed(resource_error(error.strerror or error))
                return
            if not self._may_start_all:
                return

    @property
    def _may_start_all(self) -> bool:
        return self.first_worker_ready or self._engines != "untried" or self._size.starts_together

    @property
    def _first_ones_fail(self) -> bool:
        return bool(self._failed_starts) and not self.first_worker_ready

    def mark_ready(self, worker: WorkerProcess, device: str) -> None:
        """It has loaded its engines, on ``device``."""
        worker.engines_loaded = True
        if not self.first_worker_ready:
            self.first_worker_ready = True
            if self._size_for_device:
                self._size = self._size_for_device(device)
                self._limit.set_wanted(self._size.workers)
        if worker.threads != self._size.threads:  # it was started for another size
            self.stop(worker)

    def mark_begun(self, worker: WorkerProcess) -> None:
        """It has begun with its task."""
        worker.task_started = worker.any_task_started = True
        self._failed_starts = 0

    def died_at_start(self, worker: WorkerProcess, why: str) -> None:
        """A worker died before it began with any task. Raises VidfxError as ``start_failed``."""
        error = UnavailableError(
            f"the engines cannot be loaded: a worker process {why}",
            hint="`vidfx doctor` says what works here",
        )
        error.add_note(worker.stderr_tail())
        self.start_failed(error)

    def start_failed(self, error: VidfxError, *, again: bool = True) -> None:
        """A worker could not start; ``again``: another one may.

        Raises ``error`` where no worker is left and this was the last attempt.
        """
        self._failed_starts += 1
        tries = STARTS if self.first_worker_ready else FIRST_STARTS if again else 1
        if not self.workers and self._failed_starts >= tries:
            raise error
        self._start_at = time.monotonic() + TRY_AGAIN_S * self._failed_starts
        if self.workers and not self.first_worker_ready:
            return  # others are starting, and the last one's error is told
        if self.workers:
            self.lower_limit(f"a further worker could not start: {error}")
        else:
            self._listener(Notice(f"a worker could not start: {error}; retrying"))

    def pause(self) -> None:
        """Start none for a moment: the machine is full."""
        self._start_at = time.monotonic() + TRY_AGAIN_S

    def lower_limit(self, why: str) -> None:
        self._limit.lose(len(self.workers))
        self._listener(Notice(f"{why}; going on with {self._limit.now} at once"))

    def task_done(self) -> None:
        """A task went well: one more worker may be tried."""
        if self._limit.finished():
            self._listener(Notice(f"going on with {self._limit.now} at once"))

    def stop_surplus(self) -> None:
        """Stop idle workers above the limit."""
        for worker in self.idle[: max(0, len(self.workers) - self._limit.now)]:
            self.stop(worker)

    def stop(self, worker: WorkerProcess) -> None:
        """Stop an idle one."""
        self.workers.remove(worker)
        worker.leave()
        self._leaving.append(worker)

    def end(self, worker: WorkerProcess) -> tuple[QueuedTask | None, str]:
        """Wait for the exit of a worker, or kill it; returns its task, and how it ended.

        Temporary files of the task are removed.
        """
        self.workers.remove(worker)
        if not worker.has_exited(timeout=EXIT_S):
            worker.kill()
            worker.has_exited(timeout=DROP_S)
        task, worker.task = worker.task, None
        if task:
            task.task.remove_parts(worker.pid)
            task.task = task.task.again()
        worker.channel.close()
        return task, worker.exit_reason()

    def close(self) -> None:
        """Stop all: idle ones at once, busy ones when they have dropped their tasks."""
        for worker in self.workers:
            if worker.task:
                worker.interrupt()
            else:
                worker.leave()
        until = time.monotonic() + DROP_S
        for worker in (*self.workers, *self._leaving):
            if not worker.has_exited(timeout=max(0.0, until - time.monotonic())):
                worker.kill()
                worker.has_exited(timeout=DROP_S)
            if worker.task:
                worker.task.task.remove_parts(worker.pid)
            worker.close()
        self.workers.clear()
        self._leaving.clear()
