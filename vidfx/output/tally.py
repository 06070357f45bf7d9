"""What a video contains, counted frame by frame: the counts and tracks of its summary."""

from __future__ import annotations

from typing import Any

import numpy as np

from vidfx.output.track_tally import TrackTally
from vidfx.stages.certainty import NO_LABEL
from vidfx.stages.settled import Settled
from vidfx.types import VideoInfo


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
        self._unsure: int | None = None
        "rows without an expression; None without an engine"
        self.first_pts = info.start_pts
        "of the first frame; the start of the video while there is none"
        self.last_pts = info.start_pts
        self._tracks = TrackTally(1 / float(info.frame_rate or 25))

    def add(self, settled: Settled) -> None:
        """Count the next frames, one or more, with their faces."""
        frames, faces = settled.frames, settled.faces
        self.first_pts = self.first_pts if self.frames else frames[0].frame.pts
        self.last_pts = frames[-1].frame.pts
        self.frames += len(frames)
        self._analysed += sum(f.analysed for f in frames)
        self._cuts += sum(f.cut for f in frames)
        self._with_faces += int(np.count_nonzero(settled.counts))
        self._rows += len(faces.track)
        if faces.identity:
            self._with_target += len(np.unique(settled.place[faces.identity.are_people()]))
        if faces.emotion:
            self._unsure = (self._unsure or 0) + int((faces.emotion.index == NO_LABEL).sum())
        self._tracks.add(settled)

    def counts(self) -> dict[str, Any]:
        """For the summary."""
        return {
            "frames": self.frames,
            "frames_detected": self._analysed,
            "frames_with_faces": self._with_faces,
            "frames_with_target": self._with_target if self._recognises else None,
            "face_rows": self._rows,
            "face_rows_unsure": self._unsure,
            "tracks": len(self._tracks),
            "cuts": self._cuts,
            "first_frame_s": self._info.seconds(self.first_pts) if self.frames else None,
            "last_frame_s": self._info.seconds(self.last_pts) if self.frames else None,
        }

    def tracks(self) -> list[dict[str, Any]]:
        """For the summary: one entry per track, in the order of their numbers."""
        return self._tracks.described()
