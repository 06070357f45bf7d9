"""The people of a batch, added up over all videos."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from vidfx.notation import natural_order
from vidfx.output.overview import is_person
from vidfx.tables.rows import Cell, expression_cells
from vidfx.tables.summaries import Track


@dataclass
class _Person:
    videos: int = 0
    tracks: int = 0
    appearances: int = 0
    shown_s: float = 0.0
    frames: int = 0
    prob: float = 0.0
    "sum over frames; so are the next five"
    prob_frames: int = 0
    share: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    unsure: float = 0.0
    read: int = 0
    "frames on which expressions were read"
    mean: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    mean_frames: int = 0
    best: tuple[float, str, int] | None = None
    "quality, video and track"

    def add(self, video: str, track: Track) -> None:
        self.tracks += 1
        self.appearances += len(track.appearances or ())
        self.shown_s += track.shown_s or 0.0
        self.frames += track.frames
        if track.identity_prob is not None:
            self.prob += track.identity_prob * track.frames
            self.prob_frames += track.frames
        if track.unsure_share is not None:
            sure = (1 - track.unsure_share) * track.frames
            self.unsure += track.unsure_share * track.frames
            self.read += track.frames
            for name, share in track.emotion_share.items():
                self.share[name] += share * sure
        if track.emotion_mean:
            self.mean_frames += track.frames
            for name, mean in track.emotion_mean.items():
                self.mean[name] += mean * track.frames
        quality = track.best_quality
        if quality is not None and (self.best is None or quality > self.best[0]):
            self.best = quality, video, track.track_id

    def row(self, name: str, expressions: Sequence[str]) -> list[Cell]:
        sure = sum(self.share.values())
        return [
            *(name, self.videos, self.tracks, self.appearances, round(self.shown_s, 6)),
            *(self.frames, _mean(self.prob, self.prob_frames)),
            *expression_cells(
                {label: round(n / sure, 4) for label, n in self.share.items() if sure},
                _mean(self.unsure, self.read),
                {label: round(total / self.mean_frames, 4) for label, total in self.mean.items()},
                expressions,
            ),
            *(self.best or (None, None, None)),
        ]


class People:
    """Adds up the tracks of each named person."""

    def __init__(self) -> None:
        self._people: dict[str, _Person] = {}

    def add(self, video: str, tracks: Sequence[Track]) -> None:
        """Add those of one video."""
        named = [(track.identity, track) for track in tracks if is_person(track.identity)]
        for name in {name for name, _ in named if name is not None}:
            self._people.setdefault(name, _Person()).videos += 1
        for name, track in named:
            if name is not None:
                self._people[name].add(video, track)

    def rows(self, expressions: Sequence[str]) -> Iterator[list[Cell]]:
        """Those of ``people.csv``, in natural order of the names."""
        for name in sorted(self._people, key=natural_order):
            yield self._people[name].row(name, expressions)


def _mean(total: float, of: int) -> float | None:
    return round(total / of, 4) if of else None
