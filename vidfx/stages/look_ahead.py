"""The look-ahead buffer: results wait a moment, so that decisions use what is seen shortly after.

Each frame waits until two more detections and half a second have passed, or until too many frames
wait. Then it is settled: gaps between two observations of a track are interpolated where the
buffer holds both ends, tracks that are not confirmed are left out, and expression and identity are
decided from the frames around.

The buffer bounds memory, so a settled frame never changes: the first rows of a track may say
``unknown`` where later ones, decided from more observations, have a name.

Frames come and are settled in batches of any length, with the same results: each frame is decided
by what was observed up to the frame at which it could be settled.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from vidfx.stages.faces_of_tracks import ExpressionJudge, Places, most_likely, positions
from vidfx.stages.observed import Observations, ObservedFaces, ObservedFrame
from vidfx.stages.settled import (
    INTERPOLATED,
    NO_UNSHOWN,
    Labels,
    Settled,
    SettledFaces,
    UnshownFaces,
)
from vidfx.stages.smooth import IdentityDecider
from vidfx.stages.tracking.confirmation import Confirmation
from vidfx.stages.tracking.track_history import Shot, Standing, Track, TrackHistory

LOOK_AHEAD_S = 0.5
LOOK_AHEAD_DETECTIONS = 2
PAST_S = 1.5
"""How long observations are kept after their frame is settled."""


class _Moment(NamedTuple):
    """A frame that is settled, and what was observed by then."""

    frame: ObservedFrame
    last: int
    "Frame.index of the last frame observed"
    forget_s: float
    "tracks without an observation since then are forgotten"


class LookAheadBuffer:
    """The frames of one video that wait, and the history of its tracks."""

    def __init__(
        self,
        *,
        max_waiting: int,
        confirmation: Confirmation,
        emotion: ExpressionJudge | None,
        identity: Callable[[], IdentityDecider] | None,
    ) -> None:
        """At most ``max_waiting`` frames wait after each push.

        ``identity`` makes the decider of a new track; None, as ``emotion``, where that is off.
        """
        self.max_waiting = max_waiting
        self.confirmation = confirmation
        self._emotion, self._identity = emotion, identity
        self._names = identity().names if identity else ()
        self._tracks: dict[int, Track] = {}
        "by number"
        self._replaced: list[Track] = []
        "forgotten tracks whose number was given again, until the frames before that are settled"
        self._begun = 0
        "tracks so far"
        self._history: TrackHistory | None = None
        "None before the first observation"
        self._waiting: deque[ObservedFrame] = deque()
        self._found: list[ObservedFaces] = []
        "on waiting frames, with a track or without"
        self._analysed = 0
        "of the waiting frames"
        self._analysed_s: deque[float] = deque(maxlen=2)
        "times of the last two detections"
        self._last = -1
        "Frame.index of the last frame observed"
        self._forget_s = -math.inf
        self._shot = Shot()

    def push(self, observed: Observations) -> Settled | None:
        """Add the next frames with their faces; returns those that are now settled, if any are."""
        if len(observed.faces.frame):
            self._found.append(observed.faces)
        observed = _tracked(observed)
        faces = observed.faces
        columns = faces.track, faces.score, faces.weak, faces.quality.prod(1)
        rows = zip(*(column.tolist() for column in columns), faces.identity, strict=True)
        ends = np.searchsorted(faces.frame, [f.frame.index for f in observed.frames], "right")
        moments: list[_Moment] = []
        standings: list[Standing] = []
        for frame, end in zip(observed.frames, ends.tolist(), strict=True):
            self._observe(frame)
            new = islice(rows, end - len(standings))
            standings += [self._track(n).add(frame, *values) for n, *values in new]
            while self._sees_enough():
                moments.append(self._next_moment())
        later = TrackHistory.of(observed, standings)
        self._history = self._history.followed_by(later) if self._history else later
        return self._settle(self._history, moments) if moments else None

    def flush(self) -> Settled | None:
        """Settle the frames still waiting, at the end of the video; None if there are none."""
        self._shot.over_from = -1
        moments = [self._next_moment() for _ in range(len(self._waiting))]
        return self._settle(self._history, moments) if self._history and moments else None

    def _unshown(self, frames: Sequence[ObservedFrame], rows: SettledFaces) -> UnshownFaces:
        """The detections on settled ``frames`` that are not among their ``rows``."""
        if not self._found:
            return NO_UNSHOWN
        found = ObservedFaces.joined(self._found)
        ready = found.frame <= frames[-1].frame.index
        self._found = [] if ready.all() else [found.rows(~ready)]
        measured = rows.source != INTERPOLATED
        shown = set(zip(rows.track[measured].tolist(), map(bytes, rows.box[measured]), strict=True))
        keys = zip(found.track.tolist(), map(bytes, found.box), strict=True)
        kept = np.array([key not in shown for key in keys], bool) & ready
        index = np.array([frame.frame.index for frame in frames], np.int64)
        return UnshownFaces(
            np.searchsorted(index, found.frame[kept]), found.box[kept], found.score[kept]
        )

    def _observe(self, frame: ObservedFrame) -> None:
        self._waiting.append(frame)
        self._last = frame.frame.index
        if frame.cut:
            self._shot.over_from = self._last
            self._shot = Shot()
        if frame.analysed:
            self._shot.analysed += 1
            self._analysed += 1
            self._analysed_s.append(frame.time_s)

    def _track(self, number: int) -> Track:
        """The track that an observation belongs to, a new one where it is forgotten."""
        track = self._tracks.get(number)
        if track is not None and track.last_s < self._forget_s:
            self._replaced.append(track)
            track = None
        if track is None:
            decider = self._identity() if self._identity else None
            track = self._tracks[number] = Track(self._begun, number, self._shot, decider)
            self._begun += 1
        return track

    def _sees_enough(self) -> bool:
        """Whether the first waiting frame can be settled."""
        first, last = self._waiting[0], self._waiting[-1]
        return len(self._waiting) > self.max_waiting or (
            self._analysed - first.analysed >= LOOK_AHEAD_DETECTIONS
            and last.time_s - first.time_s >= LOOK_AHEAD_S
        )

    def _next_moment(self) -> _Moment:
        frame = self._waiting.popleft()
        self._analysed -= frame.analysed
        self._forget_s = min([frame.time_s - PAST_S, *self._analysed_s])
        return _Moment(frame, self._last, self._forget_s)

    def _settle(self, history: TrackHistory, moments: Sequence[_Moment]) -> Settled:
        """The faces of frames; arrays of (F, T) have a line a frame and a column a track."""
        tracks = sorted([*self._tracks.values(), *self._replaced], key=lambda t: t.number)
        serial = np.array([t.serial for t in tracks], np.int64)
        index, time_s, last, forget_s = (
            np.array(values)[:, None]
            for values in zip(
                *((m.frame.frame.index, m.frame.time_s, m.last, m.forget_s) for m in moments),
                strict=True,
            )
        )
        begin, known = history.begin(serial), history.after(serial, last)
        after = history.after(serial, index)
        before = after - 1
        oldest = np.minimum(history.since(serial, time_s - PAST_S), np.minimum(before, known - 1))
        oldest = np.maximum(oldest, begin)
        begun = before >= begin
        observed = begun & (history.frame[before] == index)
        shown = self._placed(tracks, observed, begun & (after < known))
        shown &= self._confirmed(tracks, history, observed, known, last)
        shown &= np.array([t.last_s for t in tracks]) >= forget_s
        place, column = np.nonzero(shown)
        places = Places(
            time_s[place, 0], before[shown], observed[shown], oldest[shown], known[shown]
        )
        faces = self._faces(tracks, column, history, places)
        self._history = self._pruned(tracks, history, oldest[-1])
        frames = [m.frame for m in moments]
        return Settled(frames, place, faces, self._unshown(frames, faces))

    @staticmethod
    def _placed(tracks: Sequence[Track], observed: np.ndarray, between: np.ndarray) -> np.ndarray:
        """(F, T) whether a face has a place on a frame: observed, or between two observations.

        A gap is filled whole or not at all.
        """
        placed = observed.copy()
        before = np.array([t.placed for t in tracks], bool)
        for line in range(len(placed)):
            placed[line] |= between[line] & before
            before = placed[line]
        for track, value in zip(tracks, before.tolist(), strict=True):
            track.placed = value
        return placed

    def _confirmed(
        self,
        tracks: Sequence[Track],
        history: TrackHistory,
        observed: np.ndarray,
        known: np.ndarray,
        last: np.ndarray,
    ) -> np.ndarray:
        """(F, T), or (T,) for all frames: whether a track is confirmed."""
        confirmed = np.array([t.confirmed for t in tracks], bool)
        if confirmed.all():
            return confirmed
        over = np.array([t.shot.over_from for t in tracks]) <= last
        most = np.where(over, [t.shot.analysed for t in tracks], np.inf)
        count, total, best = (a[known - 1] for a in (history.count, history.total, history.best))
        verified = observed & history.verified[known - 1]
        now = verified & self.confirmation(count, total / np.maximum(count, 1), best, most)
        confirmed = confirmed | np.logical_or.accumulate(now)
        for track, value in zip(tracks, confirmed[-1].tolist(), strict=True):
            track.confirmed = value
        return confirmed

    def _faces(
        self,
        tracks: Sequence[Track],
        column: np.ndarray,
        history: TrackHistory,
        places: Places,
    ) -> SettledFaces:
        identity = raw_identity = emotion = reason = raw_emotion = None
        if self._identity:
            decided = history.decided[places.known - 1], history.decided_prob[places.known - 1]
            identity = Labels(self._names, *decided)
            raw_identity = most_likely(self._names, places.measured(history.identity))
        if self._emotion:
            decisions = [t.emotion for t in tracks]
            emotion, reason = self._emotion(history, places, column.tolist(), decisions)
            for track, decision in zip(tracks, decisions, strict=True):
                track.emotion = decision
            raw = places.measured(history.emotion)
            raw_emotion = most_likely(emotion.names, raw)
        points = positions(history, places)
        return SettledFaces(
            track=np.array([t.number for t in tracks], np.int64)[column],
            box=points[:, :2].reshape(-1, 4),
            landmarks=points[:, 2:],
            source=places.sources(history),
            score=places.measured(history.score),
            quality=places.measured(history.quality),
            identity=identity,
            emotion=emotion,
            emotion_reason=reason,
            raw_identity=raw_identity,
            raw_emotion=raw_emotion,
        )

    def _pruned(
        self, tracks: Sequence[Track], history: TrackHistory, oldest: np.ndarray
    ) -> TrackHistory:
        """Without the rows before ``oldest`` (T,) of each track, and without forgotten tracks."""
        self._replaced.clear()
        self._tracks = {n: t for n, t in self._tracks.items() if t.last_s >= self._forget_s}
        keep = np.zeros(len(history.frame), bool)
        kept = {t.serial for t in self._tracks.values()}
        ends = history.end(np.array([t.serial for t in tracks], np.int64)).tolist()
        for track, first, end in zip(tracks, oldest.tolist(), ends, strict=True):
            keep[first:end] = track.serial in kept
        return history.rows(keep)


def _tracked(observed: Observations) -> Observations:
    """Without the faces that have no track."""
    tracked = observed.faces.track >= 0
    if tracked.all():
        return observed
    return Observations(observed.frames, observed.faces.rows(tracked))
