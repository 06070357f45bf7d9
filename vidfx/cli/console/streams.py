"""stdout and stderr that may be closed, full, or read by nobody: no command ends over them.

What cannot be written to stderr is lost, which is only a log. What cannot be written to stdout is
asked for: it is an error, but at the end, when the work is done.
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
    """Takes everything. ``fault`` is why something could not be written, the first time."""

    fault: OSError | None = None

    def write(self, data: ReadableBuffer, /) -> int:
        rest = memoryview(data).cast("B")
        size = len(rest)
        try:
            while rest:
                count = super().write(rest)
                if count is None:  # whoever reads this pipe does not keep up, and it does not wait
                    raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
                rest = rest[count:]
        except OSError as error:
            self.fault = self.fault or error
        return size


@contextmanager
def guarded_streams() -> Generator[None]:
    """Ends the process with exit code 1 where stdout took less than it was given."""
    _occupy()
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
        if not isinstance(stdout.fault, BrokenPipeError):  # who read it has seen enough
            reason = stdout.fault.strerror
            error = OutputError(f"cannot write to stdout: {reason}", hint="send it to a file")
            write_error(error)
    sys.stderr.flush()
    raise SystemExit(code)


def _occupy() -> None:
    """Where a standard stream is closed the next file opened would get its number, and its text."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # to read, also for the outputs: what is written to them fails, as it should
            os.open(os.devnull, os.O_RDONLY)


def _text(raw: _Stream, like: TextIO | None, *, line_buffering: bool) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding="utf-8" if like is None else like.encoding,
        errors="backslashreplace",
        line_buffering=line_buffering,
    )
