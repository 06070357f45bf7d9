"""Corrections applied to rows, some frames at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from vidfx.corrections.boxes import DrawnBoxes
from vidfx.corrections.line import ROUNDING_S, Action, Correction
from vidfx.stages.certainty import CERTAIN, NO_LABEL, NOT_READ
from vidfx.stages.settled import Expressions, Labels, Settled, SettledFaces


def apply(settled: Iterable[Settled], lines: Sequence[Correction]) -> Iterator[Settled]:
    """The rows with all ``lines``, in the order of ACTIONS; those of one action in their order.

    hide and show change no row: see ``hidden.py``. Memory does not grow with the video.
    """
    if not lines:
        yield from settled
        return
    steps: dict[Action, LinesByTime] = {
        action: LinesByTime([line for line in lines if line.action == action])
        for action in ("split", "merge", "drop", "rename", "expression")
    }
    boxes = DrawnBoxes([line for line in lines if line.action == "box"])
    named = any(line.action == "rename" for line in lines)
    for some in settled:
        numbered = _renumbered(some, steps["split"], steps["merge"])
        kept = _without_dropped(boxes.drawn(numbered), steps["drop"])
        faces, times = kept.faces, times_of(kept)
        if named:
            faces = _renamed(faces, times, steps["rename"])
        if faces.emotion is not None:
            faces = _with_expressions(faces, faces.emotion, times, steps["expression"])
        yield replace(kept, faces=faces)


class LinesByTime:
    """Lines of one action, found by time."""

    def __init__(self, lines: Sequence[Correction]) -> None:
        self._lines = lines
        self._from = np.array([line.from_s for line in lines])
        self._to = np.array([line.to_s for line in lines])

    def rows(self, times: np.ndarray, track: np.ndarray) -> Iterator[tuple[Correction, np.ndarray]]:
        """Each line that concerns rows, and (N,) bool, which. ``track`` may change in between."""
        if not len(times):
            return
        first, last = times.min() - ROUNDING_S, times.max() + ROUNDING_S
        for number in np.flatnonzero((self._from <= last) & (self._to >= first)).tolist():
            line = self._lines[number]
            inside = (times >= line.from_s - ROUNDING_S) & (times <= line.to_s + ROUNDING_S)
            which = inside & (track == line.track)
            if which.any():
                yield line, which


def times_of(settled: Settled) -> np.ndarray:
    """(N,) s, of each face."""
    return np.array([frame.time_s for frame in settled.frames])[settled.place]


def _renumbered(settled: Settled, splits: LinesByTime, merges: LinesByTime) -> Settled:
    """Rows of a frame that would get one number: all but the first keep their own."""
    track, times = settled.faces.track.copy(), times_of(settled)
    for line, which in splits.rows(times, track):
        track[which] = line.new_track
    for line, which in merges.rows(times, track):
        taken = settled.place[track == line.new_track]
        track[which & ~np.isin(settled.place, taken)] = line.new_track
    if (track == settled.faces.track).all():
        return settled
    order = np.lexsort((track, settled.place))
    faces = replace(settled.faces, track=track).rows(order)
    return replace(settled, place=settled.place[order], faces=faces)


def _without_dropped(settled: Settled, drops: LinesByTime) -> Settled:
    keep = np.ones(len(settled.faces), bool)
    for _, which in drops.rows(times_of(settled), settled.faces.track):
        keep &= ~which
    if keep.all():
        return settled
    return replace(settled, place=settled.place[keep], faces=settled.faces.rows(keep))


def _renamed(faces: SettledFaces, times: np.ndarray, renames: LinesByTime) -> SettledFaces:
    count = len(faces)
    old = faces.identity or Labels((), np.full(count, NO_LABEL), np.full(count, np.nan))
    names, index, prob = [*old.names], old.index.copy(), old.prob.copy()
    for line, which in renames.rows(times, faces.track):
        assert line.name is not None
        if line.name not in names:
            names.append(line.name)
        index[which], prob[which] = names.index(line.name), 1.0
    return replace(faces, identity=Labels(tuple(names), index, prob))


def _with_expressions(
    faces: SettledFaces, old: Expressions, times: np.ndarray, changes: LinesByTime
) -> SettledFaces:
    """A label that a person gave has the probability 1, and all others 0."""
    reason = faces.emotion_reason
    assert reason is not None
    index, prob, probs, reason = (a.copy() for a in (old.index, old.prob, old.probs, reason))
    for line, which in changes.rows(times, faces.track):
        if line.name is None:
            index[which], prob[which], probs[which], reason[which] = NO_LABEL, np.nan, np.nan, 0
            reason[which] = NOT_READ
            continue
        index[which] = old.names.index(line.name)
        prob[which], probs[which], reason[which] = 1.0, 0.0, CERTAIN
        probs[which, old.names.index(line.name)] = 1.0
    return replace(faces, emotion=Expressions(old.names, index, prob, probs), emotion_reason=reason)
