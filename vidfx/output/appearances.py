"""When each face is shown: stretches of frames that follow each other, and why each ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from vidfx.stages.settled import Settled

Ended = Literal["track", "cut", "gap", "video"]
"""cut: a new shot began; gap: the same track comes back later; video: the frames ended;
track: it was not seen again"""


@dataclass
class _Appearance:
    from_s: float
    first: int
    "number of its first frame among those that were added"
    to_s: float = 0.0
    "when the first frame without the face is shown; of the last frame, when it ends"
    frames: int = 0
    ended: Ended = "video"


class Appearances:
    """Follows the appearances of all tracks of a video. ``add`` takes its frames in order."""

    def __init__(self, frame_s: float) -> None:
        """``frame_s``: for how long a single frame is shown."""
        self._of: dict[int, list[_Appearance]] = {}
        self._open: dict[int, _Appearance] = {}
        self._shown: list[int] = []
        "tracks on the latest frame"
        self._frames = 0
        self._last_s: float | None = None
        self._frame_s = frame_s
        "from the frame before the latest one to that"

    def add(self, settled: Settled) -> None:
        end = 0
        tracks: list[int] = settled.faces.track.tolist()
        for frame, count in zip(settled.frames, settled.counts.tolist(), strict=True):
            start, end = end, end + count
            shown = tracks[start:end]
            if shown != self._shown:
                self._change(shown, frame.time_s, cut=frame.cut)
            if self._last_s is not None:
                self._frame_s = frame.time_s - self._last_s
            self._last_s = frame.time_s
            self._frames += 1

    def _change(self, shown: list[int], time_s: float, *, cut: bool) -> None:
        for number in self._open.keys() - shown:
            self._close(self._open.pop(number), time_s, "cut" if cut else "track")
        for number in shown:
            if number not in self._open:
                before = self._of.setdefault(number, [])
                if before and before[-1].ended == "track":
                    before[-1].ended = "gap"
                self._open[number] = _Appearance(time_s, self._frames)
                before.append(self._open[number])
        self._shown = shown

    def _close(self, one: _Appearance, to_s: float, ended: Ended) -> None:
        one.to_s, one.frames, one.ended = to_s, self._frames - one.first, ended

    def of(self, track: int) -> list[dict[str, Any]]:
        """For the summary: those of a track so far, in order; one that goes on ends here."""
        return [*self._described(self._of[track])]

    def _described(self, those: list[_Appearance]) -> Iterator[dict[str, Any]]:
        for one in those:
            if one.frames == 0:
                self._close(one, (self._last_s or 0.0) + self._frame_s, "video")
            yield {
                "from_s": round(one.from_s, 6),
                "to_s": round(one.to_s, 6),
                "frames": one.frames,
                "ended": one.ended,
            }
