"""What every reader is: a source of frames, and of warnings about the file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Self

from vidfx.types import Frame, VideoInfo


class FrameSource(ABC):
    """Upright frames in presentation order, one at a time; read once, then closed.

    Frames from ``start_s`` up to but excluding ``end_s`` are read, in playback seconds; None is
    the beginning or the end of the file.
    """

    name: str
    "pyav, decord, images, or the decoder on a GPU"
    info: VideoInfo
    warnings: list[str]
    "what was wrong with the file, a sentence each; complete after the last frame"

    def __init__(self, *, start_s: float | None = None, end_s: float | None = None) -> None:
        self.warnings = []
        self.start_s, self.end_s = start_s, end_s

    @abstractmethod
    def __iter__(self) -> Iterator[Frame]:
        """Frames with strictly rising PTS. Raises DecodeError where reading cannot go on."""

    def close(self) -> None:  # noqa: B027 - readers of pictures hold no file open
        """Release the file."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def is_before_start(self, pts: int) -> bool:
        return self.start_s is not None and self.info.seconds(pts) < self.start_s

    def is_past_end(self, pts: int) -> bool:
        return self.end_s is not None and self.info.seconds(pts) >= self.end_s
