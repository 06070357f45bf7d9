"""Links in a folder that was named: what they lead to elsewhere, nobody named."""

from __future__ import annotations

import os
from pathlib import Path


def leads_out(path: Path, folder: Path) -> bool:
    """Whether ``path``, found below ``folder``, is a link to what is not below it."""
    return path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(
        os.path.realpath(folder)
    )
