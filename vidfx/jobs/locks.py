"""Locks: two runs with one output folder never do the same video twice.

A lock is one byte of one file, held by a process. It ends with its process, however that ends, and
works between machines where the file system has locks (local ones, NFS, Lustre).
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path

from vidfx.errors import OutputError, output_errors
from vidfx.jobs.file_locks import lock_byte, lock_file, unlock_byte
from vidfx_engines.files import NO_FOLLOW

FOLDER = ".vidfx"
"""Below the output folder: locks and ledger."""
LEDGER = "ledger.sqlite"
"""In FOLDER, where videos were annotated."""
RUN_LOCK = "alive"
_TRIES, _TRY_S = 5, 0.02


def share(path: Path, out: Path) -> None:
    """Give ``path``, if it is ours, the permissions of the output folder ``out``."""
    mode = out.stat().st_mode & (0o7777 if path.is_dir() else 0o666)
    with suppress(OSError):  # another user's
        path.chmod(mode)


def hold_run_lock(out: Path) -> int | None:
    """Show that a run on ``out`` goes on: returns a locked file, to close at its end.

    Any number of runs hold it together. None where there are no locks.
    """
    with suppress(OSError):
        file = _open_or_create(out / FOLDER / RUN_LOCK)
        share(out / FOLDER / RUN_LOCK, out)
        for _ in range(_TRIES):
            with suppress(BlockingIOError):  # another process tests just now whether it is held
                lock_file(file, shared=True)
                return file
            time.sleep(_TRY_S)
        os.close(file)
    return None


def is_run_locked(out: Path) -> bool | None:
    """Whether a run on ``out`` goes on; None where unknown."""
    try:
        try:
            file = _open_run_lock(out, os.O_RDWR)
        except PermissionError:
            file = _open_run_lock(out, os.O_RDONLY)
    except OSError:
        return None
    try:
        for _ in range(_TRIES):
            with suppress(BlockingIOError):
                lock_file(file)
                return False
            time.sleep(_TRY_S)  # it may be another process that tests
        return True
    except OSError:
        return None
    finally:
        os.close(file)


def _open_run_lock(out: Path, flags: int) -> int:
    return os.open(out / FOLDER / RUN_LOCK, flags | NO_FOLLOW, 0o666)


def _open_or_create(path: Path) -> int:
    """Raises OSError. In a folder like /tmp, Linux may refuse O_CREAT of another user's file."""
    flags = os.O_RDWR | NO_FOLLOW
    try:
        return os.open(path, flags)
    except FileNotFoundError:
        return os.open(path, flags | os.O_CREAT, 0o666)


class BusyError(Exception):
    """Another process holds the lock."""


class Locks:
    """The locks of one output folder, for one process, which holds one at a time.

    Raises OutputError where the folder cannot be made, or only another user may write to it.
    """

    def __init__(self, out: Path) -> None:
        folder, path = out / FOLDER, out / FOLDER / "locks"
        with output_errors(path):
            if os.path.lexists(out) and not out.is_dir():
                raise OutputError(
                    f"cannot write to {out}: it is not a folder",
                    hint="name a folder for the results",
                )
            out.mkdir(parents=True, exist_ok=True)
            if folder.is_symlink() or path.is_symlink():
                raise OutputError(
                    f"cannot write {path}: it is a link, which others may have put there",
                    hint=f"remove {folder}, or choose another output folder",
                )
            try:
                folder.mkdir()
                share(folder, out)
            except FileExistsError:
                pass
            try:
                self._file = _open_or_create(path)
            except PermissionError as error:
                raise OutputError(
                    f"cannot write {path}: {error.strerror}; it is another user's",
                    hint=f"have its owner run chmod -R g+rwX {folder}, "
                    "or choose another output folder",
                ) from error
            share(path, out)
        self.fault: str | None = None
        "why locks do not work here"
        with suppress(BusyError), self.hold(Path()):
            pass

    @contextmanager
    def hold(self, path: Path) -> Generator[None]:
        """Hold the lock of ``path``. Raises BusyError where another process holds it."""
        offset = int.from_bytes(blake2b(os.fsencode(path), digest_size=7).digest(), "big")
        try:
            lock_byte(self._file, offset)
        except (BlockingIOError, PermissionError) as error:
            raise BusyError from error
        except OSError as error:
            self.fault = error.strerror or str(error)
            yield
            return
        try:
            yield
        finally:
            unlock_byte(self._file, offset)

    def close(self) -> None:
        os.close(self._file)
