"""A file of what is drawn on each frame: written once the frames are settled, read to draw them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from vidfx.annotation.drawing.frame_labels import FrameLabels
from vidfx.errors import output_errors
from vidfx.output.strict_json import to_json
from vidfx.overlay.labels import FaceLabel
from vidfx_engines.files import create_text, part_name


class LabelFile:
    """Writes the labels of all frames, in order; the file is removed when the context ends.

    Raises OutputError.
    """

    def __init__(self, frames: Path) -> None:
        """``frames`` is the result beside which it is stored, under a temporary name."""
        path = frames.with_name(f"{frames.name}.0")
        self.file = path.with_name(part_name(path.name))

    def __enter__(self) -> LabelFile:
        with output_errors(self.file):
            self._lines = create_text(self.file, "ascii")
        return self

    def add(self, frames: Iterable[FrameLabels]) -> None:
        for frame in frames:
            labels = [vars(label) for label in frame.labels]
            with output_errors(self.file):
                line = to_json([frame.pts, frame.time_s, labels, frame.masks])
                self._lines.write(line + "\n")

    def close(self) -> None:
        """All frames are written; the file can be read."""
        with output_errors(self.file):
            self._lines.close()

    def __exit__(self, *exception: Any) -> None:
        with suppress(OSError):
            self._lines.close()
        with suppress(OSError):
            self.file.unlink()


def read_labels(file: Path) -> Iterator[FrameLabels]:
    """What a LabelFile wrote, in order."""
    with file.open(encoding="ascii") as lines:
        for line in lines:
            pts, time_s, labels, masks = json.loads(line)
            faces = [FaceLabel(**face | {"box": tuple(face["box"])}) for face in labels]
            yield FrameLabels(pts, time_s, faces, masks)
