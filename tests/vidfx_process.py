"""`vidfx` in a process of its own, which can be killed or limited."""

from __future__ import annotations

import os
import subprocess
import sys


def start(*args: object, first: str = "", quiet: bool = False) -> subprocess.Popen[str]:
    """Begin ``vidfx ARGS``; the process runs the code ``first`` before it.

    What it says comes through pipes, unless nobody wants it.
    """
    said = subprocess.DEVNULL if quiet else subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-c", f"{first}\nfrom vidfx.cli import main; main()", *map(str, args)],
        stdout=said,
        stderr=said,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )


def run(*args: object, first: str = "") -> subprocess.CompletedProcess[str]:
    """The same, to its end."""
    process = start(*args, first=first)
    stdout, stderr = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)
