"""What stands on a face's label at each level of detail, and the label as a tile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from vidfx.overlay.font import BOLD, REGULAR, Type, expression, panel
from vidfx.overlay.yuv import Layer, Matrix, Rgb, Tile, make_tile
from vidfx.types import SQUARE, Stretch

FULL, TALL, LINE, CARD, SHORT, MINI = range(6)
"""Levels of detail: all in one row over the message; all, narrow; without the message, in one row
and narrow; expression and name; expression and number."""

COLOURS: dict[str | None, Rgb] = {
    "angry": (244, 92, 74),
    "happy": (250, 198, 56),
    "neutral": (164, 178, 196),
    "sad": (84, 156, 244),
}
PLAIN: Rgb = (228, 232, 238)
INK: Rgb = (255, 255, 255)
PANEL: Rgb = (16, 19, 26)
PANEL_OPACITY = 0.72
DIM = 0.72

ROW, PAD_X, PAD_Y, PART_GAP, GROUP_GAP = 1.34, 0.6, 0.3, 0.32, 0.85
"in text sizes"
WIDE, NARROW, MESSAGE_LINES = (10, 17), (7, 12), 3
"most of a name and of a line of the message, in text sizes"


def colour_of(emotion: str | None) -> Rgb:
    return COLOURS.get(emotion, PLAIN)


@dataclass(frozen=True)
class FaceLabel:
    """One face of one frame, and what is to be shown of it."""

    box: tuple[float, float, float, float]
    "xyxy px of the upright frame; may reach outside it"
    track_id: int
    "-1 none"
    identity: str | None
    identity_prob: float | None
    emotion: str | None
    emotion_prob: float | None
    source: Literal["detected", "interpolated", "tracked"]


@dataclass(frozen=True)
class Facts:
    """What is known of a face, as it is shown."""

    track_id: int
    "-1 none"
    name: str | None
    name_percent: int | None
    emotion: str | None
    emotion_percent: int | None
    message: str | None


class Part(NamedTuple):
    """A word, or the mark of an expression, on a label."""

    text: str
    bold: bool = False
    dim: bool = False
    mark: bool = False
    slot: str = ""
    "room is left for this text, so that the width stays as digits come and go"

    @property
    def weight(self) -> int:
        return BOLD if self.bold else REGULAR

    @property
    def opacity(self) -> float:
        return DIM if self.dim else 1.0


Row = tuple[tuple[Part, ...], ...]
"groups of parts"


class Chip(NamedTuple):
    """A label, ready to be drawn."""

    rows: tuple[Row, ...]
    emotion: str | None
    size: int
    "text size in px"
    width: int
    height: int


def chip(facts: Facts, level: int, size: int, type_: Type, max_width: int) -> Chip | None:
    """The label at that level in its natural size, None where nothing is to be said.

    ``max_width`` (px) bounds names and messages, which are shortened or broken into lines.
    """
    room = max_width - round(2 * PAD_X * size)
    rows = tuple(row for row in _rows(facts, level, size, type_, room) if row)
    if not rows:
        return None
    width = max(_row_width(row, size, type_) for row in rows) + round(2 * PAD_X * size)
    height = round((ROW * len(rows) + 2 * PAD_Y) * size)
    return Chip(rows, facts.emotion, size, _even(width), _even(height))


def _rows(facts: Facts, level: int, size: int, type_: Type, room: int) -> list[Row]:
    mood = _mood(facts, level)
    title = _title(facts, level, size, type_, room)
    number = _number(facts)
    if level in (FULL, TALL):
        wide = level == FULL
        width = min(room, (WIDE if wide else NARROW)[1] * size)
        lines = type_.wrapped(facts.message or "", size, REGULAR, width, MESSAGE_LINES)
        head = _rows(facts, LINE if wide else CARD, size, type_, room)
        return head + [((Part(line),),) for line in lines]
    if level == LINE:
        return [_row(title, mood, number)]
    if level == CARD:
        return [_row(title, number), _row(mood)]
    return [_row(mood + (title or number))] if level == SHORT else [_row(mood + number)]


def _row(*groups: tuple[Part, ...]) -> Row:
    return tuple(group for group in groups if group)


def _title(facts: Facts, level: int, size: int, type_: Type, room: int) -> tuple[Part, ...]:
    if not facts.name:
        return ()
    width = min(room, (WIDE if level == LINE else NARROW)[0] * size)
    name = Part(type_.shortened(facts.name, size, BOLD, width), bold=True)
    return (name,) if level >= SHORT else (name, *_percent(facts.name_percent))


def _number(facts: Facts) -> tuple[Part, ...]:
    if facts.track_id < 0:
        return ()
    return (Part(f"#{facts.track_id}", bold=not facts.name, dim=bool(facts.name)),)


def _mood(facts: Facts, level: int) -> tuple[Part, ...]:
    if not facts.emotion:
        return ()
    mark = Part(facts.emotion, mark=True)
    if level >= SHORT:
        return (mark,)
    return (mark, Part(facts.emotion), *_percent(facts.emotion_percent))


def _percent(percent: int | None) -> tuple[Part, ...]:
    return () if percent is None else (Part(f"{percent}%", dim=True, slot="88%"),)


def _part_width(part: Part, size: int, type_: Type) -> int:
    if part.mark:
        return mark_size(size)
    text = type_.width(part.text, size, part.weight)
    return max(text, type_.width(part.slot, size, part.weight)) if part.slot else text


def mark_size(size: int) -> int:
    return _even(size)


def _row_width(row: Row, size: int, type_: Type) -> int:
    parts = sum(_part_width(part, size, type_) for group in row for part in group)
    gaps = sum(len(group) - 1 for group in row)
    return parts + gaps * round(PART_GAP * size) + (len(row) - 1) * round(GROUP_GAP * size)


def draw_chip(chip: Chip, type_: Type, matrix: Matrix, stretch: Stretch = SQUARE) -> Tile:
    """Draw the label, its content at the left where it is wider than it needs to be.

    See make_tile for ``stretch``.
    """
    shape = (chip.height, chip.width)
    ink = np.zeros(shape, np.float32)
    mark = np.zeros(shape, np.float32)
    carved = np.zeros(shape, np.float32)
    size = chip.size
    for number, row in enumerate(chip.rows):
        middle = (PAD_Y + ROW * (number + 0.5)) * size
        x = round(PAD_X * size)
        for group in row:
            for part in group:
                if part.mark:
                    disc, features = expression(part.text, mark_size(size))
                    y = round(middle - mark_size(size) / 2)
                    _paste(mark, disc, x, y)
                    _paste(carved, features, x, y)
                else:
                    cover = type_.cover(part.text, size, part.weight)
                    _paste(ink, cover * part.opacity, x, round(middle - 1.04 * size))
                x += _part_width(part, size, type_) + round(PART_GAP * size)
            x += round(GROUP_GAP * size) - round(PART_GAP * size)
    back = panel(chip.width, chip.height, round(0.42 * size))
    colour = colour_of(chip.emotion)
    return make_tile(
        [
            Layer(back * PANEL_OPACITY, PANEL),
            Layer(mark, colour),
            Layer(carved, PANEL),
            Layer(ink, INK),
        ],
        matrix,
        stretch,
    )


def _paste(canvas: np.ndarray, cover: np.ndarray, x: int, y: int) -> None:
    top = max(-y, 0)
    part = canvas[y + top : y + len(cover), x : x + cover.shape[1]]
    np.maximum(part, cover[top : top + part.shape[0], : part.shape[1]], out=part)


def _even(length: int) -> int:
    return length + length % 2
