"""What a video contains, counted frame by frame: the counts and tracks of its summary."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from vidfx.stages.smooth import UNKNOWN
from vidfx.types import Face, FrameResult, Reading, VideoInfo
from vidfx_engines.spec import OTHER


@dataclass
class _TrackTally:
    first_s: float
    last_s: float = 0.0
    frames: int = 0
    sources: Counter[str] = field(default_factory=Counter[str])
    emotions: Counter[str | None] = field(default_factory=Counter[str | None])
    identity: Reading | None = None
    quality: float = 0.0

    def add(self, face: Face, time_s: float) -> None:
        self.last_s = time_s
        self.frames += 1
        self.sources[face.source] += 1
        self.identity = face.identity
        self.quality = max(self.quality, face.quality.value if face.quality else 0.0)
        if face.emotion:
            self.emotions[face.emotion.label] += 1

    def describe(self, number: int) -> dict[str, Any]:
        return {
            "track_id": number,
            "first_s": round(self.first_s, 6),
            "last_s": round(self.last_s, 6),
            "frames": self.frames,
            "sources": dict(self.sources),
            "identity": self.identity.label if self.identity else None,
            "identity_prob": round(self.identity.prob, 4) if self.identity else None,
            "emotion_share": {
                label: round(n / self.emotions.total(), 4)
                for label, n in sorted((k, n) for k, n in self.emotions.items() if k is not None)
            },
            "best_quality": round(self.quality, 4),
        }


class Tally:
    """Counts the frames, faces and tracks of one video. ``add`` takes its frames in order."""

    def __init__(self, info: VideoInfo, *, recognises: bool) -> None:
        self._info = info
        self._recognises = recognises
        self.frames = 0
        self._analysed = 0
        self._cuts = 0
        self._with_faces = 0
        self._with_target = 0
        self._rows = 0
        self.first_pts = info.start_pts
        "of the first frame; the start of the video while there is none"
        self.last_pts = info.start_pts
        self._tracks: dict[int, _TrackTally] = {}

    def add(self, result: FrameResult) -> None:
        time_s = self._info.seconds(result.frame.pts)
        self.first_pts = self.first_pts if self.frames else result.frame.pts
        self.last_pts = result.frame.pts
        self.frames += 1
        self._analysed += result.analysed
        self._cuts += result.cut
        self._with_faces += bool(result.faces)
        self._rows += len(result.faces)
        names = {f.identity.label for f in result.faces if f.identity}
        self._with_target += bool(names - {OTHER, UNKNOWN})
        for face in result.faces:
            self._tracks.setdefault(face.track_id, _TrackTally(time_s)).add(face, time_s)

    def counts(self) -> dict[str, Any]:
        """For the summary."""
        return {
            "frames": self.frames,
            "frames_detected": self._analysed,
            "frames_with_faces": self._with_faces,
            "frames_with_target": self._with_target if self._recognises else None,
            "face_rows": self._rows,
            "tracks": len(self._tracks),
            "cuts": self._cuts,
            "first_frame_s": self._info.seconds(self.first_pts) if self.frames else None,
            "last_frame_s": self._info.seconds(self.last_pts) if self.frames else None,
        }

    def tracks(self) -> list[dict[str, Any]]:
        """For the summary: one entry per track, in the order of their numbers."""
        return [track.describe(number) for number, track in sorted(self._tracks.items())]
