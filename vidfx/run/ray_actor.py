"""What runs on a node of a Ray cluster: a pool of one worker process, and its events."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path

from vidfx.annotation.tasks import AnnotatePhotographs, AnnotateVideo
from vidfx.config import Settings
from vidfx.errors import VidfxError
from vidfx.jobs.events import Advanced, Event, Heartbeat, Notice, Retried, Started
from vidfx.workers.messages import Answer, EnginesFailed, Failure, from_text, to_text
from vidfx.workers.pool import Pool
from vidfx.workers.sizing import PoolSize

Reported = Notice | Started | Advanced | Retried | Answer | Failure | EnginesFailed
"""What comes from an actor; the last three end a call of ``do``."""


class WorkerActor:
    """The actor; its worker process lives between the tasks that it is given."""

    def __init__(self, settings: str, out: str | None, folder: str) -> None:
        """``settings``: as ``to_text`` writes them. ``folder``: to work in."""
        os.chdir(folder)
        given: Settings = from_text(settings, Settings)
        # Ray names the GPU of an actor in CUDA_VISIBLE_DEVICES, which the worker inherits
        size = replace(PoolSize.of(replace(given, jobs=1), 1), gpus=(), threads=given.threads)
        self._pool = Pool(given, size, Path(out) if out else None, self._handle)
        self._reports: list[Event | Answer | Failure | EnginesFailed] = []
        self._lock = threading.Lock()

    def do(self, task: str) -> str:
        """Do one task; returns all reports that ``news`` did not take, the answer last."""
        try:
            for _, answer in self._pool.do([from_text(task, AnnotateVideo | AnnotatePhotographs)]):
                self._add(answer)
        except VidfxError as error:
            self._add(EnginesFailed(error))
        with self._lock:
            taken, self._reports = self._reports, []
        return to_text(taken)

    def news(self) -> str:
        """Progress so far, while ``do`` goes on in another thread."""
        with self._lock:
            taken = [r for r in self._reports if isinstance(r, Started | Advanced)]
            self._reports = [r for r in self._reports if not isinstance(r, Started | Advanced)]
        return to_text(taken)

    def _handle(self, event: Event) -> None:
        if not isinstance(event, Heartbeat):
            self._add(event)

    def _add(self, report: Event | Answer | Failure | EnginesFailed) -> None:
        with self._lock:
            self._reports.append(report)
