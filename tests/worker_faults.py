"""Faults in worker processes, where a monkeypatch of the test does not reach."""

from __future__ import annotations

import shutil
import textwrap
from pathlib import Path

import pytest


def worker_faults(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str) -> None:
    """Have every Python that is started from now on run ``code`` first."""
    place = folder / "faults"
    place.mkdir()
    (place / "sitecustomize.py").write_text(textwrap.dedent(code))
    monkeypatch.syspath_prepend(place)


def copies(clip: Path, folder: Path, *names: str) -> Path:
    """``folder``, made, with a copy of ``clip`` under each name."""
    folder.mkdir()
    for name in names:
        shutil.copy(clip, folder / f"{name}.mp4")
    return folder
