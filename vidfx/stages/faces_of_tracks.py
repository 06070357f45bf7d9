"""The faces of tracks on settled frames, from the observations of the tracks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidfx.stages.certainty import NO_LABEL, Certainty, Decision
from vidfx.stages.settled import DETECTED, INTERPOLATED, TRACKED, Expressions
from vidfx.stages.smooth import ExpressionReadings, ExpressionSmoother
from vidfx.stages.tracking.track_history import TrackHistory
from vidfx.types import Stretch


@dataclass(frozen=True)
class Places:
    """N places of tracks on settled frames. Rows are those of a TrackHistory."""

    time_s: np.ndarray
    "(N,) float64"
    before: np.ndarray
    "(N,) int64: the row of the last observation up to the frame"
    observed: np.ndarray
    "(N,) bool: it is of the frame itself; else the face is interpolated up to the next row"
    oldest: np.ndarray
    "(N,) int64: the first row that is near enough to count"
    known: np.ndarray
    "(N,) int64: the row after the last one that is known"

    def measured(self, column: np.ndarray) -> np.ndarray:
        """``column`` of the history at each place; NaN where the face is interpolated."""
        values = column[self.before]
        values[~self.observed] = np.nan
        return values

    def sources(self, history: TrackHistory) -> np.ndarray:
        """(N,) int64 into SOURCES."""
        own = np.where(history.weak[self.before], TRACKED, DETECTED)
        return np.where(self.observed, own, INTERPOLATED)


def positions(history: TrackHistory, places: Places) -> np.ndarray:
    """(N, 7, 2) float32 px as in TrackHistory: observed, or between the observations around."""
    found = history.points[places.before]
    missing = np.flatnonzero(~places.observed)
    a = places.before[missing]
    step_s = np.maximum(history.time_s[a + 1] - history.time_s[a], 1e-9)
    share = ((places.time_s[missing] - history.time_s[a]) / step_s).astype(np.float32)
    start = found[missing]
    found[missing] = start + share[:, None, None] * (history.points[a + 1] - start)
    return found


def most_likely(names: tuple[str, ...], probs: np.ndarray) -> Expressions:
    """The most probable label of single frames, from probabilities (N, K)."""
    best = probs.argmax(1)
    index = np.where(np.isnan(probs[:, 0]), NO_LABEL, best)
    return Expressions(names, index, probs[np.arange(len(best)), best], probs)


@dataclass(frozen=True)
class ExpressionJudge:
    """Decides the expressions of the faces of one video."""

    smoother: ExpressionSmoother
    certainty: Certainty
    stretch: Stretch

    def __call__(
        self,
        history: TrackHistory,
        places: Places,
        tracks: list[int],
        decisions: list[Decision],
    ) -> tuple[Expressions, np.ndarray]:
        """The expression at each place, and (N,) into REASONS.

        ``decisions`` has the last one of each track and is brought up to date; ``tracks`` (N,) has
        the position in it for each place.
        """
        read = ~np.isnan(history.emotion[:, 0])
        quality = history.quality.prod(1)
        readings = ExpressionReadings(history.time_s[read], quality[read], history.emotion[read])
        count = np.append(0, np.cumsum(read))
        probs = self.smoother.average(
            places.time_s, readings, count[places.oldest], count[places.known]
        )
        sides = ((history.points[:, 1] - history.points[:, 0]) * self.stretch).min(1)
        moments = zip(
            tracks,
            places.time_s.tolist(),
            self._level(sides, self.certainty.min_face_px, history, places),
            self._level(quality, self.certainty.min_quality, history, places),
            probs.tolist(),
            strict=True,
        )
        decided: list[Decision] = []
        for track, time_s, side_px, level, line in moments:
            before = decisions[track]
            decisions[track] = self.certainty.decide(before, time_s, side_px, level, line)
            decided.append(decisions[track])
        index, reason = np.array([d[:2] for d in decided], np.int64).reshape(-1, 2).T
        shown = np.where(index == NO_LABEL, probs.argmax(1), index)
        prob = probs[np.arange(len(shown)), shown]
        expressions = Expressions(self.smoother.labels, index, prob, probs)
        return expressions, reason

    def _level(
        self, values: np.ndarray, limit: float, history: TrackHistory, places: Places
    ) -> list[float]:
        """At each place; the limit itself where all values reach it, which is quick."""
        if values.min(initial=np.inf) >= limit:
            return [limit] * len(places.time_s)
        level = self.smoother.level(
            places.time_s, history.time_s, values, places.oldest, places.known
        )
        return level.tolist()
