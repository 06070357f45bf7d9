"""The videos of a run, handed out to worker processes: what goes wrong with one costs one.

A job goes to the next idle worker. A worker that dies over a video costs it one of its attempts;
one that hangs, or a video that does not fit into memory, is ended and told of. Whatever happens,
the others go on. What is no video's fault (a worker that cannot start, memory or threads that are
full while others work) costs a worker for a while, and no video.
"""

from __future__ import annotations

import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import wait
from pathlib import Path

from vidfx.config import Settings
from vidfx.errors import CrashedError, Interrupted, StalledError, UnavailableError, VidfxError
from vidfx.jobs.events import (
    Advanced,
    Alive,
    Done,
    Failed,
    Listener,
    Notice,
    Retried,
    Skipped,
    Started,
)
from vidfx.jobs.outcomes import Outcome
from vidfx.jobs.plan import Job
from vidfx.workers.protocol import Message, error_from_json
from vidfx.workers.shortage import shortage
from vidfx.workers.sizing import PoolSize
from vidfx.workers.supervisor import Supervisor
from vidfx.workers.worker_process import Task, WorkerProcess

ATTEMPTS = 2
"""Workers that may die over one video before it is set aside."""
MEND = "it may be damaged or hostile; `ffmpeg -i INPUT -c copy NEW.mp4` often mends it"
LOOK_AGAIN_S = 1.0
"""Between two looks at a video that another vidfx is at."""
TICK_S = 0.2


class Pool:
    """Does jobs in worker processes, and says of each what became of it."""

    def __init__(
        self,
        settings: Settings,
        size: PoolSize,
        out: Path | None,
        listener: Listener,
        report: Callable[[Outcome], None],
        *,
        settle: Callable[[str], PoolSize] | None = None,
    ) -> None:
        """See Supervisor for ``settle``."""
        self.settings = settings
        self.listener, self.report = listener, report
        self._workers = Supervisor(settings, size, out, lambda text: listener(Notice(text)), settle)
        self._waiting: deque[Task] = deque()
        self._told: set[str] = set()
        self._shortages = 0
        "of threads and the like, one after the other, with nobody else at work"
        self._ends_at: float | None = None
        "after SIGTERM: when the videos at hand are dropped"

    def run(self, tasks: Sequence[Task]) -> None:
        """Do all tasks.

        Raises UnavailableError and UsageError where no worker can start, Interrupted after SIGTERM.
        """
        with self._terminable():
            try:
                self.do(tasks)
            finally:
                self.close()

    def do(self, tasks: Sequence[Task]) -> None:
        """As ``run``, but the workers stay for more."""
        self._waiting.extend(tasks)
        try:
            while self._waiting or self._workers.busy:
                self._step()
                if self._ends_at is not None and (
                    not self._workers.busy or time.monotonic() >= self._ends_at
                ):
                    raise Interrupted
        finally:
            self._waiting.clear()

    def close(self) -> None:
        """Let all workers go."""
        self._workers.close()

    def _step(self) -> None:
        workers = self._workers
        if self._ends_at is None:
            workers.hire(len(self._waiting) + len(workers.busy))
            self._hand_out()
        heard = wait([hand.wire.fileno() for hand in workers.hands], TICK_S)
        for hand in [h for h in workers.hands if h.wire.fileno() in heard]:
            message = hand.receive()
            if message is None:
                self._bury(hand)
            else:
                self._hear(hand, message)
        self._end_the_stalled()
        self._end_the_large()
        if workers.proven:
            self.listener(Alive())

    def _hand_out(self) -> None:
        self._workers.dismiss_surplus()
        for hand in self._workers.idle:
            now = time.monotonic()
            task = next((t for t in self._waiting if t.not_before <= now), None)
            if task is None:
                return
            self._waiting.remove(task)
            try:
                hand.give(task)
            except OSError:
                self._bury(hand)

    def _hear(self, hand: WorkerProcess, message: Message) -> None:
        event, task = message["event"], hand.task
        if event == "ready":
            for text in message["notices"]:
                self._notice(text)
            self._workers.welcome(hand, message["device"])
        elif event == "refused":
            self._workers.take_from(hand)
            self._workers.not_started(error_from_json(message["error"]), again=False)
        elif event == "begun":
            self._workers.begun(hand)
        elif task is not None:
            self._hear_of(hand, task.job, event, message)

    def _hear_of(self, hand: WorkerProcess, job: Job, event: str, message: Message) -> None:
        """Of the video that a worker is at."""
        name, outputs = job.name, outputs_of(job, self.settings)
        if event == "notice":
            self._notice(message["text"])
            return
        if event == "started":
            del message["event"]
            self.listener(Started(job, **message))
            return
        if event == "advanced":
            self.listener(Advanced(job, message["frames"]))
            return
        if event == "alive":
            return
        if event == "short":
            self._hear_of_shortage(hand, message)
            return
        task, hand.task = hand.task, None
        assert task is not None
        if event == "done":
            summary = message["summary"]
            seconds, warnings = summary["seconds"]["total"], tuple(summary["warnings"])
            self.listener(Done(job, summary))
            self.report(Outcome(name, "done", outputs, summary["counts"], seconds, warnings))
            self._shortages = 0
            self._workers.finished()
        elif event == "skipped":
            self.listener(Skipped(job, message["why"]))
            self.report(Outcome(name, "skipped", outputs))
        elif event == "planned":
            self.report(Outcome(name, "planned", outputs))
        elif event == "busy":
            self._notice(f"{job.name}: another vidfx is at it")
            task.not_before = time.monotonic() + LOOK_AGAIN_S
            self._waiting.append(task)
        else:
            self._fail(task, error_from_json(message["error"]))

    def _hear_of_shortage(self, hand: WorkerProcess, message: Message) -> None:
        """A video failed, surely or by what is told, for want of threads, processes or files."""
        error, sure = error_from_json(message["error"]), message["sure"]
        task, _ = self._take_from(hand)
        assert task is not None
        if self._workers.hands:
            self._put_back(task, str(shortage(error)))
            return
        self._shortages += 1
        if self._shortages < ATTEMPTS:
            self._waiting.append(task)
            self._workers.pause()
        elif sure:
            raise shortage(error)
        else:
            self._shortages = 0
            self._fail(task, error)

    def _put_back(self, task: Task, why: str) -> None:
        """What went wrong is not this video's fault, or not alone: it waits, with fewer at work."""
        self._waiting.append(task)
        self._workers.fewer(why)

    def _notice(self, text: str) -> None:
        """Once, however many workers say it."""
        if text not in self._told:
            self._told.add(text)
            self.listener(Notice(text))

    def _fail(self, task: Task, error: VidfxError) -> None:
        name = task.job.name
        self.listener(Failed(name, error))
        self.report(Outcome(name, "failed", error=error))

    def _bury(self, hand: WorkerProcess) -> None:
        """A worker that died of itself."""
        task, why = self._take_from(hand)
        if task is None:
            if not hand.useful:
                self._workers.died_at_start(why, hand.last_words())
            return
        told = f"the process that worked on it {why}"
        if hand.was_killed and self._workers.hands:
            self.listener(Retried(task.job, told))
            self._put_back(task, f"a worker process {why}")
            return
        error = another_death(task, told, hint=MEND)
        if error is None:
            self.listener(Retried(task.job, told))
            self._waiting.append(task)
            return
        error.add_note(hand.last_words())
        self._fail(task, error)

    def _take_from(self, hand: WorkerProcess) -> tuple[Task | None, str]:
        """End a worker, and take the task that it has begun with; another one simply waits on."""
        task, why = self._workers.take_from(hand)
        if task and not hand.at_it:
            self._waiting.appendleft(task)
            return None, why
        return task, why

    def _end_the_stalled(self) -> None:
        limit = f"{self.settings.stall_timeout:g} s"
        hint = "give more time with --stall-timeout, or check"
        for hand in self._workers.limits.stalled(self._workers.hands):
            hand.kill()
            task, _ = self._take_from(hand)
            if task is None:
                why = f"the engines cannot be loaded: no progress for {limit}, ended"
                error = UnavailableError(why, hint=f"{hint} the models and files that are named")
                self._workers.not_started(error, again=False)
            else:
                why = f"{task.job.name}: no progress for {limit}, ended"
                self._fail(task, StalledError(why, hint=f"{hint} the file"))

    def _end_the_large(self) -> None:
        """Keep all workers together under the limit."""
        hand = self._workers.limits.too_large(self._workers.hands)
        if hand is None:
            return
        limit = f"{(self._workers.limits.max_bytes or 0) / 1e9:.1f} GB"
        full, more = f"{limit} of memory are full", f"more than the {limit} that may be used"
        if hand.idle:
            self._workers.dismiss(hand)
            self._workers.fewer(full)
            return
        hand.kill()
        task, _ = self._take_from(hand)
        if task is None:
            why, hint = f"the engines need {more}", "raise --max-memory, or take smaller models"
            self._workers.not_started(UnavailableError(why, hint=hint), again=False)
        elif self._workers.hands:
            self._put_back(task, full)
        else:
            hint = "raise --max-memory, or take a smaller --detector-size"
            self._fail(task, CrashedError(f"{task.job.name}: needs {more}", hint=hint))

    @contextmanager
    def _terminable(self) -> Generator[None]:
        """SIGTERM ends the run after ``grace`` seconds; Ctrl-C ends it at once."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def terminate(*_: object) -> None:
            self._ends_at = self._ends_at or time.monotonic() + self.settings.grace

        before = signal.signal(signal.SIGTERM, terminate)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)


def another_death(task: Task, why: str, *, hint: str) -> CrashedError | None:
    """Count that a worker was lost over ``task``; the error that this is, if it was the last."""
    task.deaths += 1
    if task.deaths < ATTEMPTS:
        return None
    return CrashedError(f"{task.job.name}: {why}, {task.deaths} times", hint=hint)


def outputs_of(job: Job, settings: Settings) -> dict[str, str]:
    """What will stand where, for whoever asked."""
    names = zip(("video", "faces", "frames", "summary"), job.addresses(), strict=True)
    return {name: place for name, place in names if name != "video" or settings.video}
