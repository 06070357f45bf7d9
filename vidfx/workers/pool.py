"""Tasks for worker processes: which task is next, and what a worker's message means for it.

A task goes to the next idle worker. A worker that dies over a task costs it one of its attempts; a
task that makes no progress, or does not fit into memory, fails. Whatever happens, the others go on.
What is no task's fault (a worker that cannot start, memory or threads used up while others work)
costs a worker for a while, and no task.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import wait
from pathlib import Path
from typing import assert_never

from msgspec.structs import replace

from vidfx.config import Settings
from vidfx.errors import CrashedError, Interrupted, StalledError, UnavailableError, VidfxError
from vidfx.jobs.events import Advanced, Heartbeat, Listener, Notice, Retried, Started
from vidfx.workers.exhaustion import resource_error
from vidfx.workers.messages import (
    Answer,
    Begun,
    Busy,
    EnginesFailed,
    Exhausted,
    Failure,
    FromWorker,
    Ready,
    TaskMessage,
)
from vidfx.workers.sizing import PoolSize
from vidfx.workers.supervisor import Engines, Supervisor
from vidfx.workers.task import ATTEMPTS, QueuedTask, Task
from vidfx.workers.watchdog import Watchdog
from vidfx.workers.worker_process import WorkerProcess

CRASH_HINT = "it may be damaged or hostile; `ffmpeg -i INPUT -c copy NEW.mp4` often repairs it"
BUSY_S = 1.0
"""Before a video that another run works on is tried again."""
TICK_S = 0.2

Answered = tuple[Task, Answer | Failure]


class Pool:
    """Does tasks in worker processes. As a context manager it stops them in the end."""

    def __init__(
        self,
        settings: Settings,
        size: PoolSize,
        out: Path | None,
        listener: Listener,
        *,
        size_for_device: Callable[[str], PoolSize] | None = None,
        engines: Engines = "untried",
    ) -> None:
        """See Supervisor for ``size_for_device`` and ``engines``."""
        self.settings, self.listener = settings, listener
        self._supervisor = Supervisor(
            *(settings, size, out, listener, size_for_device), engines=engines
        )
        self._watchdog = Watchdog(settings.stall_timeout, size.max_bytes)
        self._waiting: deque[QueuedTask] = deque()
        self._noticed: set[str] = set()
        self._exhaustions = 0
        "one after the other, with no other worker"
        self._ends_at: float | None = None
        "after ``stop``: when tasks are dropped"

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self._supervisor.close()

    def stop(self) -> None:
        """Have ``do`` raise Interrupted once all workers are idle, or after ``grace`` seconds."""
        self._ends_at = self._ends_at or time.monotonic() + self.settings.grace

    def do(self, tasks: Sequence[Task]) -> Iterator[Answered]:
        """Do all tasks; yields each once, with its answer, as they end.

        Raises UnavailableError and UsageError where no worker can start, Interrupted after
        ``stop``.
        """
        self._waiting.extend(map(QueuedTask, tasks))
        try:
            while self._waiting or self._supervisor.busy:
                yield from self._step()
                if self._ends_at is not None and (
                    not self._supervisor.busy or time.monotonic() >= self._ends_at
                ):
                    raise Interrupted
        finally:
            self._waiting.clear()

    def _step(self) -> Iterator[Answered]:
        supervisor = self._supervisor
        if self._ends_at is None:
            supervisor.start(len(self._waiting) + len(supervisor.busy))
            yield from self._assign()
        readable = wait([worker.channel.fileno() for worker in supervisor.workers], TICK_S)
        for worker in [w for w in supervisor.workers if w.channel.fileno() in readable]:
            message = worker.receive()
            yield from self._died(worker) if message is None else self._handle(worker, message)
        for worker in self._watchdog.stalled(supervisor.workers):
            yield from self._end_stalled(worker)
        if large := self._watchdog.too_large(supervisor.workers):
            yield from self._end_large(large)
        if supervisor.first_worker_ready:
            self.listener(Heartbeat())

    def _assign(self) -> Iterator[Answered]:
        self._supervisor.stop_surplus()
        for worker in self._supervisor.idle:
            now = time.monotonic()
            task = next((t for t in self._waiting if t.not_before <= now), None)
            if task is None:
                return
            self._waiting.remove(task)
            try:
                worker.assign(task)
            except OSError:
                yield from self._died(worker)

    def _handle(self, worker: WorkerProcess, message: FromWorker) -> Iterator[Answered]:
        match message:
            case Ready(notices=notices, device=device):
                for notice in notices:
                    self._notice(notice)
                self._supervisor.mark_ready(worker, device)
            case EnginesFailed(error=error):
                self._supervisor.end(worker)
                self._supervisor.start_failed(error, again=False)
            case Begun():
                self._supervisor.mark_begun(worker)
            case _:
                if worker.task is not None:
                    yield from self._handle_task(worker, worker.task, message)

    def _handle_task(
        self, worker: WorkerProcess, task: QueuedTask, message: TaskMessage
    ) -> Iterator[Answered]:
        match message:
            case Answer():
                worker.task = None
                yield task.task, message
                if message.did_work:
                    self._exhaustions = 0
                    self._supervisor.task_done()
            case Failure():
                worker.task = None
                yield task.task, message
            case Busy():
                worker.task = None
                self._notice(Notice(f"{task.name}: another vidfx works on it"))
                task.not_before = time.monotonic() + BUSY_S
                self._waiting.append(task)
            case Exhausted(error=error, sure=sure):
                yield from self._end_exhausted(worker, error, sure=sure)
            case Notice():
                self._notice(message)
            case Started() | Advanced():
                # the worker's job has a local file in place of one on storage
                self.listener(replace(message, job=task.task.job))
            case Heartbeat():
                pass
            case _:
                assert_never(message)

    def _end_exhausted(
        self, worker: WorkerProcess, error: VidfxError, *, sure: bool
    ) -> Iterator[Answered]:
        """A worker lacked threads, processes or open files, as is ``sure`` or only looks so."""
        task, _ = self._end(worker)
        assert task is not None
        if self._supervisor.workers:
            self._put_back(task, str(resource_error(error)))
            return
        self._exhaustions += 1
        if self._exhaustions < ATTEMPTS:
            self._waiting.append(task)
            self._supervisor.pause()
        elif sure:
            raise resource_error(error)
        else:
            self._exhaustions = 0
            yield task.task, Failure(error)

    def _died(self, worker: WorkerProcess) -> Iterator[Answered]:
        """A worker exited without being asked to."""
        task, how = self._end(worker)
        if task is None:
            if not worker.any_task_started:
                self._supervisor.died_at_start(worker, how)
            return
        why = f"the process that worked on it {how}"
        if worker.was_killed and self._supervisor.workers:
            self.listener(Retried(task.task.job, why))
            self._put_back(task, f"a worker process {how}")
            return
        error = task.count_death(why, hint=CRASH_HINT)
        if error is None:
            self.listener(Retried(task.task.job, why))
            self._waiting.append(task)
            return
        error.add_note(worker.stderr_tail())
        yield task.task, Failure(error)

    def _end_stalled(self, worker: WorkerProcess) -> Iterator[Answered]:
        limit = f"{self.settings.stall_timeout:g} s"
        hint = "give more time with --stall-timeout, or check"
        worker.kill()
        task, _ = self._end(worker)
        if task is None:
            why = f"the engines cannot be loaded: no progress for {limit}, ended"
            error = UnavailableError(why, hint=f"{hint} the models and files that are named")
            self._supervisor.start_failed(error, again=False)
        else:
            why = f"{task.name}: no progress for {limit}, ended"
            yield task.task, Failure(StalledError(why, hint=f"{hint} the file"))

    def _end_large(self, worker: WorkerProcess) -> Iterator[Answered]:
        """Keep all workers together under the limit of memory."""
        limit = f"{(self._watchdog.max_bytes or 0) / 1e9:.1f} GB"
        full, more = f"{limit} of memory are full", f"more than the {limit} that may be used"
        if worker.idle:
            self._supervisor.stop(worker)
            self._supervisor.lower_limit(full)
            return
        worker.kill()
        task, _ = self._end(worker)
        if task is None:
            why, hint = f"the engines need {more}", "raise --max-memory, or take smaller models"
            self._supervisor.start_failed(UnavailableError(why, hint=hint), again=False)
        elif self._supervisor.workers:
            self._put_back(task, full)
        else:
            hint = "raise --max-memory, or take a smaller --detector-size"
            yield task.task, Failure(CrashedError(f"{task.name}: needs {more}", hint=hint))

    def _end(self, worker: WorkerProcess) -> tuple[QueuedTask | None, str]:
        """End a worker; returns the task that it had begun with, and how it ended.

        A task that it had not begun with waits on, as if it had never been assigned.
        """
        task, how = self._supervisor.end(worker)
        if task and not worker.task_started:
            self._waiting.appendleft(task)
            return None, how
        return task, how

    def _put_back(self, task: QueuedTask, why: str) -> None:
        """What went wrong is not, or not only, this task's fault: it waits, with fewer workers."""
        self._waiting.append(task)
        self._supervisor.lower_limit(why)

    def _notice(self, notice: Notice) -> None:
        """Once, however many workers report it."""
        if notice.text not in self._noticed:
            self._noticed.add(notice.text)
            self.listener(notice)
