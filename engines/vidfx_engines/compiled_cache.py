"""Models as they are compiled and prepared for that, kept between runs in the user's cache folder.

OpenVINO has a cache of its own, but it does not notice bytes that have changed on the disk and
then gives wrong numbers without a word; here every file carries its sha256.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from vidfx_engines.files import write_atomically
from vidfx_engines.user_cache import PRIVATE_FILE, distrust, make_private, user_cache

DIGEST = 32
MAX_FILES = 64
MAX_BYTES = 512 << 20
"""What the folder holds at most; the longest unused goes first."""


def _folder() -> Path:
    return user_cache("openvino")


def key_of(*facts: object) -> str:
    """A name for what ``facts`` (all that must match) give."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def fetch(key: str) -> bytes | None:
    """What was kept under ``key``; None where there is nothing, or not what was written here."""
    path = _folder() / key
    if distrust(path):
        return None
    try:
        data = path.read_bytes()
    except OSError:
        return None
    with suppress(OSError):
        os.utime(path)
    digest, blob = data[:DIGEST], data[DIGEST:]
    return blob if hashlib.sha256(blob).digest() == digest else None


def keep(key: str, blob: bytes) -> None:
    """Keep ``blob`` for the next run; a cache that cannot be written is no error."""
    if len(blob) > MAX_BYTES:
        return
    folder = _folder()
    with suppress(OSError):
        make_private(folder)
        write_atomically(folder / key, hashlib.sha256(blob).digest() + blob, PRIVATE_FILE)
        _prune(folder)


def _prune(folder: Path) -> None:
    """Another process that loses a file by this, written or not, only compiles once more."""
    files = [(path.stat(), path) for path in folder.iterdir()]
    files.sort(key=lambda file: file[0].st_mtime_ns, reverse=True)
    total = 0
    for number, (facts, path) in enumerate(files, 1):
        total += facts.st_size
        if number > MAX_FILES or total > MAX_BYTES:
            path.unlink(missing_ok=True)
