"""One worker process, as the run sees it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from vidfx.jobs.plan import Job
from vidfx.workers.protocol import Channel, Message, job_as_json

# -P: what lies in the folder of the videos must not be imported
_COMMAND = (sys.executable, "-P", "-X", "faulthandler", "-m", "vidfx.run.worker")
LAST_WORDS = 4000
"""Characters of a dead worker's stderr that are kept."""


@dataclass(eq=False)
class Task:
    """A job that is to be done, and what happened to it so far."""

    job: Job
    overwrite: bool = False
    leftovers: list[Path] | None = None
    "temporary files of dead runs and workers, for whoever holds the lock; None: let it look"
    deaths: int = 0
    "workers that died over it"
    not_before: float = 0.0

    def leftovers_as_json(self) -> list[str] | None:
        return None if self.leftovers is None else [str(path) for path in self.leftovers]


class WorkerProcess:
    """A worker process and the task that it has. A session of its own keeps Ctrl-C from it."""

    def __init__(self, settings: dict[str, Any], out: Path | None, gpu: str | None) -> None:
        """Raises OSError where the machine allows no further process or open file."""
        self.wire, theirs = Channel.pair()
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
            self.wire.close()
            raise
        finally:
            os.close(theirs)
        self.gpu, self.threads = gpu, settings["threads"]
        self._ended = False
        "by us"
        self.ready = False
        self.task: Task | None = None
        self.at_it = False
        "it has begun with its task"
        self.useful = False
        "it has begun with one, sometime"
        self.heard = time.monotonic()
        "when it last made progress, from its start on"
        try:
            self.wire.send(settings=settings, out=None if out is None else str(out))
        except OSError:  # it has died, or has nothing to do
            self.kill()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def idle(self) -> bool:
        return self.ready and self.task is None

    def give(self, task: Task) -> None:
        """Raises OSError where the worker is no more."""
        self.task, self.at_it, self.heard = task, False, time.monotonic()
        self.wire.send(
            job=job_as_json(task.job),
            overwrite=task.overwrite,
            leftovers=task.leftovers_as_json(),
        )

    def receive(self) -> Message | None:
        """What it tells; None where it is no more, or is out of its mind."""
        try:
            message = self.wire.receive()
        except (EOFError, OSError, ValueError):
            return None
        self.heard = time.monotonic()
        return message

    def dismiss(self) -> None:
        """Tell an idle worker to go."""
        with suppress(OSError):
            self.wire.send(leave=True)
        self.wire.close()

    def interrupt(self) -> None:
        """Have it drop its video in good order."""
        with suppress(OSError):
            self.wire.send(leave=True)
        with suppress(OSError):
            self._process.terminate()

    def kill(self) -> None:
        self._ended = True
        with suppress(OSError):
            self._process.kill()

    def gone(self, timeout: float) -> bool:
        """Whether its process has ended, after waiting for it."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout)
        return self._process.returncode is not None

    def why_it_ended(self) -> str:
        """How the process ended; wait for it first."""
        code = self._process.returncode
        if self._ended and code == -signal.SIGKILL:
            return "did not answer and was ended"
        if code is None or code >= 0:
            return f"ended with code {code}"
        name = next((s.name for s in signal.Signals if s == -code), f"signal {-code}")
        hints = {"SIGKILL": ", as the system does when memory runs out", "SIGSEGV": ", a crash"}
        return f"was ended by {name}{hints.get(name, '')}"

    @property
    def was_killed(self) -> bool:
        """By SIGKILL and not by us: the system does so when memory runs out; wait for it first."""
        return self._process.returncode == -signal.SIGKILL and not self._ended

    def last_words(self) -> str:
        """The end of what it wrote to stderr."""
        with suppress(OSError):
            self._stderr.seek(0, os.SEEK_END)
            self._stderr.seek(max(0, self._stderr.tell() - LAST_WORDS))
            return self._stderr.read().decode("utf-8", "replace")
        return ""

    def close(self) -> None:
        self.wire.close()
        self._stderr.close()


def _temporary() -> IO[bytes]:
    """For what a worker writes to stderr, which nobody needs as much as the worker."""
    try:
        return tempfile.TemporaryFile()
    except OSError:  # no folder for temporary files, or no room in it
        return Path(os.devnull).open("w+b")
