"""What the page of one video shows, as plain values, from its frames and faces.

Frames are counted by their place in the results, from 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from vidfx.jobs.ledger import writable
from vidfx.output.spans import runs, spans
from vidfx.report.codes import (
    bin_frames,
    binned,
    counted_runs,
    shares_code,
    shorts_code,
    steps_code,
    thinned,
)
from vidfx.report.colours import colours_of
from vidfx.saved.runs import SavedVideo
from vidfx.stages.certainty import NO_LABEL
from vidfx.stages.settled import INTERPOLATED, Settled

BOX_TOLERANCE = 0.02
"""By which a box may be off, in sizes of the face."""
MOST_RUNS = 2_000
"""Of steps of time; more are written one by one."""
MOST_READINGS = 4_000
"""Of a track, that are shown one by one; where curves are bins, also one in two bins."""


class Rows(NamedTuple):
    """All faces of a video, those of a track together, in frame order."""

    place: np.ndarray
    "(N,) int64, the place of the frame"
    track: np.ndarray
    "(N,) int64"
    box: np.ndarray
    "(N, 4) float32 px"
    measured: np.ndarray
    "(N,) bool: not interpolated"
    label: np.ndarray
    "(N,) int64, the expression; NO_LABEL: none"
    prob: np.ndarray
    "(N, K) float32 of all expressions, smoothed"
    raw: np.ndarray
    "(N, K) float32, on this frame alone; NaN where it was not read"
    quality: np.ndarray
    "(N,) float32; NaN where it was not measured"
    person: np.ndarray
    "(N,) of str"
    person_id: np.ndarray
    "(N,) int64, the same in all tracks of a person; 0: not known"

    def rows(self, keep: np.ndarray | slice) -> Rows:
        return Rows(*(column[keep] for column in self))


class Frames(NamedTuple):
    """All frames of a video."""

    pts: np.ndarray
    "(F,) int64"
    time_s: np.ndarray
    "(F,)"
    analysed: np.ndarray
    "(F,) bool: whether the detector ran"
    cut: np.ndarray
    "(F,) bool"

    def seconds(self) -> np.ndarray:
        """(F,) how long each is shown; the last one as long as most."""
        steps = np.diff(self.time_s)
        return np.append(steps, np.median(steps) if len(steps) else 0.0)


def collect(settled: Iterable[Settled], labels: int) -> tuple[Frames, Rows]:
    """All frames and faces as arrays; ``labels`` is the number of expressions."""
    frames: list[tuple[int, float, bool, bool]] = []
    parts: list[Rows] = []
    for some in settled:
        faces, nothing = some.faces, np.full((len(some.faces), labels), np.nan, np.float32)
        names = faces.identity.texts() if faces.identity else [None] * len(faces)
        emotion, raw = faces.emotion, faces.raw_emotion
        parts.append(
            Rows(
                some.place + len(frames),
                faces.track,
                faces.box,
                faces.source != INTERPOLATED,
                emotion.index if emotion else np.full(len(faces), NO_LABEL),
                emotion.probs.astype(np.float32) if emotion else nothing,
                raw.probs.astype(np.float32) if raw else nothing,
                faces.quality.prod(1).astype(np.float32),
                np.array([name or "" for name in names], object),
                np.zeros(len(faces), np.int64) if faces.person is None else faces.person,
            )
        )
        frames += [(f.frame.pts, f.time_s, f.analysed, f.cut) for f in some.frames]
    table = np.array(frames, float).reshape(-1, 4)
    pts = np.array([frame[0] for frame in frames], np.int64)
    of_frames = Frames(pts, table[:, 1], table[:, 2] > 0, table[:, 3] > 0)
    if not parts:
        return of_frames, _no_rows(labels)
    rows = Rows(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    return of_frames, rows.rows(np.argsort(rows.track, kind="stable"))


def _no_rows(labels: int) -> Rows:
    whole, none = np.zeros(0, np.int64), np.zeros((0, labels), np.float32)
    box, flags = np.zeros((0, 4), np.float32), np.zeros(0, bool)
    return Rows(whole, whole, box, flags, whole, none, none, np.zeros(0, np.float32), whole, whole)


def describe(video: SavedVideo, frames: Frames, rows: Rows) -> dict[str, Any]:
    """The content of the page, except for where pictures and the video are."""
    labels = video.expressions or ()
    seconds = frames.seconds()
    step = bin_frames(len(seconds), float(seconds.sum()))
    summary = video.summary
    before = {track["track_id"] for track in summary.get("tracks", ())}
    tracks = [_track(some, frames, seconds, labels, step) for some in _by_track(rows)]
    for track in tracks:
        if track["id"] not in before:  # split from another person's
            track["same_as"] = None
    return {
        "name": writable(video.name),
        "size": video.size,
        "pixel": summary["input"].get("sample_aspect_ratio", "1"),
        "labels": labels,
        "colours": colours_of(labels),
        "recognises": video.recognises,
        "times": _times(frames, video),
        "seconds": round(float(seconds.sum()), 3),
        "cuts": np.flatnonzero(frames.cut).tolist(),
        "tracks": tracks,
        "coverage": _coverage(frames, rows),
        **{k: summary.get(k) for k in ("made", "models", "versions", "warnings", "input")},
        "settings": summary.get("fingerprint", {}).get("settings", {}),
    }


def _times(frames: Frames, video: SavedVideo) -> dict[str, Any]:
    """Of all frames: that of the first, and runs of steps, in ticks of ``base`` seconds."""
    first = frames.time_s[0] if len(frames.time_s) else 0.0
    ticks = np.diff(frames.pts)
    steps = counted_runs(ticks)
    return {
        "base": [video.time_base.numerator, video.time_base.denominator],
        "first_s": round(float(first), 6),
        "frames": len(frames.pts),
        **({"steps": steps} if len(steps) < MOST_RUNS else {"code": steps_code(ticks)}),
    }


def _coverage(frames: Frames, rows: Rows) -> dict[str, int]:
    filled = _filled(rows, frames)
    return {
        "frames": len(frames.pts),
        "frames_with_faces": len(np.unique(rows.place)),
        "frames_detected": int(frames.analysed.sum()),
        "rows": len(rows.place),
        "rows_filled": int(filled.sum()),
        "rows_without_expression": int((rows.label == NO_LABEL).sum()),
    }


def _by_track(rows: Rows) -> Iterator[Rows]:
    for first, last in zip(*runs(rows.track), strict=True):
        yield rows.rows(slice(first, last + 1))


def _track(
    rows: Rows, frames: Frames, seconds: np.ndarray, labels: Any, step: int
) -> dict[str, Any]:
    shown = seconds[rows.place]
    named = rows.label != NO_LABEL
    by_label = np.bincount(rows.label[named], shown[named], len(labels))
    total = float(shown.sum())
    best = int(np.nanargmax(rows.quality)) if np.isfinite(rows.quality).any() else 0
    filled = _filled(rows, frames)
    return {
        "id": int(rows.track[0]),
        "person": str(rows.person[-1]),
        "same_as": _earlier_track(rows),
        "first": int(rows.place[0]),
        "last": int(rows.place[-1]),
        "seconds": round(total, 3),
        "rows": len(rows.place),
        "filled_s": round(float(shown[filled].sum()), 3),
        "expression_s": [round(float(one), 3) for one in by_label],
        "quality": round(float(np.nan_to_num(rows.quality[best])), 3),
        "best_s": round(float(frames.time_s[rows.place[best]]), 6),
        "best_box": [round(float(side), 1) for side in rows.box[best]],
        "spans": _spans(rows, filled),
        "curve": _curve(rows, step),
        "readings": _readings(rows, step),
        "boxes": _boxes(rows, frames),
    }


def _earlier_track(rows: Rows) -> int | None:
    """The first track of the same person, where it is another one."""
    first = int(rows.person_id[0])
    alike = first > 0 and bool((rows.person_id == first).all())
    return first if alike and first != rows.track[0] else None


def _filled(rows: Rows, frames: Frames) -> np.ndarray:
    """(N,) bool: between two measured rows of the track, and the detector ran there in vain."""
    if not len(rows.place):
        return np.zeros(0, bool)
    ran = np.r_[0, np.cumsum(frames.analysed)]
    number = np.arange(len(rows.place))
    before = np.maximum.accumulate(np.where(rows.measured, number, -1))
    after = np.minimum.accumulate(np.where(rows.measured, number, len(number))[::-1])[::-1]
    inside = (before >= 0) & (after < len(number)) & ~rows.measured
    last, following = rows.place[before.clip(0)], rows.place[after.clip(max=len(number) - 1)]
    same = (rows.track[before.clip(0)] == rows.track) & inside
    return same & (ran[following] > ran[last + 1])


def _spans(rows: Rows, filled: np.ndarray) -> list[list[int]]:
    """Where the face is: first and last place, whether filled in, and the expression or -1."""
    first, last = spans(rows.place, rows.label, filled)
    columns = rows.place[first], rows.place[last], filled[first], rows.label[first]
    return np.stack(columns, 1).astype(int).tolist()


def _curve(rows: Rows, step: int) -> dict[str, Any] | None:
    """The smoothed probabilities from the first to the last place; None without any."""
    if not np.isfinite(rows.prob).any():
        return None
    first, last = int(rows.place[0]), int(rows.place[-1])
    dense = np.full((last - first + 1, rows.prob.shape[1]), np.nan)
    dense[rows.place - first] = rows.prob
    return {"step": step, "code": shares_code(binned(dense, step) if step > 1 else dense)}


def _readings(rows: Rows, step: int) -> dict[str, Any] | None:
    """Probabilities on single frames, evenly chosen where they are many; None without any."""
    read = np.flatnonzero(np.isfinite(rows.raw).any(1))
    if not len(read):
        return None
    most = MOST_READINGS if step == 1 else min(MOST_READINGS, -(-len(rows.place) // (2 * step)))
    kept = read[np.linspace(0, len(read) - 1, min(len(read), most)).round().astype(int)]
    return {"at": _places(rows.place[kept]), "code": shares_code(rows.raw[kept])}


def _boxes(rows: Rows, frames: Frames) -> dict[str, Any]:
    """Those between which all others can be interpolated, quarters of a px."""
    kept = np.zeros(len(rows.place), bool)
    for first, last in zip(*spans(rows.place), strict=True):
        part = slice(first, last + 1)
        kept[part] = thinned(frames.time_s[rows.place[part]], rows.box[part], BOX_TOLERANCE)
    return {"at": _places(rows.place[kept]), "code": shorts_code(4 * rows.box[kept].clip(0))}


def _places(places: np.ndarray) -> list[int]:
    """The first, then steps."""
    return np.diff(places, prepend=0).tolist()
