"""How a command ends after an error: one line on stderr and an exit code."""

from __future__ import annotations

import importlib.util
import os
import signal
import traceback
from typing import Any

import typer

from vidfx.errors import Interrupted, UnavailableError, UsageError, VidfxError

PACKAGES = {"PIL": "Pillow", "matplotlib": "Matplotlib"}
"by the modules that they bring, where the names differ"


class errors_in_one_line:  # noqa: N801 - reads as a clause of the with statement
    """Write the error's line and hint to stderr; raise typer.Exit with its exit code.

    SIGTERM is handled as Ctrl-C is. With ``debug`` the traceback is written too.
    """

    def __init__(self, debug: bool) -> None:
        self.debug = debug

    def __enter__(self) -> None:
        signal.signal(signal.SIGTERM, _terminated)

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, typer.Exit):
            return
        if isinstance(error, KeyboardInterrupt):
            error = Interrupted()
        if isinstance(error, OSError) and not _has_working_folder():
            error = UsageError("the working folder does not exist", hint="cd to one that does")
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
    """Raise UnavailableError, with the command that installs the extra, if a module is missing."""
    missing = [
        PACKAGES.get(name, name) for name in modules if importlib.util.find_spec(name) is None
    ]
    if missing:
        are = "is" if len(missing) == 1 else "are"
        raise UnavailableError(
            f"this command needs {' and '.join(missing)}, which {are} not installed",
            hint=f"pip install 'vidfx[{extra}]'",
        )


def _has_working_folder() -> bool:
    try:
        os.getcwd()  # noqa: PTH109
    except FileNotFoundError:
        return False
    return True


def _terminated(*_: object) -> None:
    raise KeyboardInterrupt
