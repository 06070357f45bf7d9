"""What the page of a folder shows: a row a video, as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vidfx.report.colours import colours_of
from vidfx.report.face_sheets import MOST
from vidfx.tables.summaries import Summary, Track


class Index:
    """Rows of videos, in which names and labels are numbers."""

    def __init__(self) -> None:
        self.videos: list[list[Any]] = []
        self._names: dict[str, int] = {"": 0}
        self._labels: dict[str, int] = {}

    def add_done(self, name: str, summary: Summary, *, has_faces: bool) -> None:
        """A finished video; ``has_faces``: there is a sheet of them."""
        hits = [hit for n, track in enumerate(summary.tracks) for hit in self._hits(n, track)]
        self.videos.append(
            [
                name,
                "done",
                summary.input.duration_s or _last_s(summary),
                len(summary.warnings),
                "",
                "",
                min(len(summary.tracks), MOST) if has_faces else 0,
                [[self._label(label), share] for label, share in _shares(summary).items()],
                hits,
            ]
        )

    def add_other(self, name: str, status: str, error: str, hint: str) -> None:
        """A video that is not done, or whose results cannot be read."""
        self.videos.append([name, status, 0, 0, error, hint, 0, [], []])

    def content(self, title: str) -> dict[str, Any]:
        labels = [*self._labels]
        return {
            "title": title,
            "labels": labels,
            "colours": colours_of(labels),
            "names": [*self._names],
            "videos": self.videos,
        }

    def _hits(self, place: int, track: Track) -> Iterator[list[Any]]:
        """The appearances of a track, the ``place``-th of its video."""
        share = track.emotion_share
        top = max(share, key=lambda label: share[label]) if share else None
        name = track.identity or ""
        spans = [(one.from_s, one.to_s) for one in track.appearances or ()]
        for from_s, to_s in spans or [(track.first_s, track.last_s)]:
            yield [
                place,
                track.track_id,
                self._names.setdefault(name, len(self._names)),
                from_s,
                round(to_s - from_s, 3),
                -1 if top is None else self._label(top),
                track.best_quality or 0,
            ]

    def _label(self, label: str) -> int:
        return self._labels.setdefault(label, len(self._labels))


def _last_s(summary: Summary) -> float:
    return max((track.last_s for track in summary.tracks), default=0.0)


def _shares(summary: Summary) -> dict[str, float]:
    """Of each expression, of all rows with one."""
    rows: dict[str, float] = {}
    for track in summary.tracks:
        certain = track.frames * (1 - (track.unsure_share or 0.0))
        for label, share in track.emotion_share.items():
            rows[label] = rows.get(label, 0.0) + share * certain
    total = sum(rows.values()) or 1.0
    return {label: round(n / total, 4) for label, n in sorted(rows.items(), key=lambda r: -r[1])}
