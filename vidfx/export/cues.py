"""Who is seen from when to when, and with which expression: rows of a track joined to cues.

A track that is not seen, or whose expression is not certain, for a short time (`spans.JOIN_S`) is
the same cue before and after.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from vidfx.export.writer import what, who
from vidfx.output.spans import is_near
from vidfx.stages.settled import Settled


@dataclass(frozen=True, order=True)
class Cue:
    """A face with one label over some time."""

    start_s: float
    end_s: float
    "the time of the first frame after it"
    track: int
    who: str
    what: str
    "the expression; empty where none is certain"

    @property
    def text(self) -> str:
        return f"{self.who}: {self.what}" if self.what else self.who


@dataclass
class _Run:
    start_s: float
    end_s: float
    who: str
    what: str
    unsure: _Run | None = None
    "the rows without an expression since its last row"

    def seen_s(self) -> float:
        return self.unsure.end_s if self.unsure else self.end_s


class Cues:
    """Makes the cues of frames that are added in order; they come in order of their starts."""

    def __init__(self, frame_s: float) -> None:
        """``frame_s`` is how long the last frame is shown."""
        self._frame_s = frame_s
        self._open: dict[int, _Run] = {}
        "by track"
        self._done: list[Cue] = []
        "a heap of those that may come after others that are open"
        self._last: tuple[float, list[tuple[int, str, str]]] | None = None
        "time and faces of the last frame, whose end is not known"

    def add(self, settled: Settled) -> Iterator[Cue]:
        """Yields the cues that can no longer change, and before which none can begin."""
        rows: list[list[tuple[int, str, str]]] = [[] for _ in settled.frames]
        faces = zip(
            settled.places, settled.faces.track.tolist(), who(settled), what(settled), strict=True
        )
        for place, track, name, label in faces:
            rows[place].append((track, name, label or ""))
        for frame, some in zip(settled.frames, rows, strict=True):
            self._end_last(frame.time_s)
            self._last = (frame.time_s, some)
        now_s = settled.frames[-1].time_s
        for track in [t for t, run in self._open.items() if not is_near(run.seen_s(), now_s)]:
            self._close(track, self._open.pop(track))
        first = min((run.start_s for run in self._open.values()), default=now_s)
        while self._done and self._done[0].start_s < first:
            yield heapq.heappop(self._done)

    def finish(self) -> Iterator[Cue]:
        """Yields all others."""
        if self._last:
            self._end_last(self._last[0] + self._frame_s)
        for track, run in self._open.items():
            self._close(track, run)
        yield from sorted(self._done)

    def _end_last(self, end_s: float) -> None:
        if self._last:
            start_s, faces = self._last
            for track, name, label in faces:
                self._add(track, _Run(start_s, end_s, name, label))

    def _add(self, track: int, row: _Run) -> None:
        run = self._open.setdefault(track, row)
        if run is row:
            return
        near = is_near(run.seen_s(), row.start_s)
        if near and (row.who, row.what) == (run.who, run.what):
            run.end_s, run.unsure = row.end_s, None
        elif near and row.who == run.who and not row.what:
            run.unsure = run.unsure or row
            run.unsure.end_s = row.end_s
            if not is_near(run.end_s, row.end_s):
                self._open[track], run.unsure = run.unsure, None
                self._close(track, run)
        else:
            self._close(track, run)
            self._open[track] = row

    def _close(self, track: int, run: _Run) -> None:
        for one in (run, run.unsure):
            if one:
                cue = Cue(one.start_s, one.end_s, track, one.who, one.what)
                heapq.heappush(self._done, cue)
