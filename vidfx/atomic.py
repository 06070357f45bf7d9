"""Output files that get their names only when they are whole."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Self

from vidfx.errors import OutputError

_HINTS = {
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
_NAME_MAX = 255
_OPEN_FILES = Path("/proc/self/fd")
"""Names of this process's open files, which no one else can change; Linux has them."""
_MAX_PID = 1 << 22


def output_error(path: Path, error: OSError) -> OutputError:
    """What a failed write of ``path`` means to the user, in one line, with a hint."""
    reason = error.strerror or str(error) or type(error).__name__
    hint = _HINTS.get(error.errno or 0, "check the output folder and its disk")
    return OutputError(f"cannot write {path}: {reason}", hint=hint)


@contextmanager
def output_errors(path: Path) -> Generator[None]:
    """Turn any OSError of the block into an OutputError about ``path``."""
    try:
        yield
    except OSError as error:
        raise output_error(path, error) from error


class Pending:
    """A file written under a temporary name beside its final one.

    Write to ``file``, then ``commit``; ``discard`` leaves nothing behind. As a context manager it
    commits at a clean end and discards when an exception, Ctrl-C included, ends the block. Whatever
    happens, ``path`` is either the whole new file or as it was before, and no file elsewhere is
    written, even where others put links into the folder.

    Raises OutputError when the file cannot be created or committed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.part = path.with_name(part_name(path.name))
        self._open: int | None = None
        with output_errors(path):
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            self._open = create(self.part)

    @property
    def file(self) -> Path:
        """Opens what was created, until it is sealed, whatever has the name ``part`` by now."""
        opened = _OPEN_FILES / str(self._open)
        return opened if self._open is not None and opened.exists() else self.part

    def size(self) -> int:
        """Bytes written so far."""
        with output_errors(self.path):
            return (self.part.lstat() if self._open is None else os.fstat(self._open)).st_size

    def seal(self) -> None:
        """Put the bytes on the disk, so that nothing but the name is missing."""
        if self._open is not None:
            try:
                with output_errors(self.path):
                    os.fsync(self._open)
            finally:
                self.close()

    def close(self) -> None:
        """There is no more to write; what was written stays in ``part``."""
        if self._open is not None:
            os.close(self._open)
            self._open = None

    def publish(self) -> None:
        """Give the sealed file its final name."""
        with output_errors(self.path):
            self.part.replace(self.path)

    def commit(self) -> None:
        """Put the bytes on the disk and give the file its final name."""
        try:
            self.seal()
            self.publish()
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Remove the temporary file; never raises, so that the cause of it is not hidden."""
        self.empty()
        with suppress(OSError):
            self.close()

    def empty(self) -> None:
        """Remove what was written, while someone has yet to close ``file``; never raises."""
        with suppress(OSError):
            self.part.unlink()
        if self._open is not None:
            with suppress(OSError):
                os.ftruncate(self._open, 0)

    def __enter__(self) -> Pending:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.commit()
        else:
            self.discard()


def create(path: Path) -> int:
    """A file descriptor to write a file that was not there. Raises OSError.

    What a dead process of the same number left under its name goes; a link is never followed.
    """
    with suppress(FileNotFoundError):
        path.unlink()
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)


def open_new(path: Path, encoding: str) -> IO[str]:
    """A text file that was not there before, to write. Raises OSError."""
    return os.fdopen(create(path), "w", encoding=encoding)


class Abortable:
    """As a context manager: what was not published before the block ends leaves nothing behind."""

    def abort(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.abort()


def part_name(name: str, owner: int | None = None) -> str:
    """``.<name>.<pid>.part``, the name cut from the front where the whole would be too long."""
    room = _NAME_MAX - len(".") - len(f".{_MAX_PID}.part")
    while len(os.fsencode(name)) > room:
        name = name[1:]
    return f".{name}.{os.getpid() if owner is None else owner}.part"


def same_part(name: str) -> str:
    """What the temporary names of one file, and of its segments, have in common."""
    return re.sub(r"(?:\.\d+){1,2}\.part$", ".part", name)
