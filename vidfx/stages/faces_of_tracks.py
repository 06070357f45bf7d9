"""The faces of tracks on settled frames, from the observations of the tracks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidfx.stages.settled import DETECTED, INTERPOLATED, TRACKED, Expressions
from vidfx.stages.smooth import NO_LABEL, ExpressionReadings, ExpressionSmoother
from vidfx.stages.track_history import TrackHistory


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


def smoothed(
    smoother: ExpressionSmoother,
    history: TrackHistory,
    places: Places,
    tracks: list[int],
    labels: list[int],
) -> Expressions:
    """The expression at each place.

    ``labels`` has the last label of each track, NO_LABEL for none, and is brought up to date;
    ``tracks`` (N,) has the position in it for each place.
    """
    read = ~np.isnan(history.emotion[:, 0])
    readings = ExpressionReadings(
        history.time_s[read], history.quality[read].prod(1), history.emotion[read]
    )
    count = np.append(0, np.cumsum(read))
    probs = smoother.average(places.time_s, readings, count[places.oldest], count[places.known])
    index: list[int] = []
    for track, line in zip(tracks, probs.tolist(), strict=True):
        if line[0] == line[0]:  # not NaN
            labels[track] = smoother.choose(labels[track], line)
            index.append(labels[track])
        else:
            index.append(NO_LABEL)
    chosen = np.array(index, np.int64)
    shown = np.where(chosen == NO_LABEL, probs.argmax(1), chosen)
    return Expressions(smoother.labels, chosen, probs[np.arange(len(shown)), shown], probs)
