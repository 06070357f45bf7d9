"""A small problem that a small network can learn in seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from vidfx_training.loop.training_loop import Trained
    from vidfx_training.picture_array import Pictures
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


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def halves() -> Callable[[int, int], Pictures]:
    """Makes grey pictures of which one half is brighter: the left, the right or the upper one."""
    from vidfx_training.picture_array import Pictures

    def make(n: int, seed: int) -> Pictures:
        random = np.random.default_rng(seed)
        label = np.arange(n) % len(LABELS)
        pixels = random.normal(90, 20, (n, SIDE, SIDE))
        for picture, place in zip(pixels, label, strict=True):
            picture[PLACES[place]] += 70
        paths = tuple(f"{LABELS[k]}/{i:04}.png" for i, k in enumerate(label))
        grey = pixels.clip(0, 255).astype(np.uint8)[:, None]
        target = np.eye(len(LABELS), dtype=np.float32)[label]
        return Pictures(grey, target, label.astype(np.int64), LABELS, paths)

    return make


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    """Four short epochs; no mirror images, which would turn left into right."""
    from vidfx_training.recipe import Augmentation, Input, Model, Recipe, Schedule

    return Recipe(
        name="toy",
        task="emotion",
        licence="CC0",
        training_data="halves, drawn by a test",
        input=Input("fer", side=32, crop=64, colour="grey"),
        model=Model("small", width=8, dropout=0.1),
        schedule=Schedule(
            epochs=4, batch=16, lr=0.1, warmup=0.5, ema=0.8, sides=((0.0, 24), (0.5, 32)), seed=3
        ),
        augmentation=Augmentation(flip=0, rotation=5, cutout=0.1),
    )


@pytest.fixture(scope="session")
def save() -> Callable[[Pictures, Path], Path]:
    """Writes pictures as ``folder/<label>/*.png``; returns the folder."""
    from PIL import Image

    def write(pictures: Pictures, folder: Path) -> Path:
        for pixels, path in zip(pictures.pixels, pictures.paths, strict=True):
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels[0]).save(file)
        return folder

    return write


class Listening:
    """A watcher that keeps what is reported, and may interrupt the training."""

    def __init__(self, stop_at: tuple[int, int] | None = None) -> None:
        self.said: list[str] = []
        self.lines: list[dict[str, float]] = []
        self.stop_at = stop_at

    def say(self, text: str) -> None:
        self.said.append(text)

    def step(self, epoch: int, step: int, steps: int, loss: float) -> None:
        if (epoch, step) == self.stop_at:
            raise KeyboardInterrupt

    def _between(self, epoch: float) -> None:
        """A step of 0 is the moment after an epoch, when its state is not yet written."""
        if (epoch, 0) == self.stop_at:
            raise KeyboardInterrupt

    def epoch(self, line: dict[str, float]) -> None:
        self.lines.append(line)
        self._between(line["epoch"])


@pytest.fixture(scope="session")
def listening() -> type[Listening]:
    return Listening


@pytest.fixture(scope="package")
def sets(halves: Callable[[int, int], Pictures]) -> tuple[Pictures, Pictures]:
    def small(pictures: Pictures) -> Pictures:
        return replace(pictures, pixels=pictures.pixels[:, :, 8:40, 8:40])

    return small(halves(192, 0)), small(halves(60, 1))


@pytest.fixture(scope="package")
def whole(
    recipe: Recipe,
    sets: tuple[Pictures, Pictures],
    listening: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Trained, Path]:
    """A run without interruption."""
    from tests.training.loop_runs import fit

    out = tmp_path_factory.mktemp("whole")
    return fit(recipe, sets, out, listening()), out
