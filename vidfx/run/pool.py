"""Worker processes, and the videos that go to them: what dies, hangs or grows costs one video.

A job goes to the next idle worker. A worker that dies over a video costs it one of its attempts;
one that hangs, or a video that does not fit into memory, is ended and told of. Whatever happens,
the others go on.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from multiprocessing.connection import wait
from pathlib import Path

from vidfx.config import Settings
from vidfx.errors import (
    CrashedError,
    Interrupted,
    StalledError,
    UnavailableError,
    VidfxError,
)
from vidfx.run import machine
from vidfx.run.hand import Hand, Task
from vidfx.run.leftovers import remove_parts
from vidfx.run.outcome import Outcome
from vidfx.run.plan import Job
from vidfx.run.progress import Listener, Opened
from vidfx.run.wire import Message, error_from_json

ATTEMPTS = 2
"""Workers that may die over one video before it is set aside."""
MEND = "it may be damaged or hostile; `ffmpeg -i INPUT -c copy NEW.mp4` often mends it"
LOOK_AGAIN_S = 1.0
"""Between two looks at a video that another vidfx is at."""
TICK_S = 0.2
WEIGH_EVERY_S = 0.5
DROP_S = 5.0
"""For a worker to drop its video and go; then it is ended."""
GPUS = Path("/proc/driver/nvidia/gpus")


@dataclass(frozen=True)
class Size:
    """How many workers, and what each of them may have."""

    workers: int
    threads: int
    "of each worker; 0 is all cores"
    gpus: tuple[str, ...]
    "one for each worker in turn; empty: no GPU, or the one that the settings name"
    max_bytes: int | None
    "of all workers together"

    @classmethod
    def of(cls, settings: Settings, jobs: int) -> Size:
        """As many workers as were asked for; else one for each GPU, or for each core of a CPU.

        Videos side by side leave less idle than threads within one (docs/benchmarks.md). Memory
        may allow fewer.
        """
        limit = machine.allowed(settings.max_memory)
        gpus = visible_gpus() if settings.device in ("auto", "cuda") else ()
        cores = machine.cores()
        workers = settings.jobs or len(gpus) or cores
        if limit is not None and not settings.jobs:
            workers = min(workers, max(1, limit // machine.A_JOB))
        workers = max(1, min(workers, jobs))
        threads = settings.threads or (0 if workers == 1 else max(1, cores // workers))
        return cls(workers, threads, gpus, limit)


def visible_gpus(folder: Path = GPUS) -> tuple[str, ...]:
    """NVIDIA GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return tuple(name.strip() for name in named.split(",") if name.strip())
    return tuple(str(i) for i in range(len(list(folder.iterdir())))) if folder.is_dir() else ()


class Pool:
    """Does jobs in worker processes, and says of each what became of it."""

    def __init__(
        self,
        settings: Settings,
        size: Size,
        out: Path | None,
        listener: Listener,
        report: Callable[[Outcome], None],
    ) -> None:
        self.settings, self.size, self.out = settings, size, out
        self.listener, self.report = listener, report
        self.workers = size.workers
        self._hands: list[Hand] = []
        self._waiting: deque[Task] = deque()
        self._told: set[str] = set()
        self._proven = False
        "a worker has loaded the engines here"
        self._false_starts = 0
        self._weighed = 0.0
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
        while self._waiting or self._busy():
            self._step()
            if self._ends_at is not None and (
                not self._busy() or time.monotonic() >= self._ends_at
            ):
                raise Interrupted

    def _busy(self) -> list[Hand]:
        return [hand for hand in self._hands if hand.task]

    def _step(self) -> None:
        self._hire()
        self._hand_out()
        heard = wait([hand.wire.fileno() for hand in self._hands], TICK_S)
        for hand in [h for h in self._hands if h.wire.fileno() in heard]:
            message = hand.receive()
            if message is None:
                self._bury(hand)
            else:
                self._hear(hand, message)
        self._end_the_stalled()
        self._weigh()

    def _hire(self) -> None:
        wanted = min(self.workers, len(self._waiting) + len(self._busy()))
        if self._ends_at is not None or (self._hands and not self._proven):
            return  # one loads the engines first: if they are missing it need not be said twice
        while len(self._hands) < wanted:
            settings = asdict(replace(self.settings, threads=self.size.threads))
            used = [hand.gpu for hand in self._hands]
            gpu = min(self.size.gpus, key=used.count) if self.size.gpus else None
            self._hands.append(Hand(settings, self.out, gpu))
            if not self._proven:
                return

    def _hand_out(self) -> None:
        for hand in [h for h in self._hands if h.idle]:
            if len(self._hands) > self.workers:
                self._hands.remove(hand)
                hand.dismiss()
                continue
            now = time.monotonic()
            task = next((t for t in self._waiting if t.not_before <= now), None)
            if task is None or self._ends_at is not None:
                return
            self._waiting.remove(task)
            try:
                hand.give(task)
            except OSError:
                self._bury(hand)

    def _hear(self, hand: Hand, message: Message) -> None:
        event, task = message["event"], hand.task
        if event == "ready":
            hand.ready = self._proven = True
            for text in message["notices"]:
                self._notice(text)
        elif event == "refused":
            self._hands.remove(hand)
            hand.kill()
            error = error_from_json(message["error"])
            if not self._proven:
                raise error
            self._fewer(f"a further worker could not start: {error}")
        elif task is not None:
            self._hear_of(hand, task.job, event, message)

    def _hear_of(self, hand: Hand, job: Job, event: str, message: Message) -> None:
        """Of the video that a worker is at."""
        name, outputs = job.name, outputs_of(job, self.settings)
        if event == "notice":
            self._notice(message["text"])
            return
        if event == "started":
            del message["event"]
            self.listener.started(job, Opened(**message))
            return
        if event == "advanced":
            self.listener.advanced(job, message["frames"])
            return
        if event == "alive":
            return
        task, hand.task = hand.task, None
        assert task is not None
        if event == "done":
            summary = message["summary"]
            seconds, warnings = summary["seconds"]["total"], tuple(summary["warnings"])
            self.listener.done(job, summary)
            self.report(Outcome(name, "done", outputs, summary["counts"], seconds, warnings))
        elif event == "skipped":
            self.listener.skipped(job, message["why"])
            self.report(Outcome(name, "skipped", outputs))
        elif event == "planned":
            self.report(Outcome(name, "planned", outputs))
        elif event == "busy":
            self._notice(f"{job.name}: another vidfx is at it")
            task.not_before = time.monotonic() + LOOK_AGAIN_S
            self._waiting.append(task)
        else:
            self._fail(task, error_from_json(message["error"]))

    def _notice(self, text: str) -> None:
        """Once, however many workers say it."""
        if text not in self._told:
            self._told.add(text)
            self.listener.notice(text)

    def _fail(self, task: Task, error: VidfxError) -> None:
        name = task.job.name
        self.listener.failed(name, error)
        self.report(Outcome(name, "failed", error=error))

    def _bury(self, hand: Hand) -> None:
        """A worker that died of itself."""
        task, why = self._take_from(hand)
        if task is None:
            self._false_starts += not hand.ready
            if self._false_starts >= ATTEMPTS:
                raise UnavailableError(
                    f"the engines cannot be loaded: a worker process {why}",
                    hint="`vidfx doctor` says what works here",
                )
            return
        why = f"the process that worked on it {why}"
        error = another_death(task, why, hint=MEND)
        if error is None:
            self.listener.retried(task.job, why)
            self._waiting.append(task)
            return
        error.add_note(hand.last_words())
        self._fail(task, error)

    def _take_from(self, hand: Hand) -> tuple[Task | None, str]:
        """End a worker and take its task back, without what it left of it."""
        self._hands.remove(hand)
        if not hand.gone(timeout=TICK_S):
            hand.kill()
            hand.gone(timeout=DROP_S)
        task, hand.task = hand.task, None
        if task:
            remove_parts(task.job, hand.pid)
            task.leftovers = None
        hand.wire.close()
        return task, hand.why_it_ended()

    def _end_the_stalled(self) -> None:
        now, limit = time.monotonic(), self.settings.stall_timeout
        for hand in [h for h in self._busy() if now - h.heard > limit]:
            hand.kill()
            task, _ = self._take_from(hand)
            assert task is not None
            self._fail(
                task,
                StalledError(
                    f"{task.job.name}: no progress for {limit:g} s, ended",
                    hint="give more time with --stall-timeout, or check the file",
                ),
            )

    def _weigh(self) -> None:
        """Keep all workers together under the limit: the largest one goes first."""
        now, limit = time.monotonic(), self.size.max_bytes
        if limit is None or now - self._weighed < WEIGH_EVERY_S:
            return
        self._weighed = now
        weights = {hand: machine.resident(hand.pid) for hand in self._hands}
        busy = self._busy()
        if sum(weights.values()) <= limit or not busy:
            return
        hand = max(busy, key=lambda h: weights[h])
        alone = len(self._hands) == 1
        hand.kill()
        task, _ = self._take_from(hand)
        assert task is not None
        if alone:
            error = CrashedError(
                f"{task.job.name}: needs more than the {limit / 1e9:.1f} GB that may be used",
                hint="raise --max-memory, or take a smaller --detector-size",
            )
            self._fail(task, error)
            return
        self._waiting.append(task)
        self._fewer(f"{limit / 1e9:.1f} GB of memory are full")

    def _fewer(self, why: str) -> None:
        self.workers = max(1, min(self.workers - 1, len(self._hands)))
        self.listener.notice(f"{why}; going on with {self.workers} at once")

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

    def close(self) -> None:
        """Let all workers go: the idle ones at once, the others when they have dropped theirs."""
        for hand in self._hands:
            if hand.task:
                hand.interrupt()
            else:
                hand.dismiss()
        until = time.monotonic() + DROP_S
        for hand in self._hands:
            if not hand.gone(timeout=max(0.0, until - time.monotonic())):
                hand.kill()
                hand.gone(timeout=DROP_S)
            if hand.task:
                remove_parts(hand.task.job, hand.pid)
            hand.close()
        self._hands.clear()


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
