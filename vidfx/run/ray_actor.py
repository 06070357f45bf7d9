"""What runs on a node of a Ray cluster: a worker process of its own, and word of what it does."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from vidfx.config import Settings
from vidfx.errors import VidfxError
from vidfx.jobs.events import (
    Advanced,
    Done,
    Event,
    Failed,
    Notice,
    Retried,
    Skipped,
    Started,
)
from vidfx.jobs.outcomes import Outcome
from vidfx.output.strict_json import to_json
from vidfx.workers.pool import Pool
from vidfx.workers.protocol import error_as_json, job_from_json
from vidfx.workers.sizing import PoolSize
from vidfx.workers.worker_process import Task


class WorkerActor:
    """The actor: a pool of one, which lives between the jobs that it is given."""

    def __init__(self, settings: dict[str, Any], out: str | None, folder: str) -> None:
        os.chdir(folder)
        self._told = _Recorder()
        given = Settings(**settings)
        # Ray names the GPU of an actor in CUDA_VISIBLE_DEVICES, which the worker inherits
        size = replace(PoolSize.of(replace(given, jobs=1), 1), gpus=(), threads=given.threads)
        self._pool = Pool(given, size, Path(out) if out else None, self._told.handle, self._report)

    def do(self, job: dict[str, Any], overwrite: bool, leftovers: list[str] | None) -> str:
        """What the pool told of one job, in order, as JSON; less what ``news`` took."""
        paths = None if leftovers is None else [Path(path) for path in leftovers]
        task = Task(job_from_json(job), overwrite, paths)
        try:
            self._pool.do([task])
        except VidfxError as error:
            self._told.add("refused", error_as_json(error))
        return self._told.take()

    def news(self) -> str:
        """How it goes, while ``do`` goes on in another thread; what comes of it is for ``do``."""
        return self._told.take("started", "advanced")

    def _report(self, outcome: Outcome) -> None:
        counts = {"counts": outcome.counts, "seconds": outcome.seconds}
        told = {"status": outcome.status, "warnings": list(outcome.warnings), **counts}
        self._told.add("outcome", told)


class _Recorder:
    """Keeps what a pool tells until the driver takes it."""

    def __init__(self) -> None:
        self._events: list[tuple[str, Any]] = []
        self._lock = threading.Lock()

    def add(self, kind: str, content: Any) -> None:
        with self._lock:
            self._events.append((kind, content))

    def take(self, *kinds: str) -> str:
        """All of it, or what is of ``kinds``, in order, as JSON."""
        with self._lock:
            taken = [e for e in self._events if not kinds or e[0] in kinds]
            self._events = [e for e in self._events if kinds and e[0] not in kinds]
        return to_json(taken)

    def handle(self, event: Event) -> None:
        match event:
            case Notice(text=text):
                self.add("notice", text)
            case Started():
                fields = ("width", "height", "codec", "expected")
                self.add("started", {name: getattr(event, name) for name in fields})
            case Advanced(frames=frames):
                self.add("advanced", frames)
            case Retried(why=why):
                self.add("retried", why)
            case Done(summary=summary):
                self.add("done", summary)
            case Skipped(why=why):
                self.add("skipped", why)
            case Failed(error=error):
                self.add("failed", error_as_json(error))
            case _:
                pass
