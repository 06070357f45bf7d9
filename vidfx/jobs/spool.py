"""The spool: local folders for files of storage while they are processed.

Only its owner may read it. Fetched files are in a folder that its process holds locked; folders of
dead processes are removed by the next run.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from vidfx_engines.user_cache import user_cache


def spool() -> Path:
    """Path of the spool, below XDG_CACHE_HOME. It may not exist yet."""
    return user_cache("spool")


def make_spool() -> Path:
    """Make the spool, for its owner alone; returns its path. Raises OSError."""
    folder = spool()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


@contextmanager
def own_folder() -> Generator[Path]:
    """A new folder for fetched files, removed at the end. Raises OSError."""
    root = make_spool() / "in"
    root.mkdir(exist_ok=True)
    with _opened(root) as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)  # an unlocked folder looks like a dead process's
        folder = Path(tempfile.mkdtemp(dir=root))
        holder = os.open(folder, os.O_RDONLY)
        fcntl.flock(holder, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(holder)


def remove_dead() -> None:
    """Remove what dead processes had fetched. Never raises."""
    with suppress(OSError), _opened(spool() / "in") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        for folder in (spool() / "in").iterdir():
            with suppress(OSError), _opened(folder) as holder:
                fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)


@contextmanager
def _opened(folder: Path) -> Generator[int]:
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield file
    finally:
        os.close(file)
