"""Compares the expressions of a clip's rows with what its faces show, by expression_truth.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from vidfx_engines.names import expression

MOST_S = 0.5
"""An expression is found so soon after it begins; no wrong one is shown for longer."""
LEAST_HELD = 0.9
"""Share of the rows with the right expression, once it is found."""
LEAST_NEUTRAL = 0.95
"""Share of the rows of people who talk."""
LEAST_SHOWN = 0.5
"""Share of the rows of a clip with any expression: an engine that never shows one is not right."""


@dataclass(frozen=True)
class Row:
    """One face on one frame."""

    time_s: float
    track: int
    x: float
    "px, middle of the box"
    y: float
    label: str
    "the expression; empty where there is none"


@dataclass(frozen=True)
class Stretch:
    """A part of a clip, and what is clearly shown in it, or clearly not."""

    start_s: float
    end_s: float
    shows: str | None
    excluded: frozenset[str]
    within: tuple[float, float, float, float] | None

    def includes(self, row: Row) -> bool:
        x1, y1, x2, y2 = self.within or (0.0, 0.0, float("inf"), float("inf"))
        inside = x1 <= row.x <= x2 and y1 <= row.y <= y2
        return inside and self.start_s <= row.time_s <= self.end_s

    def contradicts(self, label: str) -> bool:
        return label in self.excluded or bool(self.shows and label and label != self.shows)


@dataclass(frozen=True)
class Clip:
    file: str
    talker: bool
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True)
class Score:
    """How the rows of one stretch agree with it."""

    stretch: Stretch
    rows: int
    found_s: float | None
    "from the beginning to the first row with the expression shown; None without such a row"
    held: float
    "share of the rows with it, from that row on"
    wrong_s: float
    "the longest time over which a contradicting label is shown, on one track"
    wrong: str
    "the labels shown then"

    def faults(self) -> list[str]:
        """What is wrong, a line each."""
        one, long = self.stretch, self.stretch.end_s - self.stretch.start_s >= MOST_S
        where = f"{one.start_s:g} to {one.end_s:g} s: "
        if not self.rows:
            return [where + "no face was found"]
        found: list[str] = []
        if one.shows and long and (self.found_s is None or self.found_s > MOST_S):
            after = "never" if self.found_s is None else f"only after {self.found_s:.2f} s"
            found.append(f"{where}{one.shows} is found {after}")
        elif one.shows and long and self.held < LEAST_HELD:
            found.append(f"{where}{one.shows} is held on {self.held:.0%} of the rows")
        if self.wrong_s > MOST_S:
            shown = one.shows or f"not {', '.join(sorted(one.excluded))}"
            found.append(f"{where}{self.wrong} for {self.wrong_s:.2f} s, where the face is {shown}")
        return found


def read_truth() -> list[Clip]:
    """The clips of the table."""
    text = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    return [
        Clip(
            file=clip["file"],
            talker=clip.get("talker", False),
            stretches=tuple(
                Stretch(
                    s["from"],
                    s["to"],
                    s.get("shows"),
                    frozenset(s.get("not", [])),
                    tuple(s["within"]) if "within" in s else None,
                )
                for s in clip["stretches"]
            ),
        )
        for clip in tomllib.loads(text)["clip"]
    ]


def rows_of(table: Iterable[Mapping[str, str]]) -> list[Row]:
    """From the rows of a faces.csv."""
    return [
        Row(
            float(r["time_s"]),
            int(r["track_id"]),
            (float(r["x1_px"]) + float(r["x2_px"])) / 2,
            (float(r["y1_px"]) + float(r["y2_px"])) / 2,
            expression(r["emotion"]),
        )
        for r in table
    ]


def neutral_share(rows: Sequence[Row]) -> float:
    """Of all rows; 0 without any."""
    return sum(row.label == "neutral" for row in rows) / max(1, len(rows))


def shown_share(clip: Clip, rows: Iterable[Row]) -> float:
    """The share with an expression, of the rows inside the clip's stretches; 0 without any."""
    shown = [bool(row.label) for row in rows if any(s.includes(row) for s in clip.stretches)]
    return sum(shown) / max(1, len(shown))


def score(stretch: Stretch, rows: Iterable[Row]) -> Score:
    """Of the rows inside the stretch, which are in the order of time."""
    inside = [row for row in rows if stretch.includes(row)]
    shown = [row.label == stretch.shows for row in inside]
    first = shown.index(True) if True in shown else None
    wrong_s, wrong = _longest_wrong(stretch, inside)
    return Score(
        stretch,
        rows=len(inside),
        found_s=None if first is None else inside[first].time_s - stretch.start_s,
        held=0.0 if first is None else sum(shown[first:]) / len(shown[first:]),
        wrong_s=wrong_s,
        wrong=wrong,
    )


def _longest_wrong(stretch: Stretch, rows: Sequence[Row]) -> tuple[float, str]:
    """The longest time in s over which one track has contradicting labels, and these."""
    longest = (0.0, "")
    for _, track in groupby(sorted(rows, key=lambda row: row.track), key=lambda row: row.track):
        for wrong, run in groupby(track, key=lambda row: stretch.contradicts(row.label)):
            if wrong:
                some = list(run)
                labels = " and ".join(sorted({row.label for row in some}))
                longest = max(longest, (some[-1].time_s - some[0].time_s, labels))
    return longest
