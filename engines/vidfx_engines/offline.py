"""VIDFX_OFFLINE=1: nothing may touch the network, and what would need it is an error."""

from __future__ import annotations

import os

VARIABLE = "VIDFX_OFFLINE"
OFF = ("", "0", "false", "no")
HINT = f"unset {VARIABLE} to allow it"


def is_offline() -> bool:
    """Whether the user forbids the network."""
    return os.environ.get(VARIABLE, "").lower() not in OFF
