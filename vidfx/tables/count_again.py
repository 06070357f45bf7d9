"""The counts of a video with its corrections."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from vidfx.corrections.apply import apply
from vidfx.corrections.read import read_lines, saved_corrections
from vidfx.output.track_tally import TrackTally
from vidfx.saved.frames import read_settled
from vidfx.saved.people import people_path
from vidfx.saved.runs import load_video
from vidfx.tables.summaries import Summary, Track


def count_again(path: Path, summary: Summary) -> Summary:
    """``summary``, which is that of ``path``, with the counts of the video's corrected rows.

    Raises InputError where a line is wrong or a table is
    damaged.
    """
    if not any(read_lines(path, None)) and not people_path(path).exists():
        return summary
    video = load_video(path)
    lines = saved_corrections(video).lines
    tally = TrackTally(1 / video.frame_rate)
    faces = with_faces = 0
    for settled in apply(read_settled(video), lines):
        tally.add(settled)
        faces += len(settled.faces)
        with_faces += int(np.count_nonzero(settled.counts))
    counts = msgspec.structs.replace(summary.counts, frames_with_faces=with_faces, face_rows=faces)
    tracks = msgspec.convert(tally.described(), list[Track])
    return msgspec.structs.replace(summary, tracks=tracks, counts=counts, corrected=True)
