"""``vidfx.annotate``."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from vidfx.api.progress import ProgressCallback, bars, progress_listener
from vidfx.config import Settings
from vidfx.jobs.events import Event, Listener
from vidfx.jobs.outcomes import Outcome
from vidfx.load_settings import with_changes
from vidfx.run.batch import annotate as run

PathLike = str | os.PathLike[str]


def annotate(
    inputs: PathLike | Iterable[PathLike],
    out: PathLike,
    settings: Settings | None = None,
    *,
    progress: bool | ProgressCallback = False,
    dry_run: bool = False,
    **changes: object,
) -> Generator[Outcome]:
    """Detect, follow and read faces in videos and photographs, as ``vidfx annotate`` does.

    The work is done **while you iterate**, in worker processes. What is done is not done again.

    ``inputs`` are videos, photographs, folders, globs, URLs of storage or text files that list
    them; ``out`` is the folder for the results, or a URL of storage. ``settings``, and ``changes``
    of single ones, are those of the command line, by the names that ``vidfx config`` prints, and
    may be written as there: ``start="1:30"``, ``every="auto"``. Neither a ``vidfx.toml`` nor
    variables ``VIDFX_...`` count.

    ``progress`` is called with a ``Progress`` several times a second; True shows bars of tqdm, as
    widgets in a notebook. What a terminal would show also goes to the log ``vidfx``. With
    ``dry_run`` nothing is done, and outcomes are "planned".

    Yields an ``Outcome`` for each input, as they end. One that fails has the status "failed" and
    an ``error``, and the others go on. Closing the iterator, Ctrl-C and errors end the worker
    processes and remove their temporary files.

    Raises UsageError for wrong settings or messages, UnavailableError where an engine or a device
    is not here, OutputError where ``out`` cannot be written, all kinds of ``VidfxError``.

    Examples:
        >>> for outcome in vidfx.annotate("talk.mp4", "results", video=False):
        ...     print(outcome.status, outcome.counts["frames"])
        done 12
    """
    chosen = with_changes(settings or Settings(), changes)
    names = [inputs] if isinstance(inputs, str | os.PathLike) else [*inputs]
    texts = [os.fspath(name) for name in names]
    return _outcomes(texts, os.fspath(out), chosen, progress, dry_run)


def _outcomes(
    inputs: Sequence[str],
    out: str | Path,
    settings: Settings,
    progress: bool | ProgressCallback,
    dry_run: bool,
) -> Generator[Outcome]:
    with ExitStack() as stack:
        listener: Listener = _ignore
        if progress is True:
            listener = progress_listener(stack.enter_context(bars()))
        elif progress:
            listener = progress_listener(progress)
        work = run(inputs, out, settings, listener, dry_run=dry_run)
        yield from stack.enter_context(closing(work))


def _ignore(_: Event) -> None:
    pass
