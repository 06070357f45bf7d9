"""When rows are one span. There are two rules, since spans have two kinds of readers.

Frame by frame, a span ends before the first frame without a row: where programs read it (the
appearances of a summary, which `appearances` follows while a video is annotated, the lanes of a
report, boxes over a player, the tracks of annotation tools) it says what the rows say, and no more.

In seconds, rows that are ``JOIN_S`` apart or less are one span: people read or watch it (subtitles,
ELAN; clips have it as ``--join``), and to them a face that is missed for a few frames did not go.
"""

from __future__ import annotations

import numpy as np

JOIN_S = 0.5


def is_near(end_s: float, start_s: float, join_s: float = JOIN_S) -> bool:
    """Whether a span goes on.

    ``end_s`` is when its last frame ends, which is when the next frame of the video begins;
    ``start_s`` is the time of the next row.
    """
    return start_s - end_s <= join_s


def spans(frame: np.ndarray, *same: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first and the last row of each span of a track, frame by frame, as (M,) int64.

    ``frame`` (N,) are the numbers of the frames, rising; values of ``same`` (N,) do not change
    within a span.
    """
    return runs(frame - np.arange(len(frame)), *same)


def runs(*columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first and the last of rows that follow each other and are the same, as (M,) int64."""
    new = np.ones(len(columns[0]), bool)
    new[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    return np.flatnonzero(new), np.flatnonzero(np.append(new[1:], True)[: len(new)])
