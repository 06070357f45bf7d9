"""Files: written whole or not at all, and read only where they are regular and not too large.

Imports nothing but the standard library. Everything here raises OSError.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import IO

DEFAULT_MODE = 0o666
"""Of a new file, less the user's umask."""
MOST_TEXT_BYTES = 1 << 20
"""Of settings, messages and lists."""
NO_FOLLOW: int = getattr(os, "O_NOFOLLOW", 0)
"""For os.open: do not follow a link. Windows has no such flag."""
_WITHOUT_WAITING: int = getattr(os, "O_NONBLOCK", 0)
_NAME_MAX = 255
_MAX_PID = 1 << 22
_OPEN_FILES = Path("/proc/self/fd")
"""Names of this process's open files, which nobody else can change; Linux has them."""
_CANNOT_SYNC = (errno.EINVAL, errno.EBADF, errno.ENOTSUP, errno.EACCES)
"""Errors of file systems that cannot sync a folder, and of folders that may not be read."""


class AtomicFile:
    """A file that is written under a temporary name, and gets its own when it is complete.

    Write to ``writable``, then ``commit``; ``discard`` removes what was written. As a context
    manager it commits at a normal end, and discards when an exception, Ctrl-C included, ends the
    block. Whatever happens, ``path`` is either the whole new file or as it was before, and no file
    elsewhere is written, even where others put links into the folder.

    Without ``sync`` nothing is waited for, and the loss of power may leave the new file empty: for
    what can be computed again, in thousands of files.

    Raises OSError where the file cannot be created, written to the disk or renamed.
    """

    def __init__(self, path: Path, mode: int = DEFAULT_MODE, *, sync: bool = True) -> None:
        self.path = path
        self.part = path.with_name(part_name(path.name))
        "the temporary name"
        self._sync = sync
        self._open: int | None = None
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        self._open = create(self.part, mode)

    @property
    def writable(self) -> Path:
        """A path that opens the file that was created, whatever file has the name ``part`` by now.

        Once the file is sealed or closed, it is ``part``.
        """
        opened = _OPEN_FILES / str(self._open)
        return opened if self._open is not None and opened.exists() else self.part

    def size(self) -> int:
        """Bytes written so far."""
        return (self.part.lstat() if self._open is None else os.fstat(self._open)).st_size

    def seal(self) -> None:
        """Write the bytes to the disk; only the name is missing then."""
        if self._open is not None:
            try:
                if self._sync:
                    os.fsync(self._open)
            finally:
                self.close()

    def close(self) -> None:
        """End the writing; what was written stays in ``part``."""
        if self._open is not None:
            os.close(self._open)
            self._open = None

    def publish(self) -> None:
        """Give the sealed file its name, and write the folder to the disk."""
        self.part.replace(self.path)
        if self._sync:
            _sync_folder(self.path.parent)

    def commit(self) -> None:
        """Seal and publish; discards where one of them fails."""
        try:
            self.seal()
            self.publish()
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Remove the temporary file. Never raises: an error here would hide the first one."""
        self.empty()
        with suppress(OSError):
            self.close()

    def empty(self) -> None:
        """Remove what was written, while a library still has ``writable`` open. Never raises."""
        with suppress(OSError):
            self.part.unlink()
        if self._open is not None:
            with suppress(OSError):
                os.ftruncate(self._open, 0)

    def __enter__(self) -> AtomicFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.commit()
        else:
            self.discard()


def write_atomically(
    path: Path, content: bytes, mode: int = DEFAULT_MODE, *, sync: bool = True
) -> None:
    """Make ``content`` the file ``path``, whole or not at all. See AtomicFile. Raises OSError."""
    with AtomicFile(path, mode, sync=sync) as file:
        file.writable.write_bytes(content)


def create(path: Path, mode: int = DEFAULT_MODE) -> int:
    """Create a file and return its descriptor, for writing. Raises OSError.

    A file of this name that a killed process left is removed; a link is never followed.
    """
    with suppress(FileNotFoundError):
        path.unlink()
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_FOLLOW, mode)


def create_text(path: Path, encoding: str) -> IO[str]:
    """Create a text file and open it for writing, as ``create`` does. Raises OSError."""
    return os.fdopen(create(path), "w", encoding=encoding)


def _sync_folder(folder: Path) -> None:
    """Write the names in ``folder`` to the disk, where the file system can. Raises OSError."""
    try:
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:
            raise


def part_name(name: str, owner: int | None = None) -> str:
    """``.<name>.<pid>.part``, the name cut from the front where the whole would be too long.

    ``owner`` is the process id; None is this process's.
    """
    room = _NAME_MAX - len(".") - len(f".{_MAX_PID}.part")
    while len(os.fsencode(name)) > room:
        name = name[1:]
    return f".{name}.{os.getpid() if owner is None else owner}.part"


def part_name_without_pid(name: str) -> str:
    """What the temporary names of one file, and of its segments, have in common."""
    return re.sub(r"(?:\.\d+){1,2}\.part$", ".part", name)


def remove_all_parts(folder: Path) -> None:
    """Remove the temporary files that killed processes left, where no other process writes."""
    for file in folder.glob(".*.part"):
        with suppress(OSError):
            file.unlink()


def read_regular(path: Path, most_bytes: int) -> bytes:
    """The content of a file. Never waits: a pipe or a device is not a regular file.

    Raises OSError where it cannot be read, ValueError where it is not a regular file or has more
    than ``most_bytes``.
    """
    with open(path, "rb", opener=_without_waiting) as file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode):
            raise ValueError("not a regular file")
        large = facts.st_size > most_bytes
        content = b"" if large else file.read(max(facts.st_size, MOST_TEXT_BYTES) + 1)
    if large or len(content) > most_bytes:
        raise ValueError(f"larger than {most_bytes >> 20} MB")
    return content


def read_text(path: Path, most_bytes: int = MOST_TEXT_BYTES) -> str:
    """The content of a small UTF-8 file, without a byte order mark.

    Raises OSError and ValueError, as ``read_regular`` does, and ValueError for another encoding.
    """
    try:
        return read_regular(path, most_bytes).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 text: {error}") from error


def leads_out(path: Path, folder: Path) -> bool:
    """Whether ``path``, found below ``folder``, is a link to something that is not below it."""
    return path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(
        os.path.realpath(folder)
    )


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | _WITHOUT_WAITING)  # opening a pipe would wait for a writer
