"""A process that does one video at a time for a run, and that may die of it alone.

    python -P -m vidfx.run.worker FILE      FILE: the number of its end of the wire

It loads the engines, says that it is ready, and answers each job with what became of it. It ends
with the run that started it, whatever ended that.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from vidfx.config import Settings
from vidfx.errors import Interrupted, VidfxError
from vidfx.run import storage
from vidfx.run.done import is_done
from vidfx.run.leftovers import find_leftovers
from vidfx.run.locks import BusyError, Locks
from vidfx.run.machine import give_memory_back
from vidfx.run.outcome import as_failure
from vidfx.run.plan import Job
from vidfx.run.progress import Listener, Opened
from vidfx.run.segment import do_segment
from vidfx.run.setup import Setup, set_up
from vidfx.run.video import annotate_video
from vidfx.run.wire import Message, Wire, error_as_json, job_from_json

TELL_EVERY_S = 0.2


class _Teller(Listener):
    """Tells the run of the one video that is being worked on."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._told = 0.0

    def tell(self, event: str) -> None:
        self._wire.send(event=event)

    def alive(self) -> None:
        """There is no news, but the work goes on."""
        if (now := time.monotonic()) - self._told >= TELL_EVERY_S:
            self._told = now
            self.tell("alive")

    def notice(self, text: str) -> None:
        self._wire.send(event="notice", text=text)

    def started(self, job: Job, opened: Opened) -> None:
        self._wire.send(event="started", **vars(opened))

    def advanced(self, job: Job, frames: int) -> None:
        if (now := time.monotonic()) - self._told >= TELL_EVERY_S:
            self._told = now
            self._wire.send(event="advanced", frames=frames)

    def done(self, job: Job, summary: dict[str, Any]) -> None:
        kept = ("counts", "seconds", "warnings", "outputs")
        self._wire.send(event="done", summary={name: summary[name] for name in kept})

    def skipped(self, job: Job, why: str) -> None:
        self._wire.send(event="skipped", why=why)

    def failed(self, name: str, error: VidfxError) -> None:
        self._wire.send(event="failed", error=error_as_json(error))


def work(wire: Wire) -> None:
    """Load what the first message asks for, then do jobs until the run ends."""
    first = wire.receive()
    jobs = _listen(wire)
    try:
        with set_up(Settings(**first["settings"])) as setup:
            desk = _Desk(first["out"])
            wire.send(event="ready", notices=[*setup.models.notices(), *desk.notices()])
            while True:
                _do(jobs.get(), setup, desk, _Teller(wire))
    except KeyboardInterrupt:
        raise
    except Exception as error:  # noqa: BLE001 - the run decides what it means
        wire.send(event="refused", error=error_as_json(as_failure("engines", error)))


def _listen(wire: Wire) -> SimpleQueue[Message]:
    """Jobs as they come. The run's end of the wire closes when the run ends, however it does."""
    jobs: SimpleQueue[Message] = SimpleQueue()

    def listen() -> None:
        with suppress(EOFError, OSError):
            while True:
                jobs.put(wire.receive())
        os._exit(0)

    threading.Thread(target=listen, daemon=True, name="listen").start()
    return jobs


def _do(message: Message, setup: Setup, desk: _Desk, teller: _Teller) -> None:
    job, overwrite = job_from_json(message["job"]), bool(message["overwrite"])
    try:
        if job.part is not None:
            teller.done(job, do_segment(job, setup, teller))
            return
        with desk.hold(job):
            if desk.locks is not None:
                _clear(job, message["leftovers"])
            if is_done(job, setup, overwrite=overwrite):
                teller.skipped(job, "done already, with the same input and settings")
            elif desk.locks is None:
                teller.tell("planned")
            else:
                try:
                    summary = _annotate(job, setup, teller)
                finally:
                    give_memory_back()
                teller.done(job, summary)
    except BusyError:
        teller.tell("busy")
    except Exception as error:  # noqa: BLE001 - one video's fault must not end the others
        teller.failed(job.name, _failure(job, error))


def _failure(job: Job, error: Exception) -> VidfxError:
    """``error`` in terms of what the user named, not of the spool."""
    failure = as_failure(job.name, error)
    failure.args = (str(failure).replace(str(job.source), job.name),)
    return failure


def _annotate(job: Job, setup: Setup, teller: _Teller) -> dict[str, Any]:
    """Make the results, with the video brought and the results sent where they are on storage."""
    with ExitStack() as stack:
        if job.origin:
            stack.enter_context(storage.fetched(job.origin, job.source, teller.alive))
        if job.destination is None:
            return annotate_video(job, setup, teller)
        _clear(job, [str(path) for path in job.outputs])
        summary = annotate_video(job, setup, teller)
        storage.deliver(tuple(job.outputs), job.destination, teller.alive)
        return summary


def _clear(job: Job, leftovers: list[str] | None) -> None:
    """Remove what dead runs left of a video that is ours now."""
    if leftovers is None:
        leftovers = [str(p) for paths in find_leftovers([job]).values() for p in paths]
    for leftover in leftovers:
        with suppress(OSError):
            Path(leftover).unlink()


class _Desk:
    """The output folder; None where the run only looks."""

    def __init__(self, out: str | None) -> None:
        self.out = Path(out or ".")
        self.locks = None if out is None else Locks(self.out)

    def hold(self, job: Job) -> AbstractContextManager[None]:
        if self.locks is None:
            return nullcontext()
        return self.locks.hold(job.outputs.summary.relative_to(self.out))

    def notices(self) -> list[str]:
        if self.locks is None or self.locks.fault is None:
            return []
        return [
            f"{self.out}: this file system has no locks ({self.locks.fault}); "
            "let no second vidfx write to this folder"
        ]


def _terminated(*_: object) -> None:
    raise KeyboardInterrupt


def main() -> None:
    signal.signal(signal.SIGTERM, _terminated)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the run's to hear
    code = 0
    try:
        work(Wire(int(sys.argv[1])))
    except KeyboardInterrupt:
        code = Interrupted.exit_code
    except OSError:  # the run has gone
        code = 1
    os._exit(code)  # engines take a while to take down, and nothing is left to save


if __name__ == "__main__":
    main()
