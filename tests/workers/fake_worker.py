"""A worker that is no process: tests say what it tells and when it dies."""

from __future__ import annotations

import socket
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from vidfx.workers.worker_process import Task

DIES: dict[str, Any] = {"event": "dies"}
SUMMARY = {"seconds": {"total": 0.1}, "warnings": [], "counts": {"frames": 1}}
DONE: dict[str, Any] = {"event": "done", "summary": SUMMARY}
BEGUN: dict[str, Any] = {"event": "begun"}


def ready(device: str = "cpu") -> dict[str, Any]:
    return {"event": "ready", "notices": [], "device": device}


class FakeWorker:
    """What Pool knows of a WorkerProcess. ``starts`` and ``does`` are set by the test."""

    starts: Callable[[FakeWorker], list[dict[str, Any]]] = lambda _: [ready()]
    does: Callable[[FakeWorker, Task], list[dict[str, Any]]] = lambda *_: [BEGUN, DONE]
    all: list[FakeWorker]

    def __init__(self, settings: dict[str, Any], out: object, gpu: str | None) -> None:
        self.gpu, self.threads = gpu, settings["threads"]
        self.ready = self.at_it = self.useful = self.was_killed = False
        self.task: Task | None = None
        self.heard = time.monotonic()
        self.pid = 0
        self.dismissed = False
        self.wire = self
        self._inside, self._outside = socket.socketpair()
        self._messages: deque[dict[str, Any]] = deque()
        type(self).all.append(self)
        self._say(type(self).starts(self))

    @property
    def idle(self) -> bool:
        return self.ready and self.task is None

    def _say(self, messages: list[dict[str, Any]]) -> None:
        for message in messages:
            self._messages.append(message)
            self._inside.send(b"x")

    def fileno(self) -> int:
        return self._outside.fileno()

    def receive(self) -> dict[str, Any] | None:
        self._outside.recv(1)
        self.heard = time.monotonic()
        message = dict(self._messages.popleft())
        return None if message == DIES else message

    def give(self, task: Task) -> None:
        self.task, self.at_it = task, False
        self._say(type(self).does(self, task))

    def dismiss(self) -> None:
        self.dismissed = True

    def interrupt(self) -> None:
        pass

    def kill(self) -> None:
        pass

    def gone(self, timeout: float) -> bool:
        return True

    def why_it_ended(self) -> str:
        return "was ended by SIGKILL" if self.was_killed else "ended with code 1"

    def last_words(self) -> str:
        return ""

    def close(self) -> None:
        self._inside.close()
        self._outside.close()
