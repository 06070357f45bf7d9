"""The command line: parse, build Settings, call one function, render."""

import sys
from contextlib import suppress

from vidfx.errors import Interrupted

__all__ = ["main"]


def main() -> None:
    """The console command."""
    try:
        from vidfx.cli.app import run  # its libraries take a tenth of a second

        run()
    except KeyboardInterrupt:  # before a command handles it
        with suppress(OSError, AttributeError):
            sys.stderr.write(f"vidfx: {Interrupted()}\n")
        sys.exit(Interrupted.exit_code)
