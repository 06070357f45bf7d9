"""What a worker process runs: one task at a time, until its run ends.

    python -P -m vidfx.run.worker FILE      FILE: the number of its end of the channel

It loads the engines, unless it only draws finished results again, sends Ready, and answers each
task. When the run exits, for whatever reason, it removes the temporary files of its task and exits.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from queue import SimpleQueue

from vidfx.annotation.tasks import Drawn, Observed, VideoTask
from vidfx.errors import Interrupted
from vidfx.jobs.events import Advanced, Event, Heartbeat
from vidfx.jobs.outcomes import as_failure
from vidfx.render.task import RenderVideo
from vidfx.run.task_doer import TaskDoer
from vidfx.workers.channel import Channel
from vidfx.workers.exhaustion import resource_error, suggests_exhaustion
from vidfx.workers.messages import (
    Answer,
    Assignment,
    Begun,
    EnginesFailed,
    Ready,
    Setup,
    ToWorker,
    from_plain,
)

WorkerTask = VideoTask | RenderVideo
SEND_EVERY_S = 0.2
DROP_S = 3.0
"""For the task to be dropped in good order when the run has exited."""


def work(channel: Channel) -> None:
    """Load what the first message asks for, then do tasks until the run ends."""
    setup: Setup = channel.receive()
    channel.send(Heartbeat())
    try:
        tasks, report = TaskReceiver(channel), Reporter(channel).handle
        with _doer(setup) as doer:
            channel.send(Ready(doer.notices, doer.device))
            while True:
                task = tasks.next()
                channel.send(Begun())
                reply = doer.do(task, report)
                if isinstance(reply, Answer):
                    tasks.note(reply)
                channel.send(reply)
                tasks.current = None
    except KeyboardInterrupt:
        raise
    except Exception as error:  # noqa: BLE001 - the run decides what it means
        failure = (
            resource_error(error) if suggests_exhaustion(error) else as_failure("engines", error)
        )
        channel.send(EnginesFailed(failure))


def _doer(setup: Setup) -> AbstractContextManager[TaskDoer]:
    if setup.engines:
        from vidfx.run.do_task import annotating  # noqa: PLC0415 - models are slow to import

        return annotating(setup)
    from vidfx.run.do_render import rendering  # noqa: PLC0415

    return rendering(setup)


class Reporter:
    """Sends the events of a task to the run; what comes often, only now and then."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._sent = 0.0

    def handle(self, event: Event) -> None:
        if isinstance(event, Advanced | Heartbeat):
            if (now := time.monotonic()) - self._sent < SEND_EVERY_S:
                return
            self._sent = now
        self._channel.send(event)


class TaskReceiver:
    """Receives tasks in a thread of its own, which also ends this process when the run exits."""

    def __init__(self, channel: Channel) -> None:
        self.current: WorkerTask | None = None
        self._files: list[Path] = []
        "of segments, which the run has yet to use and remove"
        self._channel = channel
        self._tasks: SimpleQueue[WorkerTask] = SimpleQueue()
        self._asked_to_leave = False
        threading.Thread(target=self._receive, daemon=True, name="receive").start()

    def next(self) -> WorkerTask:
        """Waits for it."""
        self.current = self._tasks.get()
        return self.current

    def note(self, answer: Answer) -> None:
        """Remember the files that go with it if the run exits too early to remove them."""
        if isinstance(answer.result, Observed | Drawn):
            self._files.append(answer.result.file)

    def _receive(self) -> None:
        """The run's end of the channel closes when the run ends, however it does."""
        with suppress(EOFError, OSError, ValueError):
            while True:
                message: ToWorker = self._channel.receive()
                if isinstance(message, Assignment):
                    self._tasks.put(from_plain(message.task, WorkerTask))
                else:
                    self._asked_to_leave = True
        self._exit()

    def _exit(self) -> None:
        for file in () if self._asked_to_leave else self._files:
            with suppress(OSError):
                file.unlink()
        if task := self.current:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(DROP_S)  # the main thread ends the process, unless it hangs
            task.remove_parts(os.getpid())
        os._exit(0)


def _terminated(*_: object) -> None:
    raise KeyboardInterrupt


def main() -> None:
    signal.signal(signal.SIGTERM, _terminated)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run to handle
    code = 0
    try:
        work(Channel(int(sys.argv[1]), ToWorker))
    except KeyboardInterrupt:
        code = Interrupted.exit_code
    except OSError:  # the run has exited
        code = 1
    os._exit(code)  # engines take a while to take down, and nothing is left to save


if __name__ == "__main__":
    main()
