"""The delay line: frames wait a little, so that decisions may use a little of the future.

Each frame waits until two more looks and half a second have been seen, or until too many wait.
Then its faces are settled: gaps between two sightings of a track are filled from both sides where
the look-ahead sees the whole gap, tracks that are not believed are left out, and expression and
identity are decided from the frames around.

The look-ahead bounds memory, so a settled frame never changes: the first rows of a track may say
``unknown`` where later ones, which know more of it, have a name.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from vidfx.stages.decide import ExpressionSmoother, IdentityDecider, raw_reading
from vidfx.types import Face, Frame, FrameResult, Quality, Source

LOOK_AHEAD_S = 0.5
LOOK_AHEAD = 2
"looks"
PAST_S = 1.5


@dataclass(frozen=True)
class FaceObservation:
    """One face found on one frame."""

    index: int
    time_s: float
    box: np.ndarray
    score: float
    landmarks: np.ndarray
    source: Source
    quality: Quality
    identity: np.ndarray | None
    "(K,) probabilities, None if not read"
    emotion: np.ndarray | None
    "(K,) probabilities, None if not read"


@dataclass(frozen=True)
class Confirmation:
    """When a track is taken for a face: from what mean score, the lower the more often it is seen.

    The back of a head, or a pattern, gives some detections just above the threshold and many
    below; a face gives good ones. So weak sightings count in the mean too. No more sightings are
    asked for than the shot has frames that were looked at: in a single picture, one above the
    threshold is enough. A track is judged on the frames where it was seen, with what the
    look-ahead knows of it; once believed, it is believed for good.
    """

    once: float = 0.75
    "the best score that is enough alone"
    few: tuple[int, float] = (3, 0.65)
    "sightings, and the mean score that is enough for so many"
    often: tuple[int, float] = (25, 0.5)

    @classmethod
    def above(cls, threshold: float, every: int = 1) -> Confirmation:
        """For a detector's threshold: where it is low, less is enough.

        Looks at every Nth frame of some 25 a second are fewer and less alike than at neighbours,
        so fewer must agree.
        """
        few, often = 3 if every < 3 else 2, max(4, -(-25 // every))
        return cls(
            min(0.75, threshold + 0.25), (few, min(0.65, threshold + 0.15)), (often, threshold)
        )

    def __call__(self, count: int, mean: float, best: float, most: float) -> bool:
        """``most`` is how many sightings there can be at most in the shot."""
        enough = ((min(least, most), wanted) for least, wanted in (self.few, self.often))
        return best >= self.once or any(count >= n and mean >= wanted for n, wanted in enough)


@dataclass
class _Shot:
    looked: int = 0
    "frames that were looked at, so far"
    over: bool = False


@dataclass
class _Line:
    """What is remembered of one track: the sightings of the last moments and all ahead."""

    shot: _Shot
    seen: deque[FaceObservation] = field(default_factory=deque[FaceObservation])
    count: int = 0
    total: float = 0.0
    best: float = 0.0
    believed: bool = False
    reached: int = -1
    "the last frame where the face has a place"
    smoother: ExpressionSmoother | None = None
    decider: IdentityDecider | None = None


@dataclass(frozen=True)
class _Waiting:
    frame: Frame
    time_s: float
    looked: bool
    cut: bool


class LookAheadBuffer:
    """The tracks of one video and the frames that wait for their future."""

    def __init__(
        self,
        *,
        most: int,
        confirmation: Confirmation,
        emotion: Callable[[], ExpressionSmoother] | None,
        identity: Callable[[], IdentityDecider] | None,
    ) -> None:
        """``most`` frames wait at most. ``emotion`` and ``identity`` make a new track's judge;
        None where that is off.
        """
        self.most = most
        self.confirmation = confirmation
        self._emotion, self._identity = emotion, identity
        self._lines: dict[int, _Line] = {}
        self._waiting: deque[_Waiting] = deque()
        self._looks = 0
        "among the frames that wait"
        self._looks_s: deque[float] = deque(maxlen=2)
        "of the last two looks"
        self._settled = -1
        "the last frame"
        self._shot = _Shot()

    def push(
        self,
        frame: Frame,
        time_s: float,
        sightings: Mapping[int, FaceObservation],
        *,
        looked: bool,
        cut: bool,
    ) -> list[FrameResult]:
        """Add the next frame with its faces by track; returns the frames that are now settled."""
        self._waiting.append(_Waiting(frame, time_s, looked, cut))
        if cut:
            self._shot.over = True
            self._shot = _Shot()
        self._shot.looked += looked
        if looked:
            self._looks += 1
            self._looks_s.append(time_s)
        for number, sighting in sightings.items():
            line = self._lines.get(number)
            if line is None:
                line = self._lines[number] = _Line(
                    self._shot,
                    smoother=self._emotion and self._emotion(),
                    decider=self._identity and self._identity(),
                )
            line.seen.append(sighting)
            line.count += 1
            line.total += sighting.score
            line.best = max(line.best, sighting.score)
            if line.decider and sighting.identity is not None:
                line.decider.add(sighting.quality.value, sighting.identity)
        settled: list[FrameResult] = []
        while self._sees_enough():
            settled.append(self._settle())
        return settled

    def flush(self) -> list[FrameResult]:
        """The frames still waiting, when no more will come."""
        self._shot.over = True
        return [self._settle() for _ in range(len(self._waiting))]

    def _sees_enough(self) -> bool:
        """Whether the first of the frames that wait needs to wait no more."""
        first, last = self._waiting[0], self._waiting[-1]
        return len(self._waiting) > self.most or (
            self._looks - first.looked >= LOOK_AHEAD and last.time_s - first.time_s >= LOOK_AHEAD_S
        )

    def _settle(self) -> FrameResult:
        waiting = self._waiting.popleft()
        self._looks -= waiting.looked
        past_s = waiting.time_s - PAST_S
        forgotten_s = min([past_s, *self._looks_s])
        faces: list[Face] = []
        for number in sorted(self._lines):
            line = self._lines[number]
            while len(line.seen) > 1 and line.seen[0].time_s < past_s:
                if line.seen[1].index > waiting.frame.index:
                    break
                line.seen.popleft()
            if line.seen[-1].time_s < forgotten_s:
                del self._lines[number]
                continue
            sighting = self._at(line, waiting)
            if sighting is not None and sighting.source != "interpolated":
                line.believed = line.believed or self._believes(line)
            if sighting is not None and line.believed:
                faces.append(self._face(number, line, sighting))
        self._settled = waiting.frame.index
        return FrameResult(waiting.frame, tuple(faces), waiting.looked, waiting.cut)

    def _believes(self, line: _Line) -> bool:
        most = line.shot.looked if line.shot.over else math.inf
        return self.confirmation(line.count, line.total / line.count, line.best, most)

    def _at(self, line: _Line, waiting: _Waiting) -> FaceObservation | None:
        """The face on a frame: as seen there, or between the sightings before and after it.

        A gap is filled whole or not at all.
        """
        index = waiting.frame.index
        before: FaceObservation | None = None
        for sighting in line.seen:
            if sighting.index == index:
                line.reached = index
                return sighting
            if sighting.index > index:
                if before is None or line.reached != self._settled:
                    return None
                line.reached = index
                return _between(before, sighting, index, waiting.time_s)
            before = sighting
        return None

    @staticmethod
    def _face(number: int, line: _Line, sighting: FaceObservation) -> Face:
        filled = sighting.source == "interpolated"
        smoother, decider = line.smoother, line.decider
        around = (
            (s.time_s, s.quality.value, s.emotion) for s in line.seen if s.emotion is not None
        )
        return Face(
            track_id=number,
            box=sighting.box,
            source=sighting.source,
            score=None if filled else sighting.score,
            landmarks=sighting.landmarks,
            quality=None if filled else sighting.quality,
            identity=decider() if decider else None,
            emotion=smoother(sighting.time_s, around) if smoother else None,
            raw_identity=raw_reading(decider.labels, sighting.identity) if decider else None,
            raw_emotion=raw_reading(smoother.labels, sighting.emotion) if smoother else None,
        )


def _between(a: FaceObservation, b: FaceObservation, index: int, time_s: float) -> FaceObservation:
    share = np.float32((time_s - a.time_s) / max(b.time_s - a.time_s, 1e-9))
    return replace(
        a,
        index=index,
        time_s=time_s,
        box=a.box + share * (b.box - a.box),
        landmarks=a.landmarks + share * (b.landmarks - a.landmarks),
        source="interpolated",
        identity=None,
        emotion=None,
    )
