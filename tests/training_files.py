"""Tiny pictures and a tiny recipe for tests that type `vidfx train`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

RECIPE = """
name = "tiny"
task = "emotion"
licence = "CC0"
training_data = "drawn"
[input]
template = "fer"
side = 24
colour = "grey"
[model]
arch = "small"
width = 8
[schedule]
epochs = 2
batch = 16
lr = 0.1
warmup = 0.5
ema = 0.8
[augmentation]
flip = 0.0
"""


def draw(folder: Path, count: int, seed: int) -> None:
    """``count`` pictures of each of two classes, whose left or right half is brighter."""
    random = np.random.default_rng(seed)
    for label, place in (("left", slice(0, 12)), ("right", slice(12, 24))):
        for number in range(count):
            pixels = random.normal(90, 20, (24, 24))
            pixels[:, place] += 70
            file = folder / label / f"{number:03}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(file)
