"""`vidfx status` and `vidfx retry`: the state of a batch, and going on with it."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vidfx.cli.commands.annotate import run_and_report
from vidfx.cli.guard import errors_in_one_line
from vidfx.cli.options import AsJson, Debug, Progress, Quiet, Verbose

if TYPE_CHECKING:
    from vidfx.jobs.history import LedgerEntry, Run

Out = Annotated[
    str, typer.Argument(metavar="OUT", help="The output folder, or URL, of `vidfx annotate`.")
]


def status(
    out: Out,
    failed: Annotated[
        bool,
        typer.Option(
            "--failed", help="List every input that failed or was refused, with the reason."
        ),
    ] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Print the state of a batch, also while it runs: done, running, waiting, failed.

    \b
    vidfx status results
    vidfx status results --failed     every failed input, with the reason
    """
    with errors_in_one_line(debug):
        from vidfx.jobs.history import read_ledger
        from vidfx.jobs.storage import folder_for

        run, entries = read_ledger(folder_for(out))
        if as_json:
            _write_json(run, entries)
        elif failed:
            _write_failed(entries)
        else:
            _write_table(run, entries)


def retry(
    out: Out,
    progress: Progress = "auto",
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Run the latest batch of OUT again, with its inputs and settings: only what is not done.

    \b
    vidfx retry results
    """
    with errors_in_one_line(debug):
        import os

        from vidfx.errors import UsageError
        from vidfx.jobs.history import read_ledger
        from vidfx.jobs.storage import folder_for, is_url

        folder = folder_for(out).absolute()
        run, entries = read_ledger(folder)
        if run.is_running:
            raise UsageError(
                f"{out}: a run works on it (process {run.pid} on {run.host})",
                hint=f"`vidfx status {out}` shows its state",
            )
        refused = [entry for entry in entries if entry.was_refused]
        if refused and not any(entry.can_be_retried for entry in entries):
            raise UsageError(
                f"{out}: nothing to retry; refused, {len(refused)} in all: {refused[0].error}",
                hint=refused[0].hint or "",
            )
        try:
            os.chdir(run.folder)
        except OSError as error:
            raise UsageError(
                f"{run.folder}: {error.strerror}; the batch was started there",
                hint="run `vidfx annotate` with its inputs again",
            ) from error
        run_and_report(
            run.inputs,
            out if is_url(out) else str(folder),
            lambda: run.settings,
            progress="none" if quiet else progress,
            as_json=as_json,
            debug=debug,
            verbose=verbose,
            keep={str(folder / e.place) for e in entries if e.status == "done"},
        )


def _write_table(run: Run, entries: list[LedgerEntry]) -> None:
    from vidfx.cli.console.tables import write_line, write_table
    from vidfx.notation import duration

    statuses = Counter(entry.status for entry in entries)
    done = [entry for entry in entries if entry.status == "done"]
    state = "running" if run.is_running else ("ended" if run.ended else "interrupted")
    since = (run.ended or (time.time() if run.is_running else run.seen)) - run.started
    write_line(f"latest run: {state}, {duration(since)}, process {run.pid} on {run.host}")
    write_table(
        ("status", "videos"),
        [(name, statuses[name]) for name in ("done", "running", "waiting", "failed")],
        ("all", len(entries)),
    )
    running = [entry for entry in entries if entry.status == "running"]
    if running:
        write_table(
            ("running", "frames", "of", "frames/s"),
            [(e.input, e.frames, e.expected or "?", _rate(e)) for e in running],
        )
    if done and all(entry.frames for entry in done):
        write_line(f"{sum(entry.frames for entry in done)} frames written")
    listed = _failed_or_refused(entries)
    for entry in listed[:5]:
        write_line(f"{'refused' if entry.was_refused else 'failed'}: {entry.reason}")
    if len(listed) > 5:
        write_line(f"and {len(listed) - 5} more: --failed lists them")
    if not run.is_running and any(entry.can_be_retried for entry in entries):
        write_line("`vidfx retry` goes on with what is not done")


def _failed_or_refused(entries: list[LedgerEntry]) -> list[LedgerEntry]:
    return [entry for entry in entries if entry.status == "failed" or entry.was_refused]


def _rate(entry: LedgerEntry) -> str:
    if not entry.started or not entry.frames:
        return "?"
    return f"{entry.frames / max(1e-3, time.time() - entry.started):.1f}"


def _write_failed(entries: list[LedgerEntry]) -> None:
    from vidfx.cli.console.tables import write_line

    for entry in _failed_or_refused(entries):
        write_line(entry.reason)


def _write_json(run: Run, entries: list[LedgerEntry]) -> None:
    statuses = Counter(entry.status for entry in entries)
    content: dict[str, Any] = {
        "schema": "vidfx.status/1",
        "running": run.is_running,
        "started": run.started,
        "ended": run.ended,
        "host": run.host,
        "pid": run.pid,
        "counts": {name: statuses[name] for name in ("done", "running", "waiting", "failed")},
        "videos": [asdict(entry) for entry in entries],
    }
    from vidfx.cli.console.results import write_object

    write_object(content)
