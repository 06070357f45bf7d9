"""The stages in their order: frames of one video in, settled frames out.

In two halves: the observer needs the pixels, ``settle`` only the observations made of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from vidfx.annotation.models import Models
from vidfx.annotation.observer import Observer
from vidfx.annotation.stage_timer import StageTimer
from vidfx.config import Settings
from vidfx.people.best_crops import BestCrops
from vidfx.stages.faces_of_tracks import ExpressionJudge
from vidfx.stages.look_ahead import LookAheadBuffer
from vidfx.stages.observed import Observations, ObservedFaces
from vidfx.stages.settled import Settled
from vidfx.stages.smooth import (
    DEFAULT_THRESHOLDS,
    ExpressionSmoother,
    IdentityDecider,
    IdentityThresholds,
)
from vidfx.types import Frame, VideoInfo

LOOK_AHEAD_BYTES = 96 << 20
LEAST_LOOK_AHEAD, MOST_LOOK_AHEAD = 8, 512
"""Limits in frames, whatever their size and rate."""
SETTLED_TOGETHER = 32
"""Frames that are settled in one step, at least, where their planes need not wait for it."""


class Pipeline:
    """Observes and settles the faces of one video."""

    def __init__(
        self, info: VideoInfo, settings: Settings, models: Models, timer: StageTimer
    ) -> None:
        self.models = models
        self.timer = timer
        affordable = LOOK_AHEAD_BYTES // (info.width * info.height * 3 // 2 or 1)
        most = max(LEAST_LOOK_AHEAD, min(MOST_LOOK_AHEAD, affordable))
        self._together = 1 if settings.video else SETTLED_TOGETHER
        self.observe = Observer(info, settings, models, timer, max_between=most)
        self.look_ahead = LookAheadBuffer(
            max_waiting=max(most, settings.every + 1),
            confirmation=self.observe.confirmation,
            emotion=ExpressionJudge(
                ExpressionSmoother(models.emotion.spec.labels), models.certainty, info.stretch
            )
            if models.emotion
            else None,
            identity=self._decider if models.identity else None,
        )
        embedding = models.embedding
        self.best_crops = BestCrops(embedding.spec.embedding_model) if embedding else None
        "None without embeddings"

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

    def __call__(self, frames: Iterable[Frame]) -> Iterator[Settled]:
        """The results of all frames, in order, some frames at a time."""
        return self.settle(self.observe(frames))

    def settle(self, observations: Iterable[Observations]) -> Iterator[Settled]:
        """The results of frames, once enough of the frames after them are observed."""
        waiting: list[Observations] = []
        for some in observations:
            waiting.append(some)
            if sum(len(part.frames) for part in waiting) >= self._together:
                yield from self._settled(waiting)
                waiting.clear()
        yield from self._settled(waiting)
        with self.timer("smooth"):
            settled = self.look_ahead.flush()
        if settled:
            yield settled

    def _settled(self, observed: Sequence[Observations]) -> Iterator[Settled]:
        if not observed:
            return
        with self.timer("smooth"):
            frames = [frame for some in observed for frame in some.frames]
            faces = ObservedFaces.joined([some.faces for some in observed])
            if self.best_crops:
                quality = faces.quality.prod(1)
                self.best_crops.add(faces.track, faces.frame, quality, faces.embedding)
            settled = self.look_ahead.push(Observations(frames, faces.without_embeddings()))
        if settled:
            yield settled
