"""The most confident mistakes as pictures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import matplotlib as mpl
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vidfx.notation import clean
from vidfx_training.dataset.picture_file import read_picture

SIDE = 96
"px, longer side of a picture on the sheet"
COLUMNS = 8
GAP = 12
LINE = 14
"px of a line of text"
INK, QUIET = "#1d2327", "#5b666e"


@dataclass(frozen=True)
class MistakePicture:
    """A mistake and its picture."""

    pixels: np.ndarray
    "(H, W, 3) uint8 RGB, the longer side at most 96 px"
    mistake: dict[str, Any]
    "as report.json has it: path, label, predicted, probability"


def read_mistakes(root: Path, mistakes: Sequence[dict[str, Any]]) -> list[MistakePicture]:
    """Read the pictures of ``mistakes``, below ``root``. Raises DataError."""
    found: list[MistakePicture] = []
    for mistake in mistakes:
        pixels = read_picture(root / mistake["path"])
        scale = SIDE / max(pixels.shape[:2])
        if scale < 1:
            size = [max(1, round(side * scale)) for side in pixels.shape[1::-1]]
            pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        found.append(MistakePicture(pixels, mistake))
    return found


def contact_sheet(sections: Sequence[tuple[str, Sequence[MistakePicture]]]) -> bytes:
    """A JPEG with the mistakes of each model, under its name."""
    folder = Path(mpl.get_data_path(), "fonts", "ttf")
    font = ImageFont.truetype(folder / "DejaVuSans.ttf", 10)
    head = ImageFont.truetype(folder / "DejaVuSans-Bold.ttf", 13)
    cell = SIDE + 3 * LINE + GAP
    width = COLUMNS * (SIDE + GAP) + GAP
    heights = [2 * GAP + LINE + max(1, -(-len(s) // COLUMNS)) * cell for _, s in sections]
    sheet = Image.new("RGB", (width, sum(heights) + GAP), "white")
    draw = ImageDraw.Draw(sheet)
    top = GAP
    for (name, mistakes), height in zip(sections, heights, strict=True):
        draw.text((GAP, top), f"{clean(name)}: most confident mistakes", INK, head)
        for number, one in enumerate(mistakes):
            row, column = divmod(number, COLUMNS)
            x, y = GAP + column * (SIDE + GAP), top + LINE + GAP + row * cell
            picture = Image.fromarray(one.pixels).resize(_fitted(one.pixels), Image.Resampling.BOX)
            sheet.paste(picture, (x, y))
            lines = [
                (f"{one.mistake['predicted']} {one.mistake['probability']:.2f}", INK),
                (f"labelled {one.mistake['label']}", QUIET),
                (Path(one.mistake["path"]).name, QUIET),
            ]
            for place, (text, colour) in enumerate(lines):
                at = (x, y + SIDE + 2 + place * (LINE - 2))
                draw.text(at, _shortened(clean(text), font), colour, font)
        top += height
    stream = io.BytesIO()
    sheet.save(stream, "JPEG", quality=90)
    return stream.getvalue()


def _fitted(pixels: np.ndarray) -> tuple[int, int]:
    height, width = pixels.shape[:2]
    scale = SIDE / max(height, width)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _shortened(text: str, font: ImageFont.FreeTypeFont) -> str:
    """``text``, shortened to the width of a picture."""
    if font.getlength(text) <= SIDE:
        return text
    while text and font.getlength(text + "…") > SIDE:
        text = text[:-1]
    return text + "…"
