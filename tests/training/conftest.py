"""A small problem that a small network can learn in seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from vidfx_training.data import Pictures
    from vidfx_training.recipe import Recipe

LABELS = ("left", "right", "top")
SIDE = 48
PLACES = ((slice(None), slice(0, 24)), (slice(None), slice(24, 48)), (slice(0, 24), slice(None)))


@pytest.fixture(autouse=True, scope="package")
def one_thread() -> Iterator[None]:
    """Threads of nets this small wait for each other; and one always adds in the same order."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def halves() -> Callable[[int, int], Pictures]:
    """Makes pictures of which one half is brighter: the left, the right or the upper one."""
    from vidfx_training.data import Pictures

    def make(n: int, seed: int) -> Pictures:
        random = np.random.default_rng(seed)
        label = np.arange(n) % len(LABELS)
        pixels = random.normal(90, 20, (n, SIDE, SIDE))
        for picture, place in zip(pixels, label, strict=True):
            picture[PLACES[place]] += 70
        return Pictures(pixels.clip(0, 255).astype(np.uint8), label.astype(np.int64), LABELS)

    return make


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    """Two short epochs; no mirror images, which would turn left into right."""
    from vidfx_training.loop import Schedule
    from vidfx_training.recipe import Recipe
    from vidfx_training.transforms import Augmentation

    schedule = Schedule(
        epochs=2,
        batch=16,
        lr=0.05,
        warmup=0.5,
        sides=((0.0, 24), (0.5, 32)),
        compile=False,
        seed=3,
        augmentation=Augmentation(flip=0),
    )
    return Recipe("toy", LABELS, SIDE, 8, 20, "CC0", "halves, drawn by a test", schedule)


@pytest.fixture
def save() -> Callable[[Pictures, Path], Path]:
    """Writes pictures as ``folder/<label>/*.png``; returns the folder."""
    from PIL import Image

    def write(pictures: Pictures, folder: Path) -> Path:
        for i, (pixels, label) in enumerate(zip(pictures.pixels, pictures.label, strict=True)):
            file = folder / pictures.labels[label] / f"{i:04}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(file)
        return folder

    return write
