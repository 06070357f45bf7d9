"""How many segments a video is worth: the seconds that it takes in one piece and in segments.

The constants are rough, and err towards one piece: docs/decisions/0009-segments.md says where they
come from. GAIN covers what the model does not know: processor, faces, engines, encoder settings.
"""

from __future__ import annotations

from dataclasses import dataclass

START_S = 2.0
"""To scan the file, start the processes, load their engines and concatenate the results."""
OBSERVE_S, DRAW_S, DECODE_S = 0.007, 0.020, 0.004
"""Core-seconds a frame and megapixel: without drawing, drawing with encoding, decoding."""
SETTLE_S = 0.0003
"""A frame: tracking and smoothing all observations, in one thread after the others."""
CORES_OBSERVING, CORES_DRAWING = 5, 12
"""That one process keeps busy; more cores do not make it faster."""
GAIN = 0.8
"""Segments are made where the model says that they take at most this share of the time."""
MOST = 256


@dataclass(frozen=True)
class VideoCost:
    """What the time depends on."""

    cores: int
    frames: float
    warmup_frames: float
    "observed before each segment but the first"
    megapixels: float
    draws: bool
    "whether the annotated video is written"

    def in_one_piece(self) -> float:
        """Seconds."""
        if self.draws:
            return self._seconds(self.frames, OBSERVE_S + DRAW_S, CORES_DRAWING)
        return self._seconds(self.frames, OBSERVE_S, CORES_OBSERVING)

    def in_segments(self, count: int) -> float:
        """Seconds."""
        observed = self.frames + (count - 1) * self.warmup_frames
        seconds = START_S + SETTLE_S * self.frames
        seconds += self._seconds(observed, OBSERVE_S, count * CORES_OBSERVING)
        if self.draws:
            seconds += self._seconds(self.frames, DECODE_S + DRAW_S, count * CORES_DRAWING)
        return seconds

    def _seconds(self, frames: float, work: float, busy: int) -> float:
        return frames * self.megapixels * work / min(self.cores, busy)


def worthwhile(cost: VideoCost, most: int) -> int:
    """The number of segments, at most ``most``, that takes the least time; 1 where it is too little
    less than in one piece.
    """
    counts = range(2, min(most, cost.cores // 2, MOST) + 1)
    best = min(counts, key=cost.in_segments, default=1)
    if best > 1 and cost.in_segments(best) <= GAIN * cost.in_one_piece():
        return best
    return 1
