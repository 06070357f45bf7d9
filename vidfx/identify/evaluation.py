"""``vidfx evaluate --truth``: tracks, persons and names of finished videos against the truth.

The truth is a CSV with the columns ``video,person,from_s,to_s,x_px,y_px``: this person is seen from
one time to the other, and the point is in the face. Empty cells: the whole video, and any face.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vidfx.corrections.read import corrected
from vidfx.errors import InputError, read_errors
from vidfx.evaluate.grouping import b_cubed, over_time, pairwise
from vidfx.jobs.result_names import SUMMARY
from vidfx.people.names import RESERVED, normal
from vidfx.saved.runs import find_summaries, load_video

SCHEMA = "vidfx.evaluate.truth/1"
COLUMNS = ("video", "person", "from_s", "to_s", "x_px", "y_px")
NOBODY = -1


@dataclass(frozen=True)
class Seen:
    """A line of the truth."""

    person: str
    from_s: float = -np.inf
    to_s: float = np.inf
    point: tuple[float, float] | None = None

    def shows(self, time_s: float, box: np.ndarray) -> bool:
        """Whether a face at this time, in ``box`` (4,) xyxy px, is the person's."""
        if not self.from_s <= time_s <= self.to_s:
            return False
        if self.point is None:
            return True
        x, y = self.point
        return bool(box[0] <= x <= box[2] and box[1] <= y <= box[3])


Truth = Mapping[str, Sequence[Seen]]
"""By the name of the video."""


def read_truth(path: Path) -> Truth:
    """The lines of a file. Raises InputError where one is wrong."""
    found: defaultdict[str, list[Seen]] = defaultdict(list)
    with read_errors(path), path.open(newline="", encoding="utf-8-sig") as stream:
        rows = csv.DictReader(stream)
        missing = {"video", "person"} - {*(rows.fieldnames or ())}
        if missing:
            raise InputError(
                f"{path}: without the column {sorted(missing)[0]}",
                hint=f"its first line is {','.join(COLUMNS)}",
            )
        for row in rows:
            try:
                found[row["video"]].append(_seen(row))
            except (ValueError, TypeError) as error:
                raise InputError(
                    f"{path}: line {rows.line_num}: {error}", hint="correct this line"
                ) from error
    return found


def _seen(row: Mapping[str, str | None]) -> Seen:
    """Raises ValueError."""

    def number(column: str, default: float) -> float:
        return float(row.get(column) or default)

    if not (person := normal(row["person"] or "")):
        raise ValueError("person: empty")
    x, y = number("x_px", np.nan), number("y_px", np.nan)
    if np.isnan(x) != np.isnan(y):
        raise ValueError("x_px and y_px: only one of them is given")
    point = None if np.isnan(x) else (x, y)
    return Seen(person, number("from_s", -np.inf), number("to_s", np.inf), point)


@dataclass(frozen=True)
class _Rows:
    """N rows of all videos of the truth."""

    video: np.ndarray
    time: np.ndarray
    truth: np.ndarray
    "NOBODY where the truth does not say"
    track: np.ndarray
    "different for each track of all videos"
    person: np.ndarray
    "the same, of persons; NOBODY without"
    identity: np.ndarray
    "the number of ``truth`` for the same name; NOBODY for other, unknown and without"


def evaluate_truth(out: Path, truth: Truth, *, seed: int = 0) -> dict[str, Any]:
    """All figures of the videos of ``out`` that are in ``truth``.

    Only faces that were found count. Raises UsageError and InputError.
    """
    rows = _rows(out, truth)
    known = rows.truth >= 0
    if not known.any():
        raise InputError(
            f"{out}: no row shows somebody of the truth",
            hint="its column video has the names of the inputs, such as talk.mp4",
        )
    tracks, places = np.unique(rows.track[known], return_inverse=True)
    of_track = _most(rows.truth[known], places, len(tracks))
    label = _most(rows.identity[known], places, len(tracks))
    right = rows.identity[known] == rows.truth[known]
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "people": len(set(rows.truth[known].tolist())),
        "tracks": len(tracks),
        "rows": int(known.sum()),
        "rows_named_right": float(right.mean()),
        "rows_misnamed": float((~right & (rows.identity[known] >= 0)).mean()),
        "b_cubed": b_cubed(of_track, label, seed=seed).as_json(),
        "pairwise": pairwise(of_track, label, seed=seed).as_json(),
    }
    in_video = np.where(known, rows.video * (rows.truth.max() + 1) + rows.truth, NOBODY)
    for name, numbers, truly in (
        ("track_id", rows.track, in_video),
        ("person_id", rows.person, in_video),
        ("identity", rows.identity, rows.truth),
    ):
        if (numbers >= 0).any():
            found = over_time(rows.video, rows.time, truly, numbers, seed=seed)
            content[name] = asdict(found)
    return content


def _most(values: np.ndarray, places: np.ndarray, count: int) -> np.ndarray:
    """(count,) the most frequent of ``values`` (N,) from -1 on at each of ``places`` (N,)."""
    table = np.zeros((count, int(values.max()) + 2), int)
    np.add.at(table, (places, values + 1), 1)
    return table.argmax(1) - 1


def _rows(out: Path, truth: Truth) -> _Rows:
    number = _Numbers()
    rows: list[tuple[float, ...]] = []
    for place, summary in enumerate(find_summaries([out])):
        lines = truth.get(summary.name.removesuffix(SUMMARY))
        if lines is None:
            continue
        for settled in corrected(load_video(summary)):
            faces = settled.faces
            texts = faces.identity.texts() if faces.identity else [None] * len(faces)
            people = [0] * len(faces) if faces.person is None else faces.person.tolist()
            tracks: list[int] = faces.track.tolist()
            for row, text in enumerate(texts):
                time = settled.frames[settled.places[row]].time_s
                who = next((s.person for s in lines if s.shows(time, faces.box[row])), None)
                rows.append(
                    (
                        place,
                        time,
                        number.of(who),
                        number.of((place, "track", tracks[row])),
                        number.of((place, "person", people[row]) if people[row] else None),
                        number.of(None if text in RESERVED else text),
                    )
                )
    table = np.array(rows).reshape(-1, 6).T
    video, _, *others = table.astype(np.int64)
    return _Rows(video, table[1], *others)


class _Numbers:
    """A number for each person, track and name; NOBODY for None."""

    def __init__(self) -> None:
        self._known: dict[object, int] = {}

    def of(self, key: object) -> int:
        return NOBODY if key is None else self._known.setdefault(key, len(self._known))
