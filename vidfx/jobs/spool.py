"""The spool: local folders for files of storage while they are processed.

Only its owner may read it. Fetched files are in a folder that its process holds locked; folders of
dead processes are removed by the next run.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from vidfx.jobs.file_locks import lock_file
from vidfx_engines.files import NO_FOLLOW
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
        lock_file(gate, wait=True)  # an unlocked folder looks like a dead process's
        folder = Path(tempfile.mkdtemp(dir=root))
        holder = os.open(folder, os.O_RDONLY)
        lock_file(holder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(holder)


def remove_dead() -> None:
    """Remove what dead processes had fetched. Never raises."""
    with suppress(OSError), _opened(spool() / "in") as gate:
        lock_file(gate, wait=True)
        for folder in (spool() / "in").iterdir():
            with suppress(OSError), _opened(folder) as holder:
                lock_file(holder)
                shutil.rmtree(folder)


@contextmanager
def _opened(folder: Path) -> Generator[int]:
    file = os.open(folder, os.O_RDONLY | NO_FOLLOW)
    try:
        yield file
    finally:
        os.close(file)
