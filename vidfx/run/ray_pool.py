"""The same jobs on many machines: Ray actors, each with one worker process of its own.

The driver hands out jobs and hears what became of them; frames never leave the actor. Inputs and
outputs stand on storage that every node sees under the same path. The done-rule, the locks and the
ledger are those of one machine. A node that dies costs its videos one attempt each.
"""

from __future__ import annotations

import importlib
import json
import os
import socket
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from vidfx.config import Settings
from vidfx.errors import UnavailableError, UsageError, VidfxError
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
from vidfx.run.ray_actor import WorkerActor
from vidfx.workers.pool import another_death, outputs_of
from vidfx.workers.protocol import (
    error_from_json,
    job_as_json,
)
from vidfx.workers.worker_process import Task

CORES_AN_ACTOR = 2
WAIT_S = 1.0
REACH_S = 5.0


class RayPool:
    """Does what Pool does, on the nodes of a Ray cluster."""

    def __init__(
        self,
        settings: Settings,
        out: Path | None,
        listener: Listener,
        report: Callable[[Outcome], None],
    ) -> None:
        """Raises UnavailableError where Ray cannot be had, UsageError for a card by its number."""
        self.settings, self.out = settings, out
        self.listener, self.report = listener, report
        if settings.device.startswith("cuda:") and settings.device != "cuda:0":
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
        self._waiting: deque[Task] = deque()
        self._idle: deque[Any] = deque()
        self._at: dict[Any, tuple[Any, Task]] = {}
        "what each running call is about: its actor and its task"
        self._asked: dict[Any, Any] = {}
        "of each running call the one that asks its actor for news"
        self._starting: dict[Any, Any] = {}
        "actors that are not there yet, by the call that says that they are"
        self._told: set[str] = set()
        self._proven = False
        "an actor has loaded the engines"

    def run(self, tasks: Sequence[Task]) -> None:
        """Do all tasks. Raises UnavailableError where no actor can load the engines."""
        with redirect_stdout(sys.stderr):  # Ray prints, and stdout is for --json
            self._run(tasks)

    def _run(self, tasks: Sequence[Task]) -> None:
        ray = self._ray
        own = not ray.is_initialized()
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray reports its use by default
        if own:
            self._join(ray)
        try:
            self._waiting.extend(tasks)
            self._flow(len(tasks))
        finally:
            for actor, _ in self._at.values():
                ray.kill(actor)
            if own:
                ray.shutdown()

    def _join(self, ray: Any) -> None:
        address = self.settings.address
        try:
            host, _, port = address.rpartition("/")[2].partition(":")
            if port.isdigit():  # Ray itself would try for minutes
                socket.create_connection((host, int(port)), timeout=REACH_S).close()
            ray.init(address=address, log_to_driver=False, logging_level="ERROR")
        except (OSError, ValueError, RuntimeError) as error:
            raise UnavailableError(
                f"--executor ray: no cluster at {address}: {error}",
                hint="start one with `ray start --head`, or name it with --address",
            ) from error

    def _flow(self, jobs: int) -> None:
        ray, idle = self._ray, self._idle
        for _ in range(self._actors(jobs)):
            self._start()
        while self._waiting or self._at:
            while idle and self._waiting:
                actor, task = idle.popleft(), self._waiting.popleft()
                call = actor.do.remote(
                    job_as_json(task.job), task.overwrite, task.leftovers_as_json()
                )
                self._at[call] = actor, task
            calls = [*self._at, *self._starting]
            if not calls:
                raise UnavailableError(
                    "--executor ray: no actor could be started", hint="`ray status` shows the nodes"
                )
            for call in ray.wait(calls, num_returns=len(calls), timeout=WAIT_S)[0]:
                try:
                    told = ray.get(call)
                except ray.exceptions.RayError:
                    self._lost(call)
                    continue
                if call in self._starting:
                    idle.append(self._starting.pop(call))
                    continue
                actor, task = self._at.pop(call)
                self._hear_news(call, task.job)
                error = self._hear_all(task.job, told)
                if error is None:
                    idle.append(actor)
                else:
                    self._refused(actor, task, error)
            self._ask_for_news()
            if self._proven:
                self.listener(Alive())
        for actor in (*idle, *self._starting.values()):
            ray.kill(actor)

    def _actors(self, jobs: int) -> int:
        """As many as the cluster has room for, or as were asked for; no more than jobs."""
        room = self._ray.cluster_resources()
        gpus = int(room.get("GPU", 0)) if self._on_gpu else 0
        fits = gpus or max(1, int(room.get("CPU", 1)) // self._cores)
        return max(1, min(self.settings.jobs or fits, jobs))

    @property
    def _on_gpu(self) -> bool:
        return self.settings.device.startswith("cuda")

    @property
    def _cores(self) -> int:
        return self.settings.threads or CORES_AN_ACTOR

    def _start(self) -> None:
        """Ask for an actor. It counts once it is there, which may be never if there is no room."""
        kind = self._ray.remote(
            num_cpus=self._cores,
            num_gpus=int(self._on_gpu),
            scheduling_strategy="SPREAD",
            max_concurrency=2,  # it works, and tells of it
        )(WorkerActor)
        settings = asdict(replace(self.settings, threads=self._cores, jobs=1))
        out = None if self.out is None else str(self.out)
        actor = kind.remote(settings, out, str(Path.cwd()))
        self._starting[actor.__ray_ready__.remote()] = actor

    def _refused(self, actor: Any, task: Task, error: VidfxError) -> None:
        """The engines cannot be loaded there. Raises ``error`` where no actor is left."""
        self._ray.kill(actor)
        if not self._proven or not (self._at or self._starting or self._idle):
            raise error
        self._waiting.appendleft(task)
        self.listener(Notice(f"a further actor could not start: {error}; going on without it"))

    def _lost(self, call: Any) -> None:
        """The node or the actor died."""
        if self._starting.pop(call, None) is not None:
            return
        actor, task = self._at.pop(call)
        self._asked.pop(call, None)
        self._ray.kill(actor)
        self._start()
        task.leftovers = None
        why = "the node that worked on it was lost"
        error = another_death(task, why, hint="`ray status` shows the nodes")
        if error is None:
            self.listener(Retried(task.job, why))
            self._waiting.append(task)
        else:
            self.listener(Failed(task.job.name, error))
            self.report(Outcome(task.job.name, "failed", error=error))

    def _ask_for_news(self) -> None:
        for call, (actor, task) in self._at.items():
            asked = self._asked.get(call)
            if asked is None or self._ray.wait([asked], timeout=0)[0]:
                self._hear_news(call, task.job)
                self._asked[call] = actor.news.remote()

    def _hear_news(self, call: Any, job: Job) -> None:
        """What the actor told of ``call`` before its end, which comes after it."""
        asked = self._asked.pop(call, None)
        with suppress(self._ray.exceptions.RayError):
            if asked is not None:
                self._hear_all(job, self._ray.get(asked))

    def _hear_all(self, job: Job, told: str) -> VidfxError | None:
        """Why the actor has no engines, where that is so."""
        for kind, content in json.loads(told):
            if kind == "refused":
                return error_from_json(content)
            self._proven = self._proven or kind in ("started", "outcome")
            self._hear(job, kind, content)
        return None

    def _hear(self, job: Job, kind: str, content: Any) -> None:
        listener, name = self.listener, job.name
        if kind == "notice":
            if content not in self._told:
                self._told.add(content)
                listener(Notice(content))
        elif kind == "started":
            listener(Started(job, **content))
        elif kind == "advanced":
            listener(Advanced(job, content))
        elif kind == "retried":
            listener(Retried(job, content))
        elif kind == "done":
            listener(Done(job, content))
        elif kind == "skipped":
            listener(Skipped(job, content))
        elif kind == "failed":
            error = error_from_json(content)
            listener(Failed(name, error))
            self.report(Outcome(name, "failed", error=error))
        elif kind == "outcome" and content["status"] != "failed":
            outputs = outputs_of(job, self.settings)
            counts, seconds = content["counts"], content["seconds"]
            warnings = tuple(content["warnings"])
            self.report(Outcome(name, content["status"], outputs, counts, seconds, warnings))
