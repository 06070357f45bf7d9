"""Every error that a user can cause.

    VidfxError                  exit code
    ├── UsageError              2   the command line or a settings file is wrong
    ├── InputError              1   one input failed; the others go on
    │   ├── NotMediaError           not a video or picture that can be read
    │   ├── DecodeError             it began well and then broke
    │   ├── OutputExistsError       the results are there already
    │   ├── CrashedError            the process that worked on it died, each time
    │   ├── StalledError            it made no progress for too long
    │   └── ChangedError            it changed while it was read
    ├── OutputError             1   a result could not be written
    ├── EngineFailedError       4   an engine failed over it, which is not the input's fault
    ├── NothingReadableError    3   not one input could be read
    ├── UnavailableError        4   the device, backend, engine or library is not here
    └── Interrupted             130 Ctrl-C

``str(error)`` is one line: what, why. ``error.hint`` is one line: what to do about it.
"""

from __future__ import annotations

import errno
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_WRITE_HINTS = {
    errno.ENOSPC: "free some space or choose another output folder",
    errno.EDQUOT: "free some space in your quota or choose another output folder",
    errno.EFBIG: "raise the file size limit (ulimit -f) or choose another file system",
    errno.EACCES: "choose an output folder that you may write to",
    errno.EPERM: "choose an output folder that you may write to",
    errno.EROFS: "choose an output folder on a file system that can be written",
    errno.ENAMETOOLONG: "rename the input or choose an output folder with a shorter path",
    errno.ENOENT: "make the output folder first",
    errno.ENOTDIR: "choose an output folder; a part of this path is a file",
    errno.EISDIR: "remove or rename the folder that has the output's name",
}


class VidfxError(Exception):
    """The root: something the user can understand and mend."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(" ".join(message.split()))
        self.hint = " ".join(hint.split())


class UsageError(VidfxError):
    exit_code = 2


class InputError(VidfxError):
    exit_code = 1


class NotMediaError(InputError):
    pass


class DecodeError(InputError):
    pass


class OutputExistsError(InputError):
    pass


class CrashedError(InputError):
    pass


class StalledError(InputError):
    pass


class ChangedError(InputError):
    pass


class OutputError(VidfxError):
    exit_code = 1


class EngineFailedError(VidfxError):
    exit_code = 4


class NothingReadableError(VidfxError):
    exit_code = 3


class UnavailableError(VidfxError):
    exit_code = 4


class Interrupted(VidfxError):
    exit_code = 130

    def __init__(self) -> None:
        super().__init__("interrupted", hint="run the same command again to go on")


def output_error(path: Path, error: OSError) -> OutputError:
    """The OutputError for a failed write of ``path``."""
    reason = error.strerror or str(error) or type(error).__name__
    hint = _WRITE_HINTS.get(error.errno or 0, "check the output folder and its disk")
    return OutputError(f"cannot write {path}: {reason}", hint=hint)


@contextmanager
def output_errors(path: Path) -> Generator[None]:
    """Turn any OSError of the block into an OutputError about ``path``."""
    try:
        yield
    except OSError as error:
        raise output_error(path, error) from error
