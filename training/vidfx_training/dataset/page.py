"""The check of a data set as one HTML page, without scripts or external files."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from vidfx_engines.pages import templates
from vidfx_training.dataset.agreement import opinions, votes_text
from vidfx_training.dataset.duplicates import Duplicates, Rows, closest_pair
from vidfx_training.dataset.groups import strata
from vidfx_training.dataset.index import Dataset
from vidfx_training.dataset.measure import Measures
from vidfx_training.dataset.picture_file import read_picture
from vidfx_training.dataset.report import Report
from vidfx_training.dataset.votes import agreement

SIDE = 96
"px, longer side of a thumbnail"
CLASSES = 24
"the largest classes, shown with examples"
EXAMPLES = 8
"of each class"
PAIRS = 12
"pairs of each kind of duplicates"
WORST = 12
"pictures under most blurred, darkest and least agreed on"
LINES = 60
"lines of a table"


@dataclass(frozen=True)
class Thumbnail:
    """A picture on the page."""

    uri: str
    path: str
    caption: str


def page(data: Dataset, measures: Measures, duplicates: Duplicates, report: Report) -> str:
    """The page as HTML, about 1 MB: at most about 350 embedded thumbnails."""
    thumbnails = _Thumbnails(data, measures)
    label = strata(measures.pictures, data.split.get("target"))
    part = [p.part for p in measures.pictures]
    largest = sorted(report.labels, key=lambda name: (-report.counts[name]["all"], name))
    rows_of: dict[str, list[int]] = {name: [] for name in largest[:CLASSES]}
    for row, name in enumerate(label):
        if name in rows_of:
            rows_of[name].append(row)
    environment = templates("vidfx_training.dataset")
    return environment.get_template("check.html.jinja").render(
        report=report,
        name=data.root.resolve().name,
        folder=shlex.quote(str(data.root)),
        lines=LINES,
        largest=largest,
        examples={name: thumbnails.spread(rows) for name, rows in rows_of.items()},
        pairs=_pairs(thumbnails, duplicates, label, part),
        most_blurred=thumbnails.least(measures.sharpness, "sharpness"),
        darkest=thumbnails.least(measures.brightness, "brightness"),
        least_agreed=thumbnails.least_agreed() if report.votes else (),
    )


class _Thumbnails:
    def __init__(self, data: Dataset, measures: Measures) -> None:
        self.data, self.measures = data, measures

    def one(self, row: int, caption: str = "") -> Thumbnail:
        picture = self.measures.pictures[row]
        pixels = read_picture(self.data.file(picture))
        scale = SIDE / max(pixels.shape[:2])
        if scale < 1:
            size = [max(1, round(side * scale)) for side in pixels.shape[1::-1]]
            pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
        jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
        uri = "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
        return Thumbnail(uri, picture.path, caption or picture.label)

    def spread(self, rows: Sequence[int]) -> list[Thumbnail]:
        """Pictures at equal distances in ``rows``."""
        n = min(EXAMPLES, len(rows))
        return [self.one(rows[i * len(rows) // n]) for i in range(n)]

    def least_agreed(self) -> list[Thumbnail]:
        """Voted pictures, with their votes."""
        pictures = self.measures.pictures
        rows: list[int] = np.argsort([agreement(p) for p in pictures], kind="stable").tolist()
        answers = self.data.answers
        return [self.one(row, votes_text(pictures[row], answers)) for row in rows[:WORST]]

    def least(self, column: np.ndarray, name: str) -> list[Thumbnail]:
        rows: list[int] = np.argsort(column, kind="stable")[:WORST].tolist()
        return [self.one(row, f"{name} {column[row]:.0f}") for row in rows]


def _pairs(
    thumbnails: _Thumbnails, duplicates: Duplicates, label: Sequence[str], part: Sequence[Any]
) -> list[dict[str, Any]]:
    """Kinds of duplicates, worst first, with one pair of each set."""
    answers = thumbnails.data.answers
    opinion = opinions(thumbnails.measures.pictures, answers, label)
    conflict = "with different votes" if answers else "under two labels"
    kinds: list[tuple[str, Sequence[Rows], Sequence[Hashable]]] = [
        ("The same picture in two parts", duplicates.exact, part),
        (f"The same picture {conflict}", duplicates.exact, opinion),
        ("Near-duplicates in two parts", duplicates.near, part),
        ("Near-duplicates under two labels", duplicates.near, label),
        ("Repeated pictures", duplicates.exact, ()),
        ("Near-duplicates", duplicates.near, ()),
    ]
    found: list[dict[str, Any]] = []
    for title, sets, column in kinds:
        chosen = [
            rows
            for rows in sets
            if len({column[row] for row in rows} if column else ()) > 1
            or (not column and len({label[r] for r in rows}) == len({part[r] for r in rows}) == 1)
        ]
        pairs = [
            closest_pair(thumbnails.measures, rows, [column[row] if column else 0 for row in rows])
            for rows in chosen[:PAIRS]
        ]
        if pairs:
            found.append(
                {
                    "title": title,
                    "sets": len(chosen),
                    "pairs": [
                        [thumbnails.one(row, _where(row, opinion, part)) for row in p]
                        for p in pairs
                    ],
                }
            )
    return found


def _where(row: int, opinion: Sequence[str], part: Sequence[Any]) -> str:
    return f"{part[row]}, {opinion[row]}" if part[row] else opinion[row]
