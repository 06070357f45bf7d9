"""The text of a label at each level of detail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from vidfx.overlay.font import BOLD, REGULAR, Font
from vidfx.overlay.typefaces import runs_from_right
from vidfx.overlay.yuv import Rgb

FULL, TALL, CARD, SHORT, MINI = range(5)
"""Levels of detail: all in a row over the message; the same, narrower, in two rows; without the
message or bars; icon and name; icon and number."""

ROW, PAD_X, PAD_Y, PART_GAP, GROUP_GAP, BOX_GAP = 1.34, 0.6, 0.3, 0.32, 0.85, 0.4
"in text sizes"
MAX_NAME, MAX_MESSAGE, MESSAGE_LINES = (10, 7), (17, 12), 3
"widths in text sizes, of the FULL label and of all others"
WIDEST_PERCENT = "88%"
BAR = 4.5
"width of a bar in text sizes"


@dataclass(frozen=True)
class FaceLabel:
    """One face of one frame, and what its label shows."""

    box: tuple[float, float, float, float]
    "xyxy px of the upright frame; may reach outside it"
    track_id: int
    "-1 none"
    identity: str | None
    identity_prob: float | None
    emotion: str | None
    emotion_prob: float | None
    source: Literal["detected", "interpolated", "tracked", "drawn"]
    landmarks: Sequence[Sequence[float]] = ()
    "x and y of each, px of the upright frame"
    expressions: Sequence[tuple[str, float]] = ()
    "each with its probability"


class Words(NamedTuple):
    """What a label can say of a face, except for the percentages."""

    track_id: int
    "-1 none"
    name: str | None
    emotion: str | None
    message: str | None
    rated: tuple[bool, bool]
    "whether the name and the emotion have a percentage"
    colour: Rgb
    "of the box, and of the icon"
    bars: tuple[str, ...] = ()
    "the expressions that have a bar"


Percents = tuple[int, ...]
"of the name, of the emotion and of each bar; 0 where there is none"


class LabelPart(NamedTuple):
    """A piece of text, or an expression icon, on a label."""

    text: str
    "of a percentage WIDEST_PERCENT: it has this width, so that it stays as digits change"
    bold: bool = False
    dim: bool = False
    icon: bool = False
    percent: int | None = None
    "which of Percents this is the place of"
    bar: bool = False
    "it shows the percentage of the expression ``text`` as a bar"
    column: tuple[str, ...] = ()
    "texts that it is as wide as the widest of"

    @property
    def weight(self) -> int:
        return BOLD if self.bold else REGULAR

    def width(self, size: int, font: Font) -> int:
        if self.icon or self.bar:
            return even(round(BAR * size)) if self.bar else even(size)
        return max(font.width(text, size, self.weight) for text in (self.text, *self.column))


Row = list[list[LabelPart]]
"groups of parts"


@dataclass(frozen=True, eq=False)
class LabelText:
    """A label, ready to be drawn, except for its percentages."""

    words: Words
    rows: tuple[tuple[tuple[LabelPart, ...], ...], ...]
    rated: tuple[int, ...]
    "which of Percents it shows, in their order"
    size: int
    "text size in px"
    width: int
    height: int
    gap: int
    "px between the label and its box"
    slack: int
    "px that it may be away from there"
    spare: int = 0
    "px of the height that no row needs"

    def at_least(self, width: int, height: int) -> LabelText:
        """The same text on a panel that is no smaller; px, both even."""
        if width <= self.width and height <= self.height:
            return self
        spare = max(0, height - self.height)
        return replace(self, width=max(width, self.width), height=self.height + spare, spare=spare)

    def placed(self, font: Font) -> Iterator[tuple[LabelPart, int, float]]:
        """All parts, each with its left edge and the middle of its row, px of the label."""
        for number, row in enumerate(self.rows):
            middle = (PAD_Y + ROW * (number + 0.5)) * self.size
            x = round(PAD_X * self.size)
            for place, group in enumerate(row):
                right = place > 0 and place == len(row) - 1
                if right or (len(row) == 1 and runs_from_right(group[-1].text)):
                    x = self.width - round(PAD_X * self.size) - _group_width(group, self.size, font)
                for part in group:
                    yield part, x, middle
                    x += part.width(self.size, font) + round(PART_GAP * self.size)
                x += round(GROUP_GAP * self.size) - round(PART_GAP * self.size)

    def places(self, font: Font) -> Iterator[tuple[int, int]]:
        """Left and top of the percentages, px of the label."""
        for part, x, middle in self.placed(font):
            if part.percent is not None and not part.bar:
                yield x, text_top(self.size, middle)


def text_top(size: int, middle: float) -> int:
    """Of the mask of a text in a row with that middle, px."""
    return round(middle - 1.04 * size)


def label_text(words: Words, level: int, size: int, font: Font, max_width: int) -> LabelText | None:
    """The label at that level in its natural size, None if there is nothing to say.

    ``max_width`` (px) bounds names and messages, which are shortened or broken into lines.
    """
    room = max_width - round(2 * PAD_X * size)
    rows = [[group for group in row if group] for row in _rows(words, level, size, font, room)]
    rows = [row for row in rows if row]
    if not rows:
        return None
    width = max(_row_width(row, size, font) for row in rows) + round(2 * PAD_X * size)
    height = round((ROW * len(rows) + 2 * PAD_Y) * size)
    frozen = tuple(tuple(map(tuple, row)) for row in rows)
    parts = (part for row in rows for group in row for part in group)
    rated = tuple(p.percent for p in parts if p.percent is not None and not p.bar)
    return LabelText(
        words,
        frozen,
        rated,
        size,
        even(width),
        even(height),
        gap=round(BOX_GAP * size),
        slack=max(2, size // 8),
    )


def _rows(words: Words, level: int, size: int, font: Font, room: int) -> list[Row]:
    narrow = level != FULL
    name: list[LabelPart] = []
    if words.name:
        width = min(room, MAX_NAME[narrow] * size)
        name.append(LabelPart(font.shortened(words.name, size, BOLD, width), bold=True))
    number: list[LabelPart] = []
    if words.track_id >= 0:
        number.append(LabelPart(f"#{words.track_id}", bold=not name, dim=bool(name)))
    icon = [LabelPart(words.emotion, icon=True)] if words.emotion else []
    if level == MINI:
        return [[icon + number]]
    if level == SHORT:
        return [[icon + (name or number)]]
    who = name and name + _percent(words, 0)
    mood = [*icon, LabelPart(words.emotion), *_percent(words, 1)] if words.emotion else []
    rows = [[who, number], [mood]] if narrow and who else [[who, mood, number]]
    if level == CARD:
        return rows
    if words.bars:
        return rows + [[_bar(words.bars, i)] for i in range(len(words.bars))]
    if not words.message:
        return rows
    width = min(room, MAX_MESSAGE[narrow] * size)
    lines = font.wrapped(words.message, size, REGULAR, width, MESSAGE_LINES)
    return rows + [[[LabelPart(line)]] for line in lines]


def _percent(words: Words, which: int) -> list[LabelPart]:
    return [LabelPart(WIDEST_PERCENT, dim=True, percent=which)] if words.rated[which] else []


def _bar(expressions: tuple[str, ...], number: int) -> list[LabelPart]:
    percent = 2 + number
    return [
        LabelPart(expressions[number], dim=True, column=expressions),
        LabelPart(expressions[number], percent=percent, bar=True),
        LabelPart(WIDEST_PERCENT, dim=True, percent=percent),
    ]


def _row_width(row: Row, size: int, font: Font) -> int:
    groups = sum(_group_width(group, size, font) for group in row)
    return groups + (len(row) - 1) * round(GROUP_GAP * size)


def _group_width(group: Sequence[LabelPart], size: int, font: Font) -> int:
    parts = sum(part.width(size, font) for part in group)
    return parts + (len(group) - 1) * round(PART_GAP * size)


def even(length: int) -> int:
    return length + length % 2
