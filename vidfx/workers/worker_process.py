"""One worker process, and the channel to it, as the run sees them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from vidfx.config import Settings
from vidfx.errors import UnavailableError
from vidfx.workers.channel import Channel
from vidfx.workers.messages import Assignment, Exit, FromWorker, Setup
from vidfx.workers.task import QueuedTask

# -P: what is in the folder of the videos must not be imported
_COMMAND = (sys.executable, "-P", "-X", "faulthandler", "-m", "vidfx.run.worker")
STDERR_TAIL = 4000
"""Characters of a dead worker's stderr that are kept."""


class WorkerProcess:
    """A worker process and the task that it has. A session of its own keeps Ctrl-C from it."""

    def __init__(
        self, settings: Settings, out: Path | None, gpu: str | None, *, engines: bool = True
    ) -> None:
        """Raises OSError where the machine allows no further process or open file.

        Raises UnavailableError where there are no POSIX processes.
        """
        if os.name != "posix":
            raise UnavailableError(
                f"videos are processed on Linux and macOS, not on {sys.platform}",
                hint="use WSL2 or a container; finished results can be read here",
            )
        self.channel, theirs = Channel.pair(FromWorker)
        path = [entry for entry in sys.path if Path(entry).is_absolute()]
        environment = {"OPENBLAS_NUM_THREADS": "1"} | os.environ  # idle, they spin 0.2 s at start
        environment |= {"PYTHONPATH": os.pathsep.join(path)}
        if gpu is not None:
            environment["CUDA_VISIBLE_DEVICES"] = gpu
        try:
            self._stderr = _temporary()
            self._process = subprocess.Popen(  # noqa: S603 - ourselves
                [*_COMMAND, str(theirs)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._stderr,
                pass_fds=(theirs,),
                env=environment,
                start_new_session=True,
            )
        except BaseException:
            self.channel.close()
            raise
        finally:
            os.close(theirs)
        self.gpu, self.threads = gpu, settings.threads
        self._killed = False
        "by us"
        self.engines_loaded = False
        "its engines are loaded"
        self.task: QueuedTask | None = None
        self.task_started = False
        "with its task"
        self.any_task_started = False
        "with any task"
        self.last_message = time.monotonic()
        "when it last sent one, or was given something to do"
        try:
            self.channel.send(Setup(settings, out, engines))
        except OSError:  # it has died, or has nothing to do
            self.kill()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def idle(self) -> bool:
        return self.engines_loaded and self.task is None

    def assign(self, task: QueuedTask) -> None:
        """Raises OSError where the worker has exited."""
        self.task, self.task_started, self.last_message = task, False, time.monotonic()
        self.channel.send(Assignment(task.task))

    def receive(self) -> FromWorker | None:
        """Its next message; None where it has exited, or sends what is no message."""
        try:
            message = self.channel.receive()
        except (EOFError, OSError, ValueError):
            return None
        self.last_message = time.monotonic()
        return message

    def leave(self) -> None:
        """Ask an idle worker to exit."""
        with suppress(OSError):
            self.channel.send(Exit())
        self.channel.close()

    def interrupt(self) -> None:
        """Ask a busy worker to drop its task, remove its temporary files and exit."""
        with suppress(OSError):
            self.channel.send(Exit())
        with suppress(OSError):
            self._process.terminate()

    def kill(self) -> None:
        self._killed = True
        with suppress(OSError):
            self._process.kill()

    def has_exited(self, timeout: float) -> bool:
        """Waits for its exit, at most ``timeout`` seconds."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout)
        return self._process.returncode is not None

    def exit_reason(self) -> str:
        """How the process ended; wait for it first."""
        code = self._process.returncode
        if self._killed and code == -signal.SIGKILL:
            return "did not answer and was ended"
        if code is None or code >= 0:
            return f"ended with code {code}"
        name = next((s.name for s in signal.Signals if s == -code), f"signal {-code}")
        hints = {"SIGKILL": ", as the system does when memory runs out", "SIGSEGV": ", a crash"}
        return f"was ended by {name}{hints.get(name, '')}"

    @property
    def was_killed(self) -> bool:
        """By SIGKILL and not by us: the system does so when memory runs out; wait for it first."""
        return self._process.returncode == -signal.SIGKILL and not self._killed

    def stderr_tail(self) -> str:
        """The end of what it wrote to stderr."""
        with suppress(OSError):
            self._stderr.seek(0, os.SEEK_END)
            self._stderr.seek(max(0, self._stderr.tell() - STDERR_TAIL))
            return self._stderr.read().decode("utf-8", "replace")
        return ""

    def close(self) -> None:
        self.channel.close()
        self._stderr.close()


def _temporary() -> IO[bytes]:
    """For the worker's stderr, without which it can work too."""
    try:
        return tempfile.TemporaryFile()
    except OSError:  # no folder for temporary files, or no room in it
        return Path(os.devnull).open("w+b")
