"""The data types of the pipeline: frozen structs of arrays, checked when created.

Time is container time (integer pts and a time base). Boxes are xyxy float32 in pixels of the
upright original frame, as stored, square or not; (0, 0) is the outer corner of the first pixel.
Colour is RGB.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np


def _same_length(owner: object, **arrays: np.ndarray) -> None:
    shapes = {name: a.shape for name, a in arrays.items()}
    if len({shape[0] for shape in shapes.values()}) > 1:
        raise ValueError(f"{type(owner).__name__}: leading dimensions differ: {shapes}")


@dataclass(frozen=True)
class Colour:
    """The colour space, in the codes of ISO/IEC 23091-2 that FFmpeg uses."""

    primaries: int = 2
    transfer: int = 2
    matrix: int = 2
    "2 is unspecified; 1 BT.709, 5 and 6 BT.601, 9 BT.2020"
    full_range: bool = False
    "of the input; Frame.planes always have limited range"
    declared: int | None = None
    "the matrix to write as a tag, where ``matrix`` is only the nearest supported one"


Stretch = tuple[float, float]
"""Factors of x and y that make pixels square and keep their number."""
SQUARE: Stretch = (1.0, 1.0)


@dataclass(frozen=True)
class Chapter:
    """A named part of a video."""

    start_s: Fraction
    "container time, as is end_s"
    end_s: Fraction
    title: str


@dataclass(frozen=True)
class Metadata:
    """Tags and chapters of a container, and the streams that are not read."""

    tags: tuple[tuple[str, str], ...] = ()
    "name and value of the tags that are kept"
    chapters: tuple[Chapter, ...] = ()
    unread: tuple[str, ...] = ()
    "kinds of streams with their number, as text"


@dataclass(frozen=True)
class VideoInfo:
    """Facts about one input, as known before decoding."""

    path: Path
    width: int
    "pixels, upright (after rotation)"
    height: int
    "pixels, upright (after rotation)"
    time_base: Fraction
    "seconds per tick of pts"
    start_pts: int
    "the pts at playback time zero"
    frame_rate: Fraction
    """average frames per second from the container, or measured at its beginning if that is
    implausible; only for progress and defaults"""
    n_frames: int | None
    "expected number of frames; None if the container does not state it"
    duration_s: float | None
    "from playback time zero to the end stated by the container"
    rotation: int
    "degrees counter-clockwise, a multiple of 90, already applied to the frames"
    codec: str
    pixel_format: str
    has_audio: bool
    sample_aspect_ratio: Fraction = Fraction(1)
    "width of a pixel over its height, upright"
    colour: Colour = Colour()
    metadata: Metadata = Metadata()

    @property
    def stretch(self) -> Stretch:
        """The factors from stored pixels to display shape."""
        root = math.sqrt(self.sample_aspect_ratio)
        return root, 1 / root

    def seconds(self, pts: int) -> float:
        """Playback time of a pts."""
        base = self.time_base
        return (pts - self.start_pts) * base.numerator / base.denominator

    def frames_between(self, start_s: float | None, end_s: float | None) -> int | None:
        """How many frames the part has, by the duration and the rate; None where unknown."""
        if start_s is None and end_s is None and self.n_frames is not None:
            return self.n_frames
        if self.duration_s is None or not self.frame_rate:
            return None
        until = min(self.duration_s, end_s or self.duration_s)
        return max(0, round((until - (start_s or 0.0)) * float(self.frame_rate)))


@dataclass(frozen=True)
class Surface:
    """A decoded frame in device memory: DLPack objects."""

    luma: Any = None
    "(H, W) uint8"
    chroma: Any = None
    "(H / 2, W) or (H / 2, W / 2, 2) uint8, blue and red interleaved"
    rgb: Any = None
    "(H, W, 3) uint8, from decoders without planes"
    wants_planes: bool = False
    "whether the encoder will need Frame.planes"
    colour: Colour = Colour()
    "of luma and chroma, or that ``rgb`` is to have as planes"
    is_last: bool = True
    "the next frame may use the memory of this one, and of those before it, again"


NO_PIXELS = np.empty((0, 0, 3), np.uint8)
"""Of a frame whose pixels are no longer needed."""


@dataclass(frozen=True)
class Frame:
    """One decoded frame, upright."""

    index: int
    "position in the input, from 0, counted from the beginning of the file even if a part is read"
    pts: int
    "in VideoInfo.time_base, strictly rising"
    pixels: np.ndarray | Callable[[], np.ndarray]
    "(H, W, 3) uint8 RGB, or a function that makes it; see ``rgb``"
    planes: np.ndarray | None = None
    """(H' * 3 / 2, W') uint8 I420, H' and W' rounded up to even, limited range, matrix of
    VideoInfo.colour; owned by the frame (never the decoder's memory), may be drawn on"""
    device: object = None
    "a Surface of a device decoder, or what vidfx.device makes of it; None on the CPU"
    lent: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
    "the decoder's own planes, read-only, if ``planes`` were not requested; see ``yuv``"
    duration: int | None = None
    "in VideoInfo.time_base, from the container; the next frame's pts is more reliable"

    def without_pixels(self, device: object) -> Frame:
        """The frame with its planes alone, and with ``device``."""
        return Frame(self.index, self.pts, NO_PIXELS, self.planes, device, None, self.duration)

    @cached_property
    def rgb(self) -> np.ndarray:
        """(H, W, 3) uint8, read-only; converted on first use, which takes time."""
        return self.pixels() if callable(self.pixels) else self.pixels

    @property
    def yuv(self) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Planes (H', W') and twice (H' / 2, W' / 2), read-only; None if there is only RGB."""
        if self.planes is None:
            return self.lent
        height, width = self.planes.shape[0] * 2 // 3, self.planes.shape[1]
        chroma = self.planes[height:].reshape(2, height // 2, width // 2)
        return self.planes[:height], chroma[0], chroma[1]


@dataclass(frozen=True)
class FrameBatch:
    """Consecutive frames, with a small picture of each."""

    frames: Sequence[Frame]
    thumbnails: np.ndarray
    "(N, 32, 32, 3) float32 RGB 0..255, on the host"


@dataclass(frozen=True)
class Detections:
    """Faces of some frames, in frame order."""

    frame: np.ndarray
    "(N,) int64, Frame.index"
    box: np.ndarray
    "(N, 4) float32 xyxy px"
    score: np.ndarray
    "(N,) float32 0..1"
    landmarks: np.ndarray
    "(N, 5, 2) float32 px: left eye, right eye, nose, left and right mouth corner, as seen"
    faulty: int = 0
    "frames with invalid detections, which were left out: not finite, or far out of bounds"

    def __post_init__(self) -> None:
        _same_length(
            self, frame=self.frame, box=self.box, score=self.score, landmarks=self.landmarks
        )

    def __len__(self) -> int:
        return len(self.frame)

    @classmethod
    def empty(cls) -> Detections:
        return cls(
            np.zeros(0, np.int64),
            np.zeros((0, 4), np.float32),
            np.zeros(0, np.float32),
            np.zeros((0, 5, 2), np.float32),
        )

    @classmethod
    def joined(cls, parts: Sequence[Detections]) -> Detections:
        """All of ``parts``, which have no frame in common, in frame order."""
        if not parts:
            return cls.empty()
        order = np.argsort(np.concatenate([part.frame for part in parts]), kind="stable")
        columns = ("frame", "box", "score", "landmarks")
        return cls(
            *(np.concatenate([getattr(part, name) for part in parts])[order] for name in columns),
            faulty=sum(part.faulty for part in parts),
        )

    def rows(self, keep: np.ndarray) -> Detections:
        return Detections(self.frame[keep], self.box[keep], self.score[keep], self.landmarks[keep])


@dataclass(frozen=True)
class FaceBatch:
    """Aligned crops of detected faces."""

    row: np.ndarray
    "(N,) int64, the rows of Detections that they come from"
    crops: np.ndarray
    "(N, S, S, 3) uint8 RGB"

    def __post_init__(self) -> None:
        _same_length(self, row=self.row, crops=self.crops)


@dataclass(frozen=True)
class Prediction:
    """What a classifier read on N faces."""

    labels: tuple[str, ...]
    "empty of embeddings"
    prob: np.ndarray
    """(N, K) float32, probabilities, of which rows sum to 1, or embeddings of length 1; NaN where
    the face was not read"""
