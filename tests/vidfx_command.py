"""`vidfx` as it is typed, in this process or in one of its own, and what it prints and writes."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from vidfx.cli.app import app

DEFAULT_SIGINT = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
"""For ``first``: a test run in the background would hand down an ignored SIGINT."""


def vidfx(*args: object) -> Result:
    """Run ``vidfx ARGS`` in this process."""
    return CliRunner().invoke(app, [*map(str, args)])


def vidfx_json(*args: object) -> dict[str, Any]:
    """The object that ``vidfx ARGS --json`` prints; it has to end well."""
    done = vidfx(*args, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def start(*args: object, first: str = "", quiet: bool = False) -> subprocess.Popen[str]:
    """Start ``vidfx ARGS`` in a process of its own, which runs the code ``first`` before it.

    stdout and stderr are pipes, or with ``quiet`` the null device.
    """
    output = subprocess.DEVNULL if quiet else subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-c", f"{first}\nfrom vidfx.cli import main; main()", *map(str, args)],
        stdout=output,
        stderr=output,
        text=True,
        env=same_imports(),
    )


def run(*args: object, first: str = "") -> subprocess.CompletedProcess[str]:
    """The same, to its end."""
    process = start(*args, first=first)
    stdout, stderr = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def run_python(code: str, *args: object) -> subprocess.CompletedProcess[str]:
    """Run ``code`` in another Python that imports the same packages and tests."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, args)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=same_imports(),
    )


def same_imports() -> dict[str, str]:
    """The environment for a Python that is to import what this one can, from any folder."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(os.path.isabs, sys.path))}


def last_line(done: Result) -> str:
    """The last line on stderr."""
    return done.stderr.strip().splitlines()[-1]


def statuses(done: Result) -> dict[str, str]:
    """The status of each input, by its name without suffix, of ``vidfx annotate --json``."""
    return {Path(r["input"]).stem: r["status"] for r in json.loads(done.stdout)["results"]}


def results_in(folder: Path) -> set[str]:
    """The files below an output folder, except for the state, tables and report of the batch."""
    return {
        str(p.relative_to(folder))
        for p in folder.rglob("*")
        if p.is_file() and not {".vidfx", "tables", "report"} & {*p.relative_to(folder).parts}
    }


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
