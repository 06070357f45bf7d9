"""A worker that is no process: tests say what it sends and when it dies."""

from __future__ import annotations

import socket
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from vidfx.config import Settings
from vidfx.workers.messages import Answer, Begun, FromWorker, Ready
from vidfx.workers.task import QueuedTask

DIES = None
DONE = Answer({})
BEGUN = Begun()
Sent = FromWorker | None


def ready(device: str = "cpu") -> Ready:
    return Ready((), device)


class FakeWorker:
    """What Pool knows of a WorkerProcess. ``starts`` and ``does`` are set by the test."""

    starts: Callable[[FakeWorker], list[Sent]] = lambda _: [ready()]
    does: Callable[[FakeWorker, QueuedTask], list[Sent]] = lambda *_: [BEGUN, DONE]
    all: list[FakeWorker]

    def __init__(
        self, settings: Settings, out: object, gpu: str | None, *, engines: bool = True
    ) -> None:
        self.engines = engines
        self.gpu, self.threads = gpu, settings.threads
        self.engines_loaded = self.task_started = self.any_task_started = self.was_killed = False
        self.task: QueuedTask | None = None
        self.last_message = time.monotonic()
        self.pid = 0
        self.left = False
        self.channel: Any = self
        self._inside, self._outside = socket.socketpair()
        self._messages: deque[Sent] = deque()
        type(self).all.append(self)
        self.send(type(self).starts(self))

    @property
    def idle(self) -> bool:
        return self.engines_loaded and self.task is None

    def send(self, messages: list[Sent]) -> None:
        """What it sends to the pool."""
        for message in messages:
            self._messages.append(message)
            self._inside.send(b"x")

    def fileno(self) -> int:
        return self._outside.fileno()

    def receive(self) -> Sent:
        self._outside.recv(1)
        self.last_message = time.monotonic()
        return self._messages.popleft()

    def assign(self, task: QueuedTask) -> None:
        self.task, self.task_started = task, False
        self.send(type(self).does(self, task))

    def leave(self) -> None:
        self.left = True

    def interrupt(self) -> None:
        pass

    def kill(self) -> None:
        pass

    def has_exited(self, timeout: float) -> bool:
        return True

    def exit_reason(self) -> str:
        return "was ended by SIGKILL" if self.was_killed else "ended with code 1"

    def stderr_tail(self) -> str:
        return ""

    def close(self) -> None:
        self._inside.close()
        self._outside.close()
