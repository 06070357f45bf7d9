"""Faults by count: the Nth call of something fails, as a full disk or a busy machine would have it.

fail_nth("module:name.attribute", 3, "OSError(28, 'No space left on device')")
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any


def fail_nth(
    target: str, nth: int, error: str, put: Callable[[Any, str, Any], None] = setattr
) -> None:
    """Have the ``nth`` call from now on raise what ``error`` says; 0: every call.

    ``put`` is what replaces it, such as ``monkeypatch.setattr``.
    """
    module, _, path = target.partition(":")
    owner: Any = importlib.import_module(module)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    names = vars(importlib.import_module("vidfx.errors")) | {"sqlite3": __import__("sqlite3")}
    whole, calls = getattr(owner, name), 0

    def call(*args: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if nth in (0, calls):
            raise eval(error, dict(names))
        return whole(*args, **more)

    put(owner, name, call)
