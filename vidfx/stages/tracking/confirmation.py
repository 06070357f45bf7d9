"""The rule by which a track is reliable enough to be shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

TYPICAL_EVERY = 5
"""Frames from detection to detection, where the schedule goes by time."""


@dataclass(frozen=True)
class Confirmation:
    """When a track is confirmed to be a face: from which mean score, by number of observations.

    The back of a head, or a pattern, gives some detections just above the threshold and many
    below; a face gives good ones. So weak observations count in the mean too. No more observations
    are required than the shot has frames with detection: in a single picture, one above the
    threshold is enough. A track is judged on the frames where it was observed, with all that the
    look-ahead buffer knows of it; once confirmed, it stays confirmed.
    """

    once: float = 0.75
    "a single score that is enough"
    few: tuple[int, float] = (3, 0.65)
    "a number of observations, and the mean score that is enough for so many"
    often: tuple[int, float] = (25, 0.5)

    @property
    def doubted(self) -> int:
        """The number of updates after which a track is no longer undecided, whatever its scores.

        So a segment of a video needs only so many before it to be checked like the whole video.
        """
        return 2 * self.often[0]

    @classmethod
    def above(cls, threshold: float, every: int = 1) -> Confirmation:
        """For a detector's threshold: where it is low, lower scores are enough.

        Detections on every Nth frame of some 25 a second are fewer and less alike than on
        neighbours, so fewer must agree. 0: the schedule goes by time.
        """
        every = every or TYPICAL_EVERY
        few, often = 3 if every < 3 else 2, max(4, -(-25 // every))
        return cls(
            min(0.75, threshold + 0.25), (few, min(0.65, threshold + 0.15)), (often, threshold)
        )

    def __call__(
        self, count: np.ndarray, mean: np.ndarray, best: np.ndarray, max_count: np.ndarray
    ) -> np.ndarray:
        """bool, in the shape of the arguments: the scores of tracks so far.

        ``max_count`` is the most observations that the shot can give.
        """
        confirmed = best >= self.once
        for least, wanted in (self.few, self.often):
            confirmed |= (count >= np.minimum(least, max_count)) & (mean >= wanted)
        return confirmed

    def undecided(self, count: int, mean: float, best: float) -> bool:
        """Whether a track is not confirmed, but would be after more observations like these."""
        scores = (np.array([value]) for value in (count, mean, best, np.inf))
        often, wanted = self.often
        return count < often and mean >= wanted and not self(*scores)[0]
