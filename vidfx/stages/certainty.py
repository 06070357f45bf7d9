"""Whether the expression of a face is certain enough to be named, and why not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

NO_LABEL = -1
Reason = Literal["", "too_small", "low_quality", "not_read", "low_confidence"]
REASONS: tuple[Reason, ...] = get_args(Reason)
"""Why a face has no expression; the first: it has one."""
CERTAIN, TOO_SMALL, LOW_QUALITY, NOT_READ, LOW_CONFIDENCE = range(5)


class Decision(NamedTuple):
    """The expression of a track at one moment."""

    label: int = NO_LABEL
    "an index into the labels, or NO_LABEL"
    reason: int = CERTAIN
    "an index into REASONS"
    since_s: float = -math.inf
    "where there is no label: since when"


UNDECIDED = Decision()
"""Of a track that begins."""


@dataclass(frozen=True)
class Certainty:
    """What the face of a track must reach to have an expression.

    An expression ends once the face is below a limit by some margin. Where there is none, there is
    none for ``gap_s`` at least. So labels do not flicker.
    """

    min_face_px: float = 0.0
    "shorter side of the box"
    min_quality: float = 0.0
    min_prob: float = 0.0
    lead: float = 0.08
    "by which another expression must be more likely to replace one"
    slack: float = 0.05
    "below ``min_prob`` before an expression ends"
    remaining: float = 0.9
    "share of the other two limits below which an expression ends"
    gap_s: float = 0.25

    def decide(
        self,
        before: Decision,
        time_s: float,
        side_px: float,
        quality: float,
        probs: Sequence[float],
    ) -> Decision:
        """The expression at a moment, after ``before`` in the same track.

        All measures are smoothed; ``probs`` are NaN where no reading is near.
        """
        label, reason = self._judge(before.label, side_px, quality, probs)
        if reason != CERTAIN:
            ended = before.reason == CERTAIN
            return Decision(NO_LABEL, reason, time_s if ended else before.since_s)
        if label == before.label or time_s - before.since_s < self.gap_s:
            return before
        return Decision(label)

    def _judge(
        self, before: int, side_px: float, quality: float, probs: Sequence[float]
    ) -> tuple[int, int]:
        """Label and reason, where the moment before had the label ``before``."""
        share = 1.0 if before == NO_LABEL else self.remaining
        if side_px < share * self.min_face_px:
            return NO_LABEL, TOO_SMALL
        if quality < share * self.min_quality:
            return NO_LABEL, LOW_QUALITY
        if math.isnan(probs[0]):
            return NO_LABEL, NOT_READ
        label = self._likely_enough(before, probs)
        return label, LOW_CONFIDENCE if label == NO_LABEL else CERTAIN

    def _likely_enough(self, before: int, probs: Sequence[float]) -> int:
        best = max(probs)
        if before != NO_LABEL:
            prob = probs[before]
            if best <= prob + self.lead and prob >= self.min_prob - self.slack:
                return before
        return probs.index(best) if best >= self.min_prob else NO_LABEL


NO_LIMITS = Certainty()
"""The most likely expression is named."""
