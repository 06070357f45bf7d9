"""One line for every mistake: how a command ends when something is wrong."""

from __future__ import annotations

import importlib.util
import os
import signal
import traceback
from typing import Any

import typer

from vidfx.errors import Interrupted, UnavailableError, UsageError, VidfxError


class errors_in_one_line:  # noqa: N801 - reads as a clause of the with statement
    """End the process with the error's line, hint and exit code."""

    def __init__(self, debug: bool) -> None:
        self.debug = debug

    def __enter__(self) -> None:
        signal.signal(signal.SIGTERM, _terminated)

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, typer.Exit):
            return
        if isinstance(error, KeyboardInterrupt):
            error = Interrupted()
        if isinstance(error, OSError) and not _stands_somewhere():
            error = UsageError("the working folder is gone", hint="cd to a folder that is there")
        if isinstance(error, VidfxError):
            if self.debug:
                traceback.print_exception(error)
            from vidfx.cli.console.text import write_error

            write_error(error)
            raise typer.Exit(error.exit_code)
        if isinstance(error, Exception) and not self.debug:
            from vidfx.cli.console.text import write_error

            line = f"unexpected {type(error).__name__}: {error}"
            write_error(VidfxError(line, hint="please report it, with the output of --debug"))
            raise typer.Exit(1)


def require(*modules: str, extra: str) -> None:
    """UnavailableError with the command that mends it, where an extra is not installed."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise UnavailableError(
            f"this command needs {', '.join(missing)}, which is not installed",
            hint=f"pip install 'vidfx[{extra}]'",
        )


def _stands_somewhere() -> bool:
    try:
        os.getcwd()  # noqa: PTH109
    except FileNotFoundError:
        return False
    return True


def _terminated(*_: object) -> None:
    raise KeyboardInterrupt
