"""Where to hide: boxes on every frame, from hidden rows and from detections that are in no row.

A box is there from ``hold_s`` before the first hidden row of a face to as long after its last one,
and through gaps: interpolated there, and moving on as before where the face was lost.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vidfx.privacy.tally import HidingTally
from vidfx.stages.detector_heads import intersection_over_union
from vidfx.stages.settled import Settled
from vidfx.stages.tracking.track import Tracker

MARGIN = 0.3
"""Of the longer side of a face's box: added on each side."""
MOTION_S = 0.1
"""A box grows by the way of the face in so long a time, where it moves to."""
BRIDGE_S = 10.0
"""Longer gaps of a track are not interpolated; the face is still held at both ends."""
SAME_FACE = 0.5
"""Overlap from which a detection is of a face that is shown, and not one of its own."""
NEIGHBOUR_S = 0.5
"""A face's speed is measured between rows that are no farther apart."""
LEAST_S = 0.01
"""Over less time, no speed is measured: boxes differ by more than faces move."""
_ROUNDING_S = 1e-6


@dataclass(frozen=True)
class Masked:
    """Frames whose hidden faces are left out, and the boxes that cover them."""

    settled: Settled
    place: np.ndarray
    "(M,) int64, the place of the frame of each box, in order"
    box: np.ndarray
    "(M, 4) float64 xyxy px, not yet cut at the edges of the picture"

    def boxes(self) -> Iterator[np.ndarray]:
        """(K, 4) of each frame."""
        ends = np.searchsorted(self.place, np.arange(1, len(self.settled.frames) + 1))
        return iter(np.split(self.box, ends[:-1]))


@dataclass(frozen=True)
class _Sightings:
    """Faces on frames, hidden or not. Detections that are in no row have tracks below 0."""

    track: np.ndarray
    time_s: np.ndarray
    box: np.ndarray
    "(N, 4) float64"
    hidden: np.ndarray
    "(N,) bool"

    @classmethod
    def joined(cls, parts: Sequence[_Sightings]) -> _Sightings:
        """Those of frames that follow each other, by track and then by time."""
        columns = [
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("track", "time_s", "box", "hidden")
        ]
        order = np.lexsort((columns[1], columns[0]))
        return cls(*(column[order] for column in columns))

    def each(self) -> Iterator[_Sightings]:
        """Track by track."""
        starts = np.flatnonzero(np.diff(self.track, prepend=np.nan))
        for start, end in zip(starts, [*starts[1:], len(self.track)], strict=True):
            own = slice(start, end)
            yield _Sightings(self.track[own], self.time_s[own], self.box[own], self.hidden[own])


class Masker:
    """Makes the masks of one video, in order; memory does not grow with it.

    ``hidden`` says which faces are hidden, of each row; ``hides_unshown``: detections that are in
    no row are hidden too, except those of faces that are shown.
    """

    def __init__(
        self,
        hidden: Callable[[Settled], np.ndarray],
        *,
        hold_s: float,
        hides_unshown: bool,
        tally: HidingTally | None = None,
    ) -> None:
        self._hidden = hidden
        self._hold_s = hold_s
        self._hides_unshown = hides_unshown
        self._reach_s = max(hold_s, BRIDGE_S) + NEIGHBOUR_S
        self._tracker = Tracker(threshold=0.0)
        self._tally = tally

    def __call__(self, settled: Iterable[Settled]) -> Iterator[Masked]:
        """The same frames with their masks, once enough of those after them are known."""
        waiting: deque[Settled] = deque()
        window: deque[_Sightings] = deque()
        for some in settled:
            waiting.append(some)
            window.append(self._sightings(some))
            while waiting[0].frames[-1].time_s + self._reach_s < some.frames[-1].time_s:
                yield self._masked(waiting.popleft(), window)
        while waiting:
            yield self._masked(waiting.popleft(), window)

    def _sightings(self, settled: Settled) -> _Sightings:
        times = np.array([frame.time_s for frame in settled.frames])
        faces, hidden = settled.faces, self._hidden(settled)
        place, box, track = self._unshown(settled, hidden)
        return _Sightings(
            np.concatenate([faces.track, track]),
            times[np.concatenate([settled.place, place])],
            np.concatenate([faces.box, box]).astype(np.float64),
            np.concatenate([hidden, np.full(len(place), self._hides_unshown)]),
        )

    def _unshown(
        self, settled: Settled, hidden: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Place, box and track of the detections that are in no row, and not of a shown face."""
        found, count = settled.unshown, len(settled.frames)
        track = np.zeros(len(found), np.int64)
        shown, of = settled.faces.box[~hidden], settled.place[~hidden]
        ends = np.searchsorted(found.place, np.arange(1, count + 1))
        ends_of_shown = np.searchsorted(of, np.arange(count + 1))
        start = 0
        for number, (frame, end) in enumerate(zip(settled.frames, ends.tolist(), strict=True)):
            own = np.arange(start, end, dtype=np.int64)
            start = end
            if frame.cut:
                self._tracker.cut()
            if not frame.analysed:
                continue
            faces = shown[slice(*ends_of_shown[number : number + 2])]
            same = intersection_over_union(found.box[own], faces) >= SAME_FACE
            own = own[~same.any(axis=1)]
            box = found.box[own]
            track[own] = self._tracker.update(frame.time_s, box, np.ones(len(own)))
        kept = track > 0
        return found.place[kept], found.box[kept], -track[kept]

    def _masked(self, settled: Settled, window: deque[_Sightings]) -> Masked:
        """The masks of frames that ``window`` has the sightings around of."""
        times = np.array([frame.time_s for frame in settled.frames])
        while len(window) > 1 and _is_before(window[0], times[0] - self._reach_s):
            window.popleft()
        places, boxes = [np.zeros(0, np.int64)], [np.zeros((0, 4))]
        shown = np.ones(len(settled.faces), bool)
        for one in _Sightings.joined(window).each():
            if not one.hidden.any():
                continue
            place, box = self._of_track(one, times)
            places.append(place)
            boxes.append(box)
            shown &= ~((settled.faces.track == one.track[0]) & np.isin(settled.place, place))
        place = np.concatenate(places)
        order = np.argsort(place, kind="stable")
        kept = replace(
            settled, place=settled.place[shown], faces=settled.faces.rows(np.flatnonzero(shown))
        )
        masked = Masked(kept, place[order], np.concatenate(boxes)[order])
        if self._tally:
            self._tally.add(settled, ~shown, masked.place, masked.box)
        return masked

    def _of_track(self, one: _Sightings, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Places and boxes of the masks of one track on frames at ``times``."""
        known, hold = one.time_s, self._hold_s + _ROUNDING_S
        last = len(known) - 1
        hidden_s = known[one.hidden]
        before = np.searchsorted(known, times, "right") - 1
        a, b = before.clip(0), (before + 1).clip(max=last)
        a = np.where(before < 0, b, a)
        exact = known[a] == times
        b = np.where(exact, a, b)
        length = known[b] - known[a]
        inside = (length > 0) & (length <= BRIDGE_S)
        near = _is_near(hidden_s, known, hold)
        covered = _is_near(hidden_s, times, hold) | (inside & (near[a] | near[b]))
        if self._tally:
            self._tally.note_gaps(one.track, known, near)
        places = np.flatnonzero(covered)
        a, b, length, inside = a[places], b[places], length[places], inside[places]
        share = np.where(inside, (times[places] - known[a]) / np.where(length > 0, length, 1), 0)
        nearest = np.where(
            np.abs(known[b] - times[places]) < np.abs(times[places] - known[a]), b, a
        )
        speed = _speed(known, one.box)[nearest]
        between = one.box[a] + share[:, None] * (one.box[b] - one.box[a])
        held = one.box[nearest]
        moved = held + speed * (times[places] - known[nearest])[:, None]
        held = np.concatenate(
            [np.minimum(held, moved)[:, :2], np.maximum(held, moved)[:, 2:]], axis=1
        )
        box = np.where(inside[:, None], between, held)
        return places, grown(box, speed)


def grown(box: np.ndarray, speed: np.ndarray) -> np.ndarray:
    """(N, 4) with the margin, and room for the motion of faces of this ``speed`` (px a second)."""
    side = (box[:, 2:] - box[:, :2]).max(axis=1, keepdims=True)
    by = MARGIN * side + MOTION_S * np.maximum(np.abs(speed[:, :2]), np.abs(speed[:, 2:]))
    return np.concatenate([box[:, :2] - by, box[:, 2:] + by], axis=1)


def _speed(times: np.ndarray, box: np.ndarray) -> np.ndarray:
    """(N, 4) px a second of each side, between the rows around each row."""
    before, after = np.arange(len(times)) - 1, np.arange(len(times)) + 1
    before, after = before.clip(0), after.clip(max=len(times) - 1)
    before = np.where(times - times[before] <= NEIGHBOUR_S, before, np.arange(len(times)))
    after = np.where(times[after] - times <= NEIGHBOUR_S, after, np.arange(len(times)))
    elapsed = times[after] - times[before]
    return (box[after] - box[before]) / np.maximum(elapsed, LEAST_S)[:, None]


def _is_near(hidden_s: np.ndarray, times: np.ndarray, hold_s: float) -> np.ndarray:
    """(N,) bool, whether a hidden row is within ``hold_s`` of each time."""
    after = np.searchsorted(hidden_s, times - hold_s)
    return (after < len(hidden_s)) & (hidden_s[after.clip(max=len(hidden_s) - 1)] <= times + hold_s)


def _is_before(sightings: _Sightings, time_s: float) -> bool:
    return not len(sightings.time_s) or bool(sightings.time_s.max() < time_s)
