"""A process that does one video at a time for a run, and that may die of it alone.

    python -P -m vidfx.run.worker FILE      FILE: the number of its end of the wire

It loads the engines, says that it is ready, and answers each job with what became of it. It ends
with the run that started it, whatever ended that, and then leaves nothing half done behind.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from vidfx.annotate.context import Context, load_context
from vidfx.annotate.resume import is_done
from vidfx.annotate.segment_task import do_segment
from vidfx.annotate.video import annotate_video
from vidfx.config import Settings
from vidfx.errors import Interrupted, VidfxError
from vidfx.jobs import storage
from vidfx.jobs.events import Advanced, Event, Notice, Started
from vidfx.jobs.leftovers import find_leftovers, remove_parts
from vidfx.jobs.locks import BusyError, Locks
from vidfx.jobs.outcomes import as_failure
from vidfx.jobs.plan import Job
from vidfx.workers.protocol import Channel, Message, error_as_json, job_from_json
from vidfx.workers.resources import give_memory_back
from vidfx.workers.shortage import is_short, looks_short, shortage
from vidfx_engines.device import CPU

TELL_EVERY_S = 0.2
DROP_S = 3.0
"""For the video at hand to be dropped in good order when the run has gone."""


class _Teller:
    """Tells the run of the one video that is being worked on."""

    def __init__(self, wire: Channel) -> None:
        self._wire = wire
        self._told = 0.0

    def tell(self, event: str) -> None:
        self._wire.send(event=event)

    def alive(self) -> None:
        """There is no news, but the work goes on."""
        if (now := time.monotonic()) - self._told >= TELL_EVERY_S:
            self._told = now
            self.tell("alive")

    def handle(self, event: Event) -> None:
        match event:
            case Notice(text=text):
                self._wire.send(event="notice", text=text)
            case Started():
                fields = ("width", "height", "codec", "expected")
                self._wire.send(event="started", **{name: getattr(event, name) for name in fields})
            case Advanced(frames=frames):
                if (now := time.monotonic()) - self._told >= TELL_EVERY_S:
                    self._told = now
                    self._wire.send(event="advanced", frames=frames)
            case _:
                pass

    def done(self, summary: dict[str, Any]) -> None:
        kept = ("counts", "seconds", "warnings", "outputs")
        self._wire.send(event="done", summary={name: summary[name] for name in kept})

    def skipped(self, why: str) -> None:
        self._wire.send(event="skipped", why=why)

    def failed(self, error: VidfxError) -> None:
        self._wire.send(event="failed", error=error_as_json(error))

    def short(self, error: VidfxError, *, sure: bool) -> None:
        """It failed for want of threads, processes or files, surely or by what is told."""
        self._wire.send(event="short", error=error_as_json(error), sure=sure)


def work(wire: Channel) -> None:
    """Load what the first message asks for, then do jobs until the run ends."""
    first = wire.receive()
    wire.send(event="alive")
    try:
        inbox = _Inbox(wire)
        with load_context(Settings(**first["settings"])) as context:
            desk = _Desk(first["out"])
            notices = [*context.models.notices(), *desk.notices()]
            wire.send(event="ready", notices=notices, device=_device(context))
            while True:
                job, message = inbox.next()
                wire.send(event="begun")
                _do(job, message, inbox, context, desk, _Teller(wire))
                inbox.job = None
    except KeyboardInterrupt:
        raise
    except Exception as error:  # noqa: BLE001 - the run decides what it means
        failure = shortage(error) if looks_short(error) else as_failure("engines", error)
        wire.send(event="refused", error=error_as_json(failure))


def _device(context: Context) -> str:
    """What the engines run on, "cpu" or "cuda:n"; one on a GPU decides."""
    devices = [selection.engine.device for selection in context.models.selections]
    return str(next((device for device in devices if device.kind == "cuda"), CPU))


class _Inbox:
    """Jobs as they come, and what is to vanish when the run has gone before its time."""

    def __init__(self, wire: Channel) -> None:
        self.job: Job | None = None
        "at hand"
        self.made: list[Path] = []
        "segments that the run has yet to join"
        self._wire = wire
        self._jobs: SimpleQueue[Message] = SimpleQueue()
        self._dismissed = False
        threading.Thread(target=self._listen, daemon=True, name="listen").start()

    def next(self) -> tuple[Job, Message]:
        message = self._jobs.get()
        self.job = job_from_json(message["job"])
        return self.job, message

    def _listen(self) -> None:
        """The run's end of the wire closes when the run ends, however it does."""
        with suppress(EOFError, OSError, ValueError):
            while True:
                message = self._wire.receive()
                if "job" in message:
                    self._jobs.put(message)
                else:
                    self._dismissed = True
        self._vanish()

    def _vanish(self) -> None:
        for file in () if self._dismissed else self.made:
            with suppress(OSError):
                file.unlink()
        if job := self.job:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(DROP_S)  # the main thread ends the process, unless it hangs
            remove_parts(job, os.getpid())
        os._exit(0)


def _do(
    job: Job, message: Message, inbox: _Inbox, context: Context, desk: _Desk, teller: _Teller
) -> None:
    try:
        if job.part is not None:
            made = do_segment(job, context, teller.handle)
            inbox.made.append(Path(made["outputs"]["file"]))
            teller.done(made)
            return
        with desk.hold(job):
            if desk.locks is not None:
                _clear(job, message["leftovers"])
            if is_done(job, context, overwrite=bool(message["overwrite"])):
                teller.skipped("done already, with the same input and settings")
            elif desk.locks is None:
                teller.tell("planned")
            else:
                try:
                    summary = _annotate(job, context, teller)
                finally:
                    give_memory_back()
                teller.done(summary)
    except BusyError:
        teller.tell("busy")
    except Exception as error:  # noqa: BLE001 - one video's fault must not end the others
        failure, sure = _failure(job, error), is_short()
        if sure or looks_short(error):
            teller.short(failure, sure=sure)
        else:
            teller.failed(failure)


def _failure(job: Job, error: Exception) -> VidfxError:
    """``error`` in terms of what the user named, not of the spool."""
    failure = as_failure(job.name, error)
    failure.args = (job.told(str(failure)),)
    return failure


def _annotate(job: Job, context: Context, teller: _Teller) -> dict[str, Any]:
    """Make the results, with the video brought and the results sent where they are on storage."""
    with ExitStack() as stack:
        if job.origin:
            fetched = storage.fetched(job.origin, job.source.name, teller.alive)
            job = replace(job, source=stack.enter_context(fetched))
        if job.destination is not None:
            _clear(job, [str(path) for path in job.outputs])
        try:
            summary = annotate_video(job, context, teller.handle)
        except Exception as error:
            raise _failure(job, error) from error
        if job.destination is not None:
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
        work(Channel(int(sys.argv[1])))
    except KeyboardInterrupt:
        code = Interrupted.exit_code
    except OSError:  # the run has gone
        code = 1
    os._exit(code)  # engines take a while to take down, and nothing is left to save


if __name__ == "__main__":
    main()
