"""The text of a label at each level of detail, and its overlay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from vidfx.overlay.font import BOLD, REGULAR, Font
from vidfx.overlay.shapes import expression_icon, panel
from vidfx.overlay.yuv import Layer, Overlay, Rgb, make_overlay, to_stored
from vidfx.types import Stretch
from vidfx_engines.names import expression

FULL, TALL, CARD, SHORT, MINI = range(5)
"""Levels of detail: all in a row over the message; the same, narrower, in two rows; without the
message; icon and name; icon and number."""

COLOURS: dict[str, Rgb] = {
    "angry": (244, 92, 74),
    "happy": (250, 198, 56),
    "neutral": (164, 178, 196),
    "sad": (84, 156, 244),
    "surprise": (70, 214, 214),
    "disgust": (124, 200, 84),
    "fear": (176, 132, 248),
    "contempt": (236, 128, 190),
}
"""By the usual name of the expression."""
PLAIN: Rgb = (228, 232, 238)
INK: Rgb = (255, 255, 255)
PANEL: Rgb = (16, 19, 26)
PANEL_OPACITY = 0.72
DIM = 0.72

ROW, PAD_X, PAD_Y, PART_GAP, GROUP_GAP = 1.34, 0.6, 0.3, 0.32, 0.85
"in text sizes"
MAX_NAME, MAX_MESSAGE, MESSAGE_LINES = (10, 7), (17, 12), 3
"widths in text sizes, of the FULL label and of all others"


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


class Facts(NamedTuple):
    """What a label can say of a face."""

    track_id: int
    "-1 none"
    name: str | None
    emotion: str | None
    message: str | None
    name_percent: int | None
    emotion_percent: int | None


class LabelPart(NamedTuple):
    """A piece of text, or an expression icon, on a label."""

    text: str
    bold: bool = False
    dim: bool = False
    icon: bool = False
    slot: str = ""
    "the width is at least that of this text, so that it stays as digits change"

    @property
    def weight(self) -> int:
        return BOLD if self.bold else REGULAR

    def width(self, size: int, font: Font) -> int:
        if self.icon:
            return _even(size)
        return max(font.width(text, size, self.weight) for text in (self.text, self.slot))


Row = list[list[LabelPart]]
"groups of parts"


class LabelText(NamedTuple):
    """A label, ready to be drawn."""

    rows: tuple[tuple[tuple[LabelPart, ...], ...], ...]
    emotion: str | None
    size: int
    "text size in px"
    width: int
    height: int


def label_text(facts: Facts, level: int, size: int, font: Font, max_width: int) -> LabelText | None:
    """The label at that level in its natural size, None if there is nothing to say.

    ``max_width`` (px) bounds names and messages, which are shortened or broken into lines.
    """
    room = max_width - round(2 * PAD_X * size)
    rows = [[group for group in row if group] for row in _rows(facts, level, size, font, room)]
    rows = [row for row in rows if row]
    if not rows:
        return None
    width = max(_row_width(row, size, font) for row in rows) + round(2 * PAD_X * size)
    height = round((ROW * len(rows) + 2 * PAD_Y) * size)
    frozen = tuple(tuple(map(tuple, row)) for row in rows)
    return LabelText(frozen, facts.emotion, size, _even(width), _even(height))


def _rows(facts: Facts, level: int, size: int, font: Font, room: int) -> list[Row]:
    narrow = level != FULL
    name: list[LabelPart] = []
    if facts.name:
        width = min(room, MAX_NAME[narrow] * size)
        name.append(LabelPart(font.shortened(facts.name, size, BOLD, width), bold=True))
    number: list[LabelPart] = []
    if facts.track_id >= 0:
        number.append(LabelPart(f"#{facts.track_id}", bold=not name, dim=bool(name)))
    icon = [LabelPart(facts.emotion, icon=True)] if facts.emotion else []
    if level == MINI:
        return [[icon + number]]
    if level == SHORT:
        return [[icon + (name or number)]]
    who = name and name + _percent(facts.name_percent)
    mood = (
        [*icon, LabelPart(facts.emotion), *_percent(facts.emotion_percent)] if facts.emotion else []
    )
    rows = [[who, number], [mood]] if narrow else [[who, mood, number]]
    if level == CARD or not facts.message:
        return rows
    width = min(room, MAX_MESSAGE[narrow] * size)
    lines = font.wrapped(facts.message, size, REGULAR, width, MESSAGE_LINES)
    return rows + [[[LabelPart(line)]] for line in lines]


def _percent(percent: int | None) -> list[LabelPart]:
    return [] if percent is None else [LabelPart(f"{percent}%", dim=True, slot="88%")]


def _row_width(row: Row, size: int, font: Font) -> int:
    parts = sum(part.width(size, font) for group in row for part in group)
    gaps = sum(len(group) - 1 for group in row)
    return parts + gaps * round(PART_GAP * size) + (len(row) - 1) * round(GROUP_GAP * size)


def label_overlay(text: LabelText, font: Font, matrix: int, stretch: Stretch) -> Overlay:
    """Draw the label, for pixels that ``stretch`` makes square."""
    size, shape = text.size, (text.height, text.width)
    ink, discs, features = (np.zeros(shape, np.float32) for _ in range(3))
    for number, row in enumerate(text.rows):
        middle = (PAD_Y + ROW * (number + 0.5)) * size
        x = round(PAD_X * size)
        for group in row:
            for part in group:
                if part.icon:
                    disc, on_disc = expression_icon(part.text, _even(size))
                    y = round(middle - _even(size) / 2)
                    _paste(discs, disc, x, y)
                    _paste(features, on_disc, x, y)
                else:
                    mask = font.mask(part.text, size, part.weight)
                    opacity = DIM if part.dim else 1.0
                    _paste(ink, mask * opacity, x, round(middle - 1.04 * size))
                x += part.width(size, font) + round(PART_GAP * size)
            x += round(GROUP_GAP * size) - round(PART_GAP * size)
    layers = (
        (panel(text.width, text.height, round(0.42 * size)) * PANEL_OPACITY, PANEL),
        (discs, colour_of(text.emotion)),
        (features, PANEL),
        (ink, INK),
    )
    return make_overlay([Layer(to_stored(mask, stretch), rgb) for mask, rgb in layers], matrix)


def colour_of(emotion: str | None) -> Rgb:
    """The colour of an expression, whatever name the engine has for it; PLAIN for all others."""
    return COLOURS.get(expression(emotion), PLAIN) if emotion else PLAIN


def _paste(canvas: np.ndarray, mask: np.ndarray, x: int, y: int) -> None:
    top = max(-y, 0)
    part = canvas[y + top : y + len(mask), x : x + mask.shape[1]]
    np.maximum(part, mask[top : top + part.shape[0], : part.shape[1]], out=part)


def _even(length: int) -> int:
    return length + length % 2
