"""Where vidfx keeps what it can make again: below XDG_CACHE_HOME, or ~/.cache."""

from __future__ import annotations

import os
from pathlib import Path


def user_cache(name: str) -> Path:
    """The user's folder for one kind of things; it may not be there yet."""
    home = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(home) if Path(home).is_absolute() else Path.home() / ".cache"
    return root / "vidfx" / name
