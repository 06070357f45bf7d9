"""``NAME.mot.txt``: a line for each face in the text format of MOTChallenge."""

from __future__ import annotations

import numpy as np

from vidfx.export.writer import TextWriter
from vidfx.stages.settled import Settled


class Mot(TextWriter):
    """Frames, and pixels of the picture, count from 1; a row without a score has -1."""

    def add(self, settled: Settled) -> None:
        faces = settled.faces
        frames = np.array([frame.frame.index for frame in settled.frames], np.int64)
        score = np.nan_to_num(faces.score, nan=-1.0)
        size = faces.box[:, 2:] - faces.box[:, :2]
        rows = zip(
            (frames[settled.place] + 1).tolist(),
            faces.track.tolist(),
            (faces.box[:, :2] + 1).tolist(),
            size.tolist(),
            score.tolist(),
            strict=True,
        )
        self.text.writelines(
            f"{frame},{track},{left:.2f},{top:.2f},{width:.2f},{height:.2f},{conf:.4g},-1,-1,-1\n"
            for frame, track, (left, top), (width, height), conf in rows
        )

    def finish(self) -> None:
        self.close()
