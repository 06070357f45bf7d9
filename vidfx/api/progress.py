"""How a run goes on, for a program or a notebook."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from vidfx.errors import UnavailableError
from vidfx.jobs.events import Advanced, Done, Event, Failed, Listener, Planned, Skipped, Started


@dataclass(frozen=True)
class Progress:
    """How far a run is. Several come each second."""

    input: str
    "the one that it is about"
    frames: int
    "done of it; photographs, where it is a folder of them"
    expected: int | None
    "frames that it has, by its container; None where unknown"
    ended: int
    "inputs that are done, skipped or failed"
    inputs: int
    "of the whole run"


ProgressCallback = Callable[[Progress], object]


def progress_listener(tell: ProgressCallback) -> Listener:
    """A listener that calls ``tell`` whenever an input begins, goes on or ends."""
    ended: set[str] = set()
    expected: dict[str, int | None] = {}
    inputs = 0

    def handle(event: Event) -> None:
        nonlocal inputs
        match event:
            case Planned(jobs=jobs):
                inputs = len(jobs)
            case Started(job=job):
                expected[job.name] = event.expected
                report(job.name, 0)
            case Advanced(job=job, frames=frames):
                report(job.name, frames)
            case Done(job=job, summary=summary):
                end(job.name, summary["counts"]["frames"])
            case Skipped(job=job):
                end(job.name, 0)
            case Failed(input=name):
                end(name, 0)
            case _:
                pass

    def end(name: str, frames: int) -> None:
        ended.add(name)
        report(name, frames)

    def report(name: str, frames: int) -> None:
        tell(Progress(name, frames, expected.get(name), len(ended), max(inputs, len(ended))))

    return handle


@contextmanager
def bars() -> Generator[ProgressCallback]:
    """Bars of tqdm: one for all inputs, and one for each that is in progress.

    In a notebook they are widgets. Raises UnavailableError where tqdm is not installed.
    """
    try:
        tqdm: Any = import_module("tqdm.auto").tqdm
    except ImportError as error:
        raise UnavailableError(
            "progress=True needs tqdm, which is not installed",
            hint="pip install tqdm, or give a function",
        ) from error
    shown: dict[str, Any] = {}
    over_all = tqdm(unit=" inputs", desc="inputs")
    before = 0

    def tell(progress: Progress) -> None:
        nonlocal before
        over_all.total = progress.inputs
        over_all.update(progress.ended - over_all.n)
        ended, before = progress.ended > before, progress.ended
        if ended:
            if bar := shown.pop(progress.input, None):
                bar.close()
            return
        if progress.input not in shown:
            shown[progress.input] = tqdm(
                total=progress.expected, unit=" frames", desc=progress.input, leave=False
            )
        bar = shown[progress.input]
        bar.update(progress.frames - bar.n)

    try:
        yield tell
    finally:
        for bar in (*shown.values(), over_all):
            bar.close()
