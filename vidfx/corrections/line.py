"""One correction: a line of a file of corrections."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal, get_args

from vidfx.notation import seconds
from vidfx_engines.errors import shown
from vidfx_engines.names import index_of
from vidfx_engines.validation import Label, convert

COLUMNS = ("track_id", "from_s", "to_s", "action", "value")
Action = Literal["split", "merge", "box", "drop", "rename", "not", "expression", "hide", "show"]
ACTIONS: tuple[Action, ...] = get_args(Action)
"""In the order in which they are applied."""
NONE = "none"
"""The value that ends drawn boxes, or takes away an expression."""
ROUNDING_S = 0.0005
"""People write times with three digits: a span holds frames so much before and after it."""
MOST_TRACK = 2**31 - 1
MOST_PX = 1e6
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Correction:
    """What is done with the rows of a track, from the first time to the last, both included."""

    place: str
    "the file and the line"
    action: Action
    track: int
    "as numbered by the actions before this one"
    from_s: float = -math.inf
    to_s: float = math.inf
    name: str | None = None
    "of rename, not and expression; None: no expression"
    new_track: int = 0
    "of split and merge"
    box: Box | None = None
    "of box, xyxy px; None: no box from here on"

    def holds(self, time_s: float) -> bool:
        return self.from_s - ROUNDING_S <= time_s <= self.to_s + ROUNDING_S

    def facts(self) -> tuple[object, ...]:
        """All of it but its place."""
        span = self.from_s, self.to_s
        return self.action, self.track, *span, self.name, self.new_track, self.box


def parse(place: str, cells: Mapping[str, str], expressions: Sequence[str] | None) -> Correction:
    """The correction that a line's cells, without spaces around them, say.

    ``expressions`` are those of the video; None: none were read. Raises ValueError, which says in
    one line what is wrong and what is allowed.
    """
    action = cells["action"].casefold()
    if action not in ACTIONS:
        raise ValueError(f"action {shown(cells['action'])} is not one of {', '.join(ACTIONS)}")
    from_s, to_s = (_time(cells[name], name) for name in ("from_s", "to_s"))
    correction = Correction(
        place,
        action,
        _track(cells["track_id"], "track_id"),
        -math.inf if from_s is None else from_s,
        math.inf if to_s is None else to_s,
    )
    if correction.from_s > correction.to_s:
        raise ValueError(f"from_s {cells['from_s']} is after to_s {cells['to_s']}")
    if action == "expression":
        return replace(correction, name=_expression(cells["value"], expressions))
    return _READ_VALUE[correction.action](correction, cells["value"])


def _time(text: str, column: str) -> float | None:
    try:
        return seconds(text) if text else None
    except ValueError as error:
        raise ValueError(f"{column}: {error}, or leave it empty") from None


def _track(text: str, column: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 11 else 0
    if not 0 < number <= MOST_TRACK:
        raise ValueError(f"{column}: {shown(text)} is not the number of a track, from 1")
    return number


def _split(correction: Correction, value: str) -> Correction:
    if math.isinf(correction.from_s) and math.isinf(correction.to_s):
        raise ValueError("split needs the time of the first row of the new track in from_s")
    return _renumbered(correction, value)


def _renumbered(correction: Correction, value: str) -> Correction:
    number = _track(value, f"value of {correction.action}")
    if number == correction.track:
        raise ValueError(f"value of {correction.action}: {number} is the track itself")
    return replace(correction, new_track=number)


def _drawn(correction: Correction, value: str) -> Correction:
    if math.isinf(correction.from_s) or not math.isinf(correction.to_s):
        raise ValueError("box needs its time in from_s, and nothing in to_s")
    if value.casefold() == NONE:
        return correction
    with suppress(ValueError):
        x1, y1, x2, y2 = map(float, value.split())
        if -MOST_PX < x1 < x2 < MOST_PX and -MOST_PX < y1 < y2 < MOST_PX:
            return replace(correction, box=(x1, y1, x2, y2))
    raise ValueError(
        f"value of box: {shown(value)} is not x1 y1 x2 y2 in px, with x1 < x2 and y1 < y2, "
        f"nor {NONE}"
    )


def _named(correction: Correction, value: str) -> Correction:
    return replace(correction, name=convert(value, Label, f"value of {correction.action}"))


def _without_value(correction: Correction, value: str) -> Correction:
    if value:
        raise ValueError(f"{correction.action} has no value, not {shown(value)}")
    return correction


_READ_VALUE: Mapping[Action, Callable[[Correction, str], Correction]] = {
    "split": _split,
    "merge": _renumbered,
    "box": _drawn,
    "rename": _named,
    "not": _named,
    **dict.fromkeys(("drop", "hide", "show"), _without_value),
}


def _expression(text: str, expressions: Sequence[str] | None) -> str | None:
    if expressions is None:
        raise ValueError("expression: none were read in this video, so there is none to correct")
    index = index_of(text, expressions)
    if index is None and text.casefold() != NONE:
        raise ValueError(
            f"value of expression: {shown(text)} is not one of {', '.join(expressions)}, {NONE}"
        )
    return None if index is None else expressions[index]
