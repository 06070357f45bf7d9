"""The same tasks on many machines: Ray actors, each with one worker process of its own.

The driver assigns tasks and receives their answers; frames never leave the actor. Inputs and
outputs are on storage that every node sees under the same path. The rule by which finished work is
skipped, the locks and the ledger are those of one machine. A node that dies costs its videos one
attempt each.
"""

from __future__ import annotations

import importlib
import os
import socket
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, redirect_stdout, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from vidfx.config import Settings
from vidfx.errors import UnavailableError, UsageError, VidfxError
from vidfx.jobs.events import Heartbeat, Listener, Notice, Retried, Started
from vidfx.run.ray_actor import Reported, WorkerActor
from vidfx.workers.messages import Answer, EnginesFailed, Failure, from_text, to_text
from vidfx.workers.pool import Answered
from vidfx.workers.task import QueuedTask, Task
from vidfx_engines.device import Device
from vidfx_engines.offline import HINT, VARIABLE, is_offline

CORES_AN_ACTOR = 2
WAIT_S = 1.0
REACH_S = 5.0


class RayPool:
    """Does what Pool does, on the nodes of a Ray cluster."""

    def __init__(self, settings: Settings, out: Path | None, listener: Listener) -> None:
        """Raises UnavailableError where Ray is not installed, UsageError for a card's number."""
        self.settings, self.out, self.listener = settings, out, listener
        self._device = Device.parse(settings.device)
        "None for auto, which uses no GPU of Ray"
        if self._device and self._device.gpu_index:
            raise UsageError(
                f"--executor ray: {settings.device} is for one machine; Ray gives each actor a GPU",
                hint="use --device cuda",
            )
        try:
            self._ray: Any = importlib.import_module("ray")
        except ImportError as error:
            raise UnavailableError(
                "--executor ray: ray is not installed", hint="pip install 'vidfx[ray]'"
            ) from error
        self._stack = ExitStack()
        self._waiting: deque[QueuedTask] = deque()
        self._idle: deque[Any] = deque()
        self._running: dict[Any, tuple[Any, QueuedTask]] = {}
        "actor and task of each running call"
        self._news: dict[Any, Any] = {}
        "by running call, the call that asks its actor for news"
        self._starting: dict[Any, Any] = {}
        "actors that are not up yet, by the call that returns when they are"
        self._noticed: set[str] = set()
        self._proven = False
        "an actor has loaded the engines"

    def __enter__(self) -> RayPool:
        """Raises UnavailableError where there is no cluster."""
        ray = self._ray
        with ExitStack() as stack:
            stack.enter_context(redirect_stdout(sys.stderr))  # Ray prints, and stdout is for --json
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray reports its use by default
            if not ray.is_initialized():
                stack.callback(ray.shutdown)
                self._connect()
            stack.callback(self._kill_actors)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def do(self, tasks: Sequence[Task]) -> Iterator[Answered]:
        """Do all tasks; yields each once, with its answer, as they end.

        Raises UnavailableError and UsageError where no actor can load the engines.
        """
        ray = self._ray
        self._waiting.extend(map(QueuedTask, tasks))
        for _ in range(self._actors(len(tasks))):
            self._start()
        while self._waiting or self._running:
            self._assign()
            calls = [*self._running, *self._starting]
            if not calls:
                raise UnavailableError(
                    "--executor ray: no actor could be started", hint="`ray status` shows the nodes"
                )
            for call in ray.wait(calls, num_returns=len(calls), timeout=WAIT_S)[0]:
                yield from self._ended(call)
            self._ask_for_news()
            if self._proven:
                self.listener(Heartbeat())

    def _connect(self) -> None:
        address = self.settings.address
        if is_offline():
            raise UnavailableError(
                f"--executor ray: a cluster is on the network, which {VARIABLE} forbids", hint=HINT
            )
        try:
            host, _, port = address.rpartition("/")[2].partition(":")
            if port.isdigit():  # Ray itself would try for minutes
                socket.create_connection((host, int(port)), timeout=REACH_S).close()
            self._ray.init(address=address, log_to_driver=False, logging_level="ERROR")
        except (OSError, ValueError, RuntimeError) as error:
            raise UnavailableError(
                f"--executor ray: no cluster at {address}: {error}",
                hint="start one with `ray start --head`, or name it with --address",
            ) from error

    def _kill_actors(self) -> None:
        busy = (actor for actor, _ in self._running.values())
        for actor in (*self._idle, *self._starting.values(), *busy):
            self._ray.kill(actor)

    def _actors(self, jobs: int) -> int:
        """As many as the cluster has room for, or as were asked for; no more than jobs."""
        room = self._ray.cluster_resources()
        gpus = int(room.get("GPU", 0)) if self._on_gpu else 0
        fits = gpus or max(1, int(room.get("CPU", 1)) // self._cores)
        return max(1, min(self.settings.jobs or fits, jobs))

    @property
    def _on_gpu(self) -> bool:
        return self._device is not None and self._device.kind == "cuda"

    @property
    def _cores(self) -> int:
        return self.settings.threads or CORES_AN_ACTOR

    def _start(self) -> None:
        """Ask for an actor. Where the cluster has no room it never comes up."""
        kind = self._ray.remote(
            num_cpus=self._cores,
            num_gpus=int(self._on_gpu),
            scheduling_strategy="SPREAD",
            max_concurrency=2,  # it works, and reports
        )(WorkerActor)
        settings = to_text(replace(self.settings, threads=self._cores, jobs=1))
        out = None if self.out is None else str(self.out)
        actor = kind.remote(settings, out, str(Path.cwd()))
        self._starting[actor.__ray_ready__.remote()] = actor

    def _assign(self) -> None:
        while self._idle and self._waiting:
            actor, task = self._idle.popleft(), self._waiting.popleft()
            self._running[actor.do.remote(to_text(task.task))] = actor, task

    def _ended(self, call: Any) -> Iterator[Answered]:
        """An actor is up, or has answered, or is lost."""
        try:
            text = self._ray.get(call)
        except self._ray.exceptions.RayError:
            yield from self._lost(call)
            return
        if call in self._starting:
            self._idle.append(self._starting.pop(call))
            return
        actor, task = self._running.pop(call)
        self._handle_news(call)
        match self._handle(text):
            case EnginesFailed(error=error):
                self._engines_failed(actor, task, error)
            case Answer() | Failure() as answer:
                self._idle.append(actor)
                yield task.task, answer
            case None:
                raise AssertionError("an actor answered nothing")

    def _engines_failed(self, actor: Any, task: QueuedTask, error: VidfxError) -> None:
        """The engines cannot be loaded there. Raises ``error`` where no actor is left."""
        self._ray.kill(actor)
        if not self._proven or not (self._running or self._starting or self._idle):
            raise error
        self._waiting.appendleft(task)
        text = f"a further actor could not start: {error}; going on without it"
        self.listener(Notice(text))

    def _lost(self, call: Any) -> Iterator[Answered]:
        """The node or the actor died."""
        if self._starting.pop(call, None) is not None:
            return
        actor, task = self._running.pop(call)
        self._news.pop(call, None)
        self._ray.kill(actor)
        self._start()
        task.task = task.task.again()
        why = "the node that worked on it was lost"
        error = task.count_death(why, hint="`ray status` shows the nodes")
        if error is None:
            self.listener(Retried(task.task.job, why))
            self._waiting.append(task)
        else:
            yield task.task, Failure(error)

    def _ask_for_news(self) -> None:
        for call, (actor, _) in self._running.items():
            asked = self._news.get(call)
            if asked is None or self._ray.wait([asked], timeout=0)[0]:
                self._handle_news(call)
                self._news[call] = actor.news.remote()

    def _handle_news(self, call: Any) -> None:
        """Events of a running call, which come before its answer."""
        asked = self._news.pop(call, None)
        with suppress(self._ray.exceptions.RayError):
            if asked is not None:
                self._handle(self._ray.get(asked))

    def _handle(self, text: str) -> Answer | Failure | EnginesFailed | None:
        """Pass on the events; returns the answer, if it is there."""
        reports: list[Reported] = from_text(text, list[Reported])
        for report in reports:
            match report:
                case EnginesFailed():
                    return report
                case Answer() | Failure():
                    self._proven = True
                    return report
                case Notice(text=notice):
                    if notice not in self._noticed:
                        self._noticed.add(notice)
                        self.listener(report)
                case Started():
                    self._proven = True
                    self.listener(report)
                case _:
                    self.listener(report)
        return None
