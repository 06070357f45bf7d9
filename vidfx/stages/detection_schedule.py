"""On which frames the detector runs: some a second of the video's own time, or every Nth."""

from __future__ import annotations

import math
from typing import Literal

DETECTIONS_PER_S = 5
"""The default rate; between two detections positions are interpolated. On real clips of 25 and
30 frames/s, 0.987 of the faces of every frame are there at an IoU of 0.5."""
FASTER = 3
"""Factor on the rate after faces moved too far between two detections."""
FASTER_S = 1.0
CHECK_S = 2.5
"""The second detector runs on one frame in each span of so many seconds, at least."""
ROUNDING_S = 0.001
"""Containers round times, most of them to a millisecond at worst."""

Turn = Literal["always", "check", "faster", "never"]
"""When the detector runs on a frame: "faster" only while detections are more frequent. "check" is
always too, with the second detector instead of the first."""


class DetectionSchedule:
    """Picks frames of one video, in order.

    By default the first frame in each fifth of a second, and so every frame where the rate is
    lower. Times are used, not the frame rate in the header, which may be wrong. The same frames
    are picked wherever the reading began, except for the first frame that is read.

    A frame's turn depends on its time only, so it is known before the frames before it are tracked.
    """

    def __init__(self, every: int, max_between: int, *, checks: bool = False) -> None:
        """``every`` Nth frame, or 0 to go by time, with detections at most ``max_between`` frames
        apart. ``checks``: there is a second detector.
        """
        self._every = every
        self._max_between = max_between
        self._checks = checks
        self._check_due = False
        self._before_s = -math.inf
        self._faster_until_s = -math.inf

    def turn(
        self, index: int, time_s: float, *, starts_shot: bool = False, at_shot_edge: bool = False
    ) -> Turn:
        """The turn of the next frame; called once for each.

        The first and the last frame of a shot are always detected on; the first is a check.
        """
        before_s, self._before_s = self._before_s, time_s
        turn = "always" if at_shot_edge else self._usual(index, before_s, time_s)
        self._check_due |= starts_shot or _differ(before_s, time_s, 1 / CHECK_S)
        if turn != "always" or not (self._checks and self._check_due):
            return turn
        self._check_due = False
        return "check"

    def _usual(self, index: int, before_s: float, time_s: float) -> Turn:
        if self._every:
            return "never" if index % self._every else "always"
        if index % self._max_between == 0 or _differ(before_s, time_s, DETECTIONS_PER_S):
            return "always"
        return "faster" if _differ(before_s, time_s, FASTER * DETECTIONS_PER_S) else "never"

    def is_due(self, turn: Turn, time_s: float) -> bool:
        """Whether to detect on a frame, as far as the frames before it are tracked."""
        return turn in ("always", "check") or (turn == "faster" and time_s < self._faster_until_s)

    def check_next(self) -> None:
        """Make the next frame that is always detected on a check."""
        self._check_due = True

    def speed_up(self, time_s: float) -> None:
        """Detect more often for a second after ``time_s``, as a track may have been lost."""
        self._faster_until_s = time_s + FASTER_S


def _differ(before_s: float, time_s: float, rate: float) -> bool:
    """Whether two times are in different spans of 1 / ``rate`` seconds."""
    span_s = 1 / rate
    return (time_s + ROUNDING_S) // span_s != (before_s + ROUNDING_S) // span_s
