"""Who works on what: two runs with one output folder never do the same video twice.

A lock is one byte of one file, held by a process. It dies with its owner, however that ends, and
holds between machines where the file system has locks (local ones, NFS, Lustre).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path

from vidfx.video.atomic import output_errors

FOLDER = ".vidfx"
"""Below the output folder: what a batch knows of itself."""


class BusyError(Exception):
    """Another process is at it."""


class Locks:
    """The locks of one output folder, for one process, which holds one at a time.

    Raises OutputError where the folder cannot be made.
    """

    def __init__(self, out: Path) -> None:
        path = out / FOLDER / "locks"
        with output_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        self.fault: str | None = None
        "why locks do not work here"
        with suppress(BusyError), self.hold(Path()):
            pass

    @contextmanager
    def hold(self, path: Path) -> Generator[None]:
        """Hold what ``path`` stands for. Raises BusyError."""
        place = int.from_bytes(blake2b(os.fsencode(path), digest_size=7).digest(), "big")
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
        except (BlockingIOError, PermissionError) as error:
            raise BusyError from error
        except OSError as error:
            self.fault = error.strerror or str(error)
            yield
            return
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, place)

    def close(self) -> None:
        os.close(self._file)
