"""Compiled models and prepared graphs, kept in the user's cache folder.

OpenVINO's own cache does not notice changed bytes on the disk and then silently returns wrong
numbers; here every file contains its SHA-256.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from vidfx_engines.files import write_atomically
from vidfx_engines.user_cache import PRIVATE_FILE, make_private, user_cache, why_untrusted

DIGEST = 32
MAX_FILES = 64
MAX_BYTES = 512 << 20
"""Limits of the folder; the least recently used file is removed first."""


def _folder() -> Path:
    return user_cache("openvino")


def key_of(*facts: object) -> str:
    """A file name for ``facts``: everything that must match."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def fetch(key: str) -> bytes | None:
    """The blob stored under ``key``; None if there is none, or if it is damaged or not trusted."""
    path = _folder() / key
    if why_untrusted(path):
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
    """Store ``blob`` for the next run. A cache that cannot be written is ignored."""
    if len(blob) > MAX_BYTES:
        return
    folder = _folder()
    with suppress(OSError):
        make_private(folder)
        write_atomically(folder / key, hashlib.sha256(blob).digest() + blob, PRIVATE_FILE)
        _prune(folder)


def _prune(folder: Path) -> None:
    """Remove files above the limits. A process that needed one compiles again."""
    files = [(path.stat(), path) for path in folder.iterdir()]
    files.sort(key=lambda file: file[0].st_mtime_ns, reverse=True)
    total = 0
    for number, (facts, path) in enumerate(files, 1):
        total += facts.st_size
        if number > MAX_FILES or total > MAX_BYTES:
            path.unlink(missing_ok=True)
