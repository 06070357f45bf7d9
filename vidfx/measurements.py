"""What was measured on this machine, kept in the user's cache for later runs."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from vidfx_engines.files import write_atomically
from vidfx_engines.user_cache import PRIVATE_FILE, make_private, user_cache, why_untrusted

T = TypeVar("T")


def read_measurement(folder: str, facts: object, kind: type[T]) -> T | None:
    """What ``keep_measurement`` stored for the same ``facts``; None where there is nothing.

    A file that another user could have written, or that is no ``kind``, is nothing.
    """
    file = _file(folder, facts)
    if why_untrusted(file):
        return None
    try:
        return msgspec.json.decode(file.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError):
        return None


def keep_measurement(folder: str, facts: object, value: object) -> None:
    """Store ``value`` for everything that it depends on, ``facts``.

    A cache that cannot be written is ignored.
    """
    file = _file(folder, facts)
    with suppress(OSError):
        make_private(file.parent)
        write_atomically(file, msgspec.json.encode(value), PRIVATE_FILE)


def _file(folder: str, facts: object) -> Path:
    return user_cache(folder) / hashlib.sha256(repr(facts).encode()).hexdigest()
