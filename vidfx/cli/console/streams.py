"""stdout and stderr may be closed, full or unread; no command is stopped by that.

What cannot be written to stderr, a log, is lost. What cannot be written to stdout is an error,
reported at the end, when the work is done.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from vidfx.cli.console.text import write_error
from vidfx.errors import OutputError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Stream(io.FileIO):
    """Never raises. ``fault`` is the first error of a write."""

    fault: OSError | None = None

    def write(self, data: ReadableBuffer, /) -> int:
        rest = memoryview(data).cast("B")
        size = len(rest)
        try:
            while rest:
                count = super().write(rest)
                if count is None:  # a full non-blocking pipe
                    raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
                rest = rest[count:]
        except OSError as error:
            self.fault = self.fault or error
        return size


@contextmanager
def guarded_streams() -> Generator[None]:
    """Write both streams; raises SystemExit at the end, with 1 if stdout could not be written."""
    _open_missing_streams()
    before = sys.stdout, sys.stderr
    stdout = _Stream(1, "w", closefd=False)
    sys.stdout = _text(stdout, before[0], line_buffering=stdout.isatty())
    sys.stderr = _text(_Stream(2, "w", closefd=False), before[1], line_buffering=True)
    code: object = 0
    try:
        yield
    except SystemExit as ended:
        code = ended.code
    sys.stdout.flush()
    if stdout.fault and not code:
        code = 1
        if not isinstance(stdout.fault, BrokenPipeError):  # its reader has stopped reading
            reason = stdout.fault.strerror
            error = OutputError(f"cannot write to stdout: {reason}", hint="send it to a file")
            write_error(error)
    sys.stderr.flush()
    raise SystemExit(code)


def _open_missing_streams() -> None:
    """Keep the numbers of closed standard streams from files that are opened later."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # read-only, also for the outputs, so that writing to them fails
            os.open(os.devnull, os.O_RDONLY)


def _text(raw: _Stream, like: TextIO | None, *, line_buffering: bool) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding="utf-8" if like is None else like.encoding,
        errors="backslashreplace",
        line_buffering=line_buffering,
    )
