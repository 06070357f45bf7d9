"""The stages in their order: frames of one video in, results of frames out.

In two halves: the observer needs the pixels, ``settle`` only the observations made of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vidfx.annotate.models import Models
from vidfx.annotate.observations import FrameObservations
from vidfx.annotate.observer import Observer
from vidfx.annotate.stage_timer import StageTimer
from vidfx.config import Settings
from vidfx.stages.look_ahead import Confirmation, LookAheadBuffer
from vidfx.stages.smooth import (
    DEFAULT_THRESHOLDS,
    ExpressionSmoother,
    IdentityDecider,
    IdentityThresholds,
)
from vidfx.types import Frame, FrameResult, VideoInfo

LOOK_AHEAD_BYTES = 96 << 20
LEAST_LOOK_AHEAD, MOST_LOOK_AHEAD = 8, 512
"""Limits in frames, whatever their size and rate."""
TYPICAL_EVERY = 5
"""Frames from detection to detection, where the schedule goes by time."""


class Pipeline:
    """Observes and settles the faces of one video."""

    def __init__(
        self, info: VideoInfo, settings: Settings, models: Models, timer: StageTimer
    ) -> None:
        self.models = models
        self.timer = timer
        affordable = LOOK_AHEAD_BYTES // (info.width * info.height * 3 // 2 or 1)
        most = max(LEAST_LOOK_AHEAD, min(MOST_LOOK_AHEAD, affordable))
        self.observe = Observer(info, settings, models, timer, max_between=most)
        self.look_ahead = LookAheadBuffer(
            max_waiting=max(most, settings.every + 1),
            confirmation=Confirmation.above(models.threshold, settings.every or TYPICAL_EVERY),
            emotion=self._smoother if models.emotion else None,
            identity=self._decider if models.identity else None,
        )

    def _smoother(self) -> ExpressionSmoother:
        assert self.models.emotion is not None
        labels = self.models.emotion.spec.labels
        return ExpressionSmoother(labels, min_prob=self.models.emotion_threshold)

    def _decider(self) -> IdentityDecider:
        assert self.models.identity is not None
        spec = self.models.identity.spec
        thresholds = spec.thresholds
        return IdentityDecider(
            spec.labels,
            IdentityThresholds(thresholds.accept, thresholds.reject)
            if thresholds
            else DEFAULT_THRESHOLDS,
        )

    def __call__(self, frames: Iterable[Frame]) -> Iterator[FrameResult]:
        """The result of each frame, in order, once it is settled."""
        return self.settle(self.observe(frames))

    def settle(self, observations: Iterable[FrameObservations]) -> Iterator[FrameResult]:
        """The result of each frame, once enough of the frames after it are observed."""
        for one in observations:
            with self.timer("smooth"):
                settled = self.look_ahead.push(
                    one.frame, one.time_s, one.faces, analysed=one.analysed, cut=one.cut
                )
            yield from settled
        yield from self.look_ahead.flush()
