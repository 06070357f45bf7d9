"""The user's cache, for files that vidfx can make again: below XDG_CACHE_HOME, or ~/.cache.

Its files determine results, so they are used only if no other user can have written them.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

PRIVATE, PRIVATE_FILE = 0o700, 0o600
ROOT = 0
CACHE_HINT = "remove it, or set XDG_CACHE_HOME to a folder of your own"


def user_cache(name: str) -> Path:
    """The cache folder ``name``; it may not exist yet."""
    return _home() / "vidfx" / name


def _home() -> Path:
    home = os.environ.get("XDG_CACHE_HOME", "")
    return Path(home) if Path(home).is_absolute() else Path.home() / ".cache"


def why_untrusted(path: Path) -> str | None:
    """Why ``path``, in the user's cache, is not trusted, in one line; None if it is, or is missing.

    It and every folder above it in the cache must belong to the user or root and be writable by
    nobody else. In the folder that contains the cache, others must not be able to rename files;
    /tmp is accepted.
    """
    if not hasattr(os, "geteuid"):
        return None
    home = _home()
    inside = path.relative_to(home).parts
    for place in (home, *(home.joinpath(*inside[: n + 1]) for n in range(len(inside)))):
        try:
            facts = (place.lstat(), place.stat())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            return f"{place}: {error.strerror}"
        fault = _fault(facts, holds_the_cache=place == home)
        if fault:
            return f"{place} {fault}, so what is in it is not used"
    return None


def make_private(folder: Path) -> None:
    """Create ``folder``, in the user's cache, and its parents there, private to the user.

    Raises OSError where that fails, PermissionError where it is not trusted.
    """
    home = _home()
    home.mkdir(parents=True, exist_ok=True)
    for part in reversed([folder, *folder.parents]):
        if home in part.parents:
            part.mkdir(mode=PRIVATE, exist_ok=True)
    fault = why_untrusted(folder)
    if fault:
        raise PermissionError(None, fault)


def _fault(facts: tuple[os.stat_result, os.stat_result], *, holds_the_cache: bool) -> str | None:
    """What is wrong with owner or mode; ``facts``: of a path, and of the target of its link."""
    for found in facts:
        if found.st_uid not in (os.geteuid(), ROOT):
            return f"belongs to another user (uid {found.st_uid})"
    mode = facts[1].st_mode
    if holds_the_cache:
        return "may be changed by all" if mode & stat.S_IWOTH and not mode & stat.S_ISVTX else None
    if mode & (stat.S_IWOTH | stat.S_IWGRP):
        return "may be changed by " + ("all" if mode & stat.S_IWOTH else "its group")
    return None
