"""Names in a message to the user."""

from __future__ import annotations

from collections.abc import Sequence

SHOWN = 5
"""Names that a message lists."""


def some(names: Sequence[str]) -> str:
    """The first of ``names``, and the number of the others."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
