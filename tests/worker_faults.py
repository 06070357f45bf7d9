"""Faults in worker processes, which the tests' own monkeypatches do not reach."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest


def worker_faults(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str) -> None:
    """Have every Python that is started from now on run ``code`` first."""
    place = folder / "faults"
    place.mkdir()
    (place / "sitecustomize.py").write_text(textwrap.dedent(code))
    monkeypatch.syspath_prepend(place)


def results_in(folder: Path) -> set[str]:
    """Names of all that stands in an output folder, but for what the batch knows of itself."""
    return {
        str(p.relative_to(folder))
        for p in folder.rglob("*")
        if p.is_file() and ".vidfx" not in p.relative_to(folder).parts
    }
