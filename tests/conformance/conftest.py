"""The clips of readers.py, each written once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conformance.readers import CLIPS, TURNED


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folder = tmp_path_factory.mktemp("media")

    def make(name: str) -> Path:
        path = folder / name
        return path if path.exists() else (CLIPS | TURNED)[name].write(path)

    return make
