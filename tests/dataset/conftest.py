"""Pictures drawn by a seed, folders of them, and measures without files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from vidfx_training.dataset.index import Dataset, Picture
from vidfx_training.dataset.measure import Measures

SIDE = 64


@pytest.fixture(scope="session")
def draw() -> Callable[[int], np.ndarray]:
    """Draws (64, 64, 3) uint8; another seed, another picture."""

    def make(seed: int) -> np.ndarray:
        random = np.random.default_rng(seed)
        coarse = random.integers(0, 256, (8, 8, 3), np.uint8)
        return cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)

    return make


@pytest.fixture(scope="session")
def save() -> Callable[[Path, np.ndarray], Path]:
    def write(file: Path, rgb: np.ndarray) -> Path:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1].tobytes())
        return file

    return write


@pytest.fixture
def folder(
    tmp_path: Path, draw: Callable[[int], np.ndarray], save: Callable[[Path, np.ndarray], Path]
) -> Path:
    """Two classes of 20 different pictures each."""
    for i in range(40):
        save(tmp_path / "faces" / ("ann", "bob")[i % 2] / f"{i:02}.png", draw(i))
    return tmp_path / "faces"


@pytest.fixture(scope="session")
def unread() -> Callable[[Sequence[Picture]], tuple[Dataset, Measures]]:
    """Measures of pictures that are on no disk, all different."""

    def make(pictures: Sequence[Picture]) -> tuple[Dataset, Measures]:
        n = len(pictures)
        random = np.random.default_rng(n)
        return Dataset(Path("nowhere"), tuple(pictures)), Measures(
            pictures=tuple(pictures),
            digest=tuple(map(str, range(n))),
            size=random.integers(40, 200, (n, 2), np.int32),
            brightness=random.random(n, np.float32) * 255,
            contrast=random.random(n, np.float32) * 50,
            sharpness=random.random(n, np.float32) * 500,
            thumbnail=random.random((n, 24, 24), np.float32) * 255,
            broken={},
        )

    return make


@pytest.fixture
def voted(
    tmp_path: Path, draw: Callable[[int], np.ndarray], save: Callable[[Path, np.ndarray], Path]
) -> Path:
    """60 different pictures with ten votes each; on every tenth, most say that nobody can tell."""
    rows = ["picture,happy,sad,unknown"]
    for i in range(60):
        save(tmp_path / "voted" / "pictures" / f"{i:02}.png", draw(i))
        votes = "1,1,8" if i % 10 == 9 else ("9,1,0", "2,6,2")[i % 2]
        rows.append(f"pictures/{i:02}.png,{votes}")
    (tmp_path / "voted" / "votes.csv").write_text("\n".join(rows))
    return tmp_path / "voted"
