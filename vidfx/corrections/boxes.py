"""Boxes drawn by hand at a few times, and on the frames between them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from vidfx.corrections.line import ROUNDING_S, Correction
from vidfx.corrections.steps import Step
from vidfx.stages.certainty import NO_LABEL, NOT_READ
from vidfx.stages.settled import DRAWN, Expressions, Labels, Settled, SettledFaces


class DrawBoxes(Step):
    """A row that is there gets the drawn box, one that is missing is added."""

    def __init__(self, lines: Sequence[Correction]) -> None:
        super().__init__(lines)
        ordered = sorted(lines, key=lambda line: (line.track, line.from_s))
        self._tracks = {
            track: _Keys(list(some)) for track, some in groupby(ordered, lambda line: line.track)
        }
        self._identity: dict[int, tuple[str | None, float]] = {}
        "of those tracks so far, with its probability"

    def __call__(self, settled: Settled) -> Settled:
        times = np.array([frame.time_s for frame in settled.frames])
        for track, keys in self._tracks.items():
            places, boxes = keys.boxes(times, self.rows)
            if len(places):
                settled = _with_boxes(settled, track, places, boxes)
            settled = replace(settled, faces=self._named(settled.faces, track))
        return settled

    def _named(self, faces: SettledFaces, track: int) -> SettledFaces:
        """Rows that were added to a track get its identity so far."""
        own = np.flatnonzero(faces.track == track)
        if faces.identity is None or not len(own):
            return faces
        texts = faces.identity.texts()
        names = [*faces.identity.names]
        index, prob = faces.identity.index.copy(), faces.identity.prob.copy()
        latest = self._identity.get(track, (None, math.nan))
        for row in own.tolist():
            if texts[row] is not None or faces.source[row] != DRAWN:
                latest = texts[row], float(prob[row])
            elif latest[0] is not None:
                if latest[0] not in names:
                    names.append(latest[0])
                index[row], prob[row] = names.index(latest[0]), latest[1]
        self._identity[track] = latest
        return replace(faces, identity=Labels(tuple(names), index, prob))


class _Keys:
    """The times at which boxes of one track are drawn, or end."""

    def __init__(self, lines: Sequence[Correction]) -> None:
        """``lines`` are in the order of their times."""
        none = (math.nan,) * 4
        self._lines = lines
        self._times = np.array([line.from_s for line in lines])
        self._boxes = np.array([line.box or none for line in lines])
        "(K, 4); NaN where they end"

    def boxes(self, times: np.ndarray, used: Counter[Correction]) -> tuple[np.ndarray, np.ndarray]:
        """Places (B,) in ``times`` that have a box, and the boxes (B, 4).

        ``used`` counts the boxes to which each line contributed.
        """
        before = np.searchsorted(self._times, times + ROUNDING_S, side="right") - 1
        after = np.minimum(before + 1, len(self._times) - 1)
        start, end = self._boxes[before], self._boxes[after]
        end = np.where(np.isnan(end), start, end)  # where they end, the last one has not moved
        length = self._times[after] - self._times[before]
        share = (times - self._times[before]) / np.where(length > 0, length, 1)
        found = start + (end - start) * share.clip(0, 1)[:, None]
        inside = (before >= 0) & (times <= self._times[-1] + ROUNDING_S)
        places = np.flatnonzero(inside & ~np.isnan(found[:, 0]))
        for near in (before, after):
            numbers: list[int] = near[places].tolist()
            used.update(self._lines[number] for number in numbers)
        return places, found[places]


def _with_boxes(settled: Settled, track: int, places: np.ndarray, boxes: np.ndarray) -> Settled:
    """The rows of ``track`` on the frames at ``places`` have these boxes."""
    own = np.flatnonzero((settled.faces.track == track) & np.isin(settled.place, places))
    at = np.searchsorted(places, settled.place[own])
    faces = _moved(settled.faces, own, boxes[at])
    missing = ~np.isin(places, settled.place[own])
    if not missing.any():
        return replace(settled, faces=faces)
    faces = _longer(faces, track, boxes[missing])
    place = np.concatenate([settled.place, places[missing]])
    order = np.lexsort((faces.track, place))
    return replace(settled, place=place[order], faces=faces.rows(order))


def _moved(faces: SettledFaces, rows: np.ndarray, boxes: np.ndarray) -> SettledFaces:
    """Landmarks move and grow with their box."""
    box, landmarks = faces.box.copy(), faces.landmarks.copy()
    old_size = np.maximum(box[rows, 2:] - box[rows, :2], 1e-3)
    share = (landmarks[rows] - box[rows, None, :2]) / old_size[:, None]
    landmarks[rows] = boxes[:, None, :2] + share * (boxes[:, None, 2:] - boxes[:, None, :2])
    box[rows] = boxes
    source = faces.source.copy()
    source[rows] = DRAWN
    return replace(faces, box=box, landmarks=landmarks, source=source)


def _longer(faces: SettledFaces, track: int, boxes: np.ndarray) -> SettledFaces:
    """``faces``, then one with each of ``boxes``, of which nothing else was measured or read."""
    count = len(boxes)

    def add(old: np.ndarray, new: float | np.ndarray = math.nan) -> np.ndarray:
        rows = np.broadcast_to(new, (count, *old.shape[1:])).astype(old.dtype)
        return np.concatenate([old, rows])

    def names(old: Labels | None) -> Labels | None:
        return old and Labels(old.names, add(old.index, NO_LABEL), add(old.prob))

    def expressions(old: Expressions | None) -> Expressions | None:
        return old and Expressions(
            old.names, add(old.index, NO_LABEL), add(old.prob), add(old.probs)
        )

    reason, person = faces.emotion_reason, faces.person
    return SettledFaces(
        track=add(faces.track, track),
        box=add(faces.box, boxes),
        landmarks=add(faces.landmarks),
        source=add(faces.source, DRAWN),
        score=add(faces.score),
        quality=add(faces.quality),
        identity=names(faces.identity),
        emotion=expressions(faces.emotion),
        emotion_reason=None if reason is None else add(reason, NOT_READ),
        raw_identity=names(faces.raw_identity),
        raw_emotion=expressions(faces.raw_emotion),
        person=None
        if person is None
        else add(person, max(person[faces.track == track], default=0)),
    )
