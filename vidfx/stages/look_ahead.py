"""The look-ahead buffer: frames wait a little, so that decisions use what is seen shortly after.

Each frame waits until two more detections and half a second have passed, or until too many frames
wait. Then it is settled: gaps between two observations of a track are interpolated where the
buffer holds both ends, tracks that are not confirmed are left out, and expression and identity are
decided from the frames around.

The buffer bounds memory, so a settled frame never changes: the first rows of a track may say
``unknown`` where later ones, decided from more observations, have a name.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from vidfx.stages.smooth import ExpressionSmoother, IdentityDecider, raw_reading
from vidfx.types import Face, Frame, FrameResult, Quality, Source

LOOK_AHEAD_S = 0.5
LOOK_AHEAD_DETECTIONS = 2
PAST_S = 1.5
"""How long observations are kept after their frame is settled."""


@dataclass(frozen=True)
class FaceObservation:
    """One face found on one frame."""

    index: int
    "Frame.index"
    time_s: float
    box: np.ndarray
    "(4,) float32 xyxy px"
    score: float
    landmarks: np.ndarray
    "(5, 2) float32 px"
    source: Source
    quality: Quality
    identity: np.ndarray | None
    "(K,) probabilities, None if not read"
    emotion: np.ndarray | None
    "(K,) probabilities, None if not read"


@dataclass(frozen=True)
class Confirmation:
    """When a track is confirmed to be a face: from which mean score, by number of observations.

    The back of a head, or a pattern, gives some detections just above the threshold and many
    below; a face gives good ones. So weak observations count in the mean too. No more observations
    are required than the shot has frames with detection: in a single picture, one above the
    threshold is enough. A track is judged on the frames where it was observed, with all that the
    buffer knows of it; once confirmed, it stays confirmed.
    """

    once: float = 0.75
    "a single score that is enough"
    few: tuple[int, float] = (3, 0.65)
    "a number of observations, and the mean score that is enough for so many"
    often: tuple[int, float] = (25, 0.5)

    @classmethod
    def above(cls, threshold: float, every: int = 1) -> Confirmation:
        """For a detector's threshold: where it is low, lower scores are enough.

        Detections on every Nth frame of some 25 a second are fewer and less alike than on
        neighbours, so fewer must agree.
        """
        few, often = 3 if every < 3 else 2, max(4, -(-25 // every))
        return cls(
            min(0.75, threshold + 0.25), (few, min(0.65, threshold + 0.15)), (often, threshold)
        )

    def __call__(self, count: int, mean: float, best: float, max_count: float) -> bool:
        """``max_count`` is the most observations that the shot can give."""
        enough = ((min(least, max_count), wanted) for least, wanted in (self.few, self.often))
        return best >= self.once or any(count >= n and mean >= wanted for n, wanted in enough)


@dataclass
class _Shot:
    analysed: int = 0
    "frames with detection, so far"
    over: bool = False


@dataclass
class _TrackHistory:
    """One track: its recent observations and those ahead, and sums over all of them."""

    shot: _Shot
    observations: deque[FaceObservation] = field(default_factory=deque[FaceObservation])
    count: int = 0
    total_score: float = 0.0
    best_score: float = 0.0
    confirmed: bool = False
    last_index: int = -1
    "the last settled frame on which the face has a place"
    smoother: ExpressionSmoother | None = None
    decider: IdentityDecider | None = None

    def add(self, observation: FaceObservation) -> None:
        self.observations.append(observation)
        self.count += 1
        self.total_score += observation.score
        self.best_score = max(self.best_score, observation.score)
        if self.decider and observation.identity is not None:
            self.decider.add(observation.quality.value, observation.identity)


@dataclass(frozen=True)
class _WaitingFrame:
    frame: Frame
    time_s: float
    analysed: bool
    cut: bool


class LookAheadBuffer:
    """The frames of one video that wait, and the histories of its tracks."""

    def __init__(
        self,
        *,
        max_waiting: int,
        confirmation: Confirmation,
        emotion: Callable[[], ExpressionSmoother] | None,
        identity: Callable[[], IdentityDecider] | None,
    ) -> None:
        """At most ``max_waiting`` frames wait. ``emotion`` and ``identity`` make the smoother and
        the decider of a new track; None where that is off.
        """
        self.max_waiting = max_waiting
        self.confirmation = confirmation
        self._emotion, self._identity = emotion, identity
        self._tracks: dict[int, _TrackHistory] = {}
        self._waiting: deque[_WaitingFrame] = deque()
        self._analysed = 0
        "of the waiting frames"
        self._analysed_s: deque[float] = deque(maxlen=2)
        "times of the last two detections"
        self._settled = -1
        "index of the last settled frame"
        self._shot = _Shot()

    def push(
        self,
        frame: Frame,
        time_s: float,
        faces: Mapping[int, FaceObservation],
        *,
        analysed: bool,
        cut: bool,
    ) -> list[FrameResult]:
        """Add the next frame with its faces by track; returns the frames that are now settled."""
        self._waiting.append(_WaitingFrame(frame, time_s, analysed, cut))
        if cut:
            self._shot.over = True
            self._shot = _Shot()
        if analysed:
            self._shot.analysed += 1
            self._analysed += 1
            self._analysed_s.append(time_s)
        for track_id, observation in faces.items():
            track = self._tracks.get(track_id)
            if track is None:
                track = self._tracks[track_id] = _TrackHistory(
                    self._shot,
                    smoother=self._emotion and self._emotion(),
                    decider=self._identity and self._identity(),
                )
            track.add(observation)
        settled: list[FrameResult] = []
        while self._sees_enough():
            settled.append(self._settle())
        return settled

    def flush(self) -> list[FrameResult]:
        """Settle the frames still waiting, at the end of the video."""
        self._shot.over = True
        return [self._settle() for _ in range(len(self._waiting))]

    def _sees_enough(self) -> bool:
        """Whether the first waiting frame can be settled."""
        first, last = self._waiting[0], self._waiting[-1]
        return len(self._waiting) > self.max_waiting or (
            self._analysed - first.analysed >= LOOK_AHEAD_DETECTIONS
            and last.time_s - first.time_s >= LOOK_AHEAD_S
        )

    def _settle(self) -> FrameResult:
        waiting = self._waiting.popleft()
        self._analysed -= waiting.analysed
        past_s = waiting.time_s - PAST_S
        forget_s = min([past_s, *self._analysed_s])
        faces: list[Face] = []
        for track_id in sorted(self._tracks):
            track = self._tracks[track_id]
            kept = track.observations
            while len(kept) > 1 and kept[0].time_s < past_s:
                if kept[1].index > waiting.frame.index:
                    break
                kept.popleft()
            if kept[-1].time_s < forget_s:
                del self._tracks[track_id]
                continue
            observation = self._observation_at(track, waiting)
            if observation is not None and observation.source != "interpolated":
                track.confirmed = track.confirmed or self._confirms(track)
            if observation is not None and track.confirmed:
                faces.append(_face(track_id, track, observation))
        self._settled = waiting.frame.index
        return FrameResult(waiting.frame, tuple(faces), waiting.analysed, waiting.cut)

    def _confirms(self, track: _TrackHistory) -> bool:
        max_count = track.shot.analysed if track.shot.over else math.inf
        mean = track.total_score / track.count
        return self.confirmation(track.count, mean, track.best_score, max_count)

    def _observation_at(
        self, track: _TrackHistory, waiting: _WaitingFrame
    ) -> FaceObservation | None:
        """The face on a frame: as observed, or interpolated between the observations around it.

        A gap is filled whole or not at all.
        """
        index = waiting.frame.index
        before: FaceObservation | None = None
        for observation in track.observations:
            if observation.index == index:
                track.last_index = index
                return observation
            if observation.index > index:
                if before is None or track.last_index != self._settled:
                    return None
                track.last_index = index
                return _between(before, observation, index, waiting.time_s)
            before = observation
        return None


def _face(track_id: int, track: _TrackHistory, observation: FaceObservation) -> Face:
    interpolated = observation.source == "interpolated"
    smoother, decider = track.smoother, track.decider
    around = (
        (o.time_s, o.quality.value, o.emotion) for o in track.observations if o.emotion is not None
    )
    return Face(
        track_id=track_id,
        box=observation.box,
        source=observation.source,
        score=None if interpolated else observation.score,
        landmarks=observation.landmarks,
        quality=None if interpolated else observation.quality,
        identity=decider() if decider else None,
        emotion=smoother(observation.time_s, around) if smoother else None,
        raw_identity=raw_reading(decider.labels, observation.identity) if decider else None,
        raw_emotion=raw_reading(smoother.labels, observation.emotion) if smoother else None,
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
