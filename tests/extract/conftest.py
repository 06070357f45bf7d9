"""Photographs of people, as inputs of `vidfx dataset extract`."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.extract.extracting import write


@pytest.fixture
def people(tmp_path: Path, astronaut: np.ndarray, group: np.ndarray) -> Path:
    """in/Eileen/{a,b}.png, one person; in/crew/a.png, six."""
    write(tmp_path / "in/Eileen/a.png", astronaut)
    write(tmp_path / "in/Eileen/b.png", np.ascontiguousarray(astronaut[:, ::-1]))
    write(
        tmp_path / "in/crew/a.png",
        cv2.resize(group, None, fx=0.75, fy=0.75, interpolation=cv2.INTER_AREA),
    )
    return tmp_path / "in"
