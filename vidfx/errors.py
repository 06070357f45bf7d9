"""Every error that a user can cause, and the exit code of a command that it ends.

    VidfxError                  1
    ├── UsageError              2   the command line or a settings file is wrong
    ├── InputError              1   one input failed; the others go on
    │   ├── NotMediaError           not a video or picture that can be read
    │   ├── DecodeError             it could be read at first, and then not
    │   ├── OutputExistsError       there are results already, and no record of what made them
    │   │   ├── OtherSettingsError      ... of other settings
    │   │   └── OtherInputError         ... of another input, which are never overwritten
    │   ├── CrashedError            its worker process died, each time
    │   ├── StalledError            it made no progress for too long
    │   ├── ChangedError            it changed while it was read
    │   └── FaceSeenError           its result shows a face that should be hidden
    ├── OutputError             1   a result could not be written
    ├── EngineFailedError       4   an engine failed on an input, which is not the input's fault
    ├── NothingReadableError    3   not one input could be read
    ├── GalleryError            3   a gallery of people is missing, damaged or of another model
    ├── UnavailableError        4   the device, backend, engine or library is not here
    ├── Interrupted             130 Ctrl-C
    ├── EngineError             4   in vidfx_engines/errors.py
    │   ├── EngineUnavailable       the library, backend or device is not here
    │   ├── EngineFileError         the weights or their spec are missing, altered or wrong
    │   └── EngineRunError          the engine cannot take its input, or failed while it ran
    └── TrainingError           1   in vidfx_training/errors.py
        ├── DataError           3   pictures, their folders or their split are missing or wrong
        ├── RecipeError         2   the recipe, or an option beside it, is wrong
        ├── WeightsError        4   weights are missing, altered or of another network
        └── DivergedError           the loss became infinite or NaN

``str(error)`` is one line: what went wrong, and why. ``error.hint`` is one line: what to do.
"""

from __future__ import annotations

import errno
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from vidfx_engines.errors import VidfxError

EXIT_CODES = {
    0: "all done",
    1: "some input failed",
    2: "usage",
    3: "nothing readable",
    4: "device, backend or engine not available, or failed on every input",
    130: "interrupted",
}
"""What each exit code of a command means."""
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


class OtherSettingsError(OutputExistsError):
    pass


class OtherInputError(OutputExistsError):
    pass


class CrashedError(InputError):
    pass


class StalledError(InputError):
    pass


class ChangedError(InputError):
    pass


class FaceSeenError(InputError):
    pass


class OutputError(VidfxError):
    exit_code = 1


class EngineFailedError(VidfxError):
    exit_code = 4


class NothingReadableError(VidfxError):
    exit_code = 3


class GalleryError(VidfxError):
    exit_code = 3


class UnavailableError(VidfxError):
    exit_code = 4


class Interrupted(VidfxError):
    exit_code = 130

    def __init__(self) -> None:
        super().__init__("interrupted", hint="run the same command again to go on")


def error_line(error: VidfxError) -> str:
    """An error, and what to do about it."""
    return f"vidfx: {error}" + (f" ({error.hint})" if error.hint else "")


def no_frame_error(source: Path, part: str = "") -> NotMediaError:
    """The error for an input without a frame in the wanted ``part`` of it."""
    return NotMediaError(
        f"{source}: there is no frame to read{part}",
        hint="check the input, and --start and --end",
    )


def output_error(path: Path, error: OSError) -> OutputError:
    """The OutputError for a failed write of ``path``."""
    reason = error.strerror or str(error) or type(error).__name__
    hint = _WRITE_HINTS.get(error.errno or 0, "check the output folder and its disk")
    return OutputError(f"cannot write {path}: {reason}", hint=hint)


@contextmanager
def read_errors(path: Path) -> Generator[None]:
    """Turn any OSError of the block into a NotMediaError about ``path``."""
    try:
        yield
    except OSError as error:
        raise NotMediaError(f"{path}: {error.strerror or error}", hint="check the path") from error


@contextmanager
def output_errors(path: Path) -> Generator[None]:
    """Turn any OSError of the block into an OutputError about ``path``."""
    try:
        yield
    except OSError as error:
        raise output_error(path, error) from error
