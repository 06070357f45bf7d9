"""What flows through the pipeline: frozen structs of arrays, checked when they are made.

Time is container time (integer pts and a time base). Boxes are xyxy float32 in pixels of the
upright original frame, as stored, square or not; (0, 0) is the outer corner of the first pixel.
Colour is RGB.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np


def _same_length(owner: object, **arrays: np.ndarray) -> None:
    shapes = {name: a.shape for name, a in arrays.items()}
    if len({shape[0] for shape in shapes.values()}) > 1:
        raise ValueError(f"{type(owner).__name__}: leading dimensions differ: {shapes}")


@dataclass(frozen=True)
class Colour:
    """How numbers mean colours, in the codes of ISO/IEC 23091-2, as FFmpeg uses them."""

    primaries: int = 2
    transfer: int = 2
    matrix: int = 2
    "2 is unspecified; 1 BT.709, 5 and 6 BT.601, 9 BT.2020"
    full_range: bool = False
    "of the input; planes in Frame.planes are always limited"
    declared: int | None = None
    "the matrix that planes are said to have, where ``matrix`` is only the nearest that is known"


Stretch = tuple[float, float]
"""Factors of x and y that make pixels square, and leave as many of them."""
SQUARE: Stretch = (1.0, 1.0)


@dataclass(frozen=True)
class Chapter:
    """A part of a video that has a name."""

    start_s: Fraction
    "of container time, as end_s"
    end_s: Fraction
    title: str


@dataclass(frozen=True)
class Metadata:
    """What a container says beside its streams, and the streams that nobody reads."""

    tags: tuple[tuple[str, str], ...] = ()
    "name and value of those that are kept"
    chapters: tuple[Chapter, ...] = ()
    unread: tuple[str, ...] = ()
    "kinds of streams with their number, in words"


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
    "the pts that is shown at playback time zero"
    frame_rate: Fraction
    """average frames per second as the container claims, counted at its beginning where no camera
    makes what it claims; only for progress and defaults"""
    n_frames: int | None
    "frames to expect, None where the container does not say"
    duration_s: float | None
    "from playback time zero to the end that the container claims"
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
        """What leads from its pixels to what a person sees."""
        root = math.sqrt(self.sample_aspect_ratio)
        return root, 1 / root

    def seconds(self, pts: int) -> float:
        """Playback time of a pts."""
        return float((pts - self.start_pts) * self.time_base)


@dataclass(frozen=True)
class Surface:
    """What a decoder left on a device: objects that speak DLPack, valid until its next frame."""

    luma: Any = None
    "(H, W) uint8"
    chroma: Any = None
    "(H / 2, W) or (H / 2, W / 2, 2) uint8, blue and red in turn"
    rgb: Any = None
    "(H, W, 3) uint8, of decoders that give no planes"
    wants_planes: bool = False
    "whether the encoder will want Frame.planes"


@dataclass(frozen=True)
class Frame:
    """One decoded frame, upright."""

    index: int
    "position in the input, from 0, counted over the whole file also when a part is read"
    pts: int
    "in VideoInfo.time_base, strictly rising"
    pixels: np.ndarray | Callable[[], np.ndarray]
    "(H, W, 3) uint8 RGB, or what makes it; see ``rgb``"
    planes: np.ndarray | None = None
    """(H' * 3 / 2, W') uint8 I420, H' and W' rounded up to even, limited range, matrix as
    VideoInfo.colour says; owned by the frame (never the decoder's own memory), may be drawn on"""
    device: object = None
    "a Surface from a decoder on a device, and what vidfx.device makes of it; None on the host"
    lent: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
    "the decoder's own planes, where nobody asked for ``planes``; see ``yuv``"
    duration: int | None = None
    "in VideoInfo.time_base, as the container has it; the frame that follows knows better"

    @cached_property
    def rgb(self) -> np.ndarray:
        """(H, W, 3) uint8, not to be written to; made when first asked for, which takes time."""
        return self.pixels() if callable(self.pixels) else self.pixels

    @property
    def yuv(self) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """(H', W') and twice (H' / 2, W' / 2), not to be written to; None: there is only RGB."""
        if self.planes is None:
            return self.lent
        height, width = self.planes.shape[0] * 2 // 3, self.planes.shape[1]
        chroma = self.planes[height:].reshape(2, height // 2, width // 2)
        return self.planes[:height], chroma[0], chroma[1]


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
    "frames on which the detector also gave what can be no face (not finite, or out of all bounds)"

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

    def rows(self, keep: np.ndarray) -> Detections:
        return Detections(self.frame[keep], self.box[keep], self.score[keep], self.landmarks[keep])


@dataclass(frozen=True)
class Quality:
    """How much a face can be trusted, as factors 0..1."""

    size: float
    blur: float
    pose: float

    @property
    def value(self) -> float:
        return self.size * self.blur * self.pose


@dataclass(frozen=True)
class FaceBatch:
    """Aligned pictures of detected faces."""

    row: np.ndarray
    "(N,) int64, the rows of Detections that they come from"
    crops: np.ndarray
    "(N, S, S, 3) uint8 RGB"

    def __post_init__(self) -> None:
        _same_length(self, row=self.row, crops=self.crops)


@dataclass(frozen=True)
class Prediction:
    """What a classifier says of some faces."""

    labels: tuple[str, ...]
    prob: np.ndarray
    "(N, K) float32, rows sum to 1; NaN where the face was not read"


@dataclass(frozen=True)
class Reading:
    """One decision about one face: the probability of every label and the one chosen."""

    label: str
    prob: float
    probs: tuple[float, ...]
    "in the order of the engine's labels"


Source = Literal["detected", "tracked", "interpolated"]


@dataclass(frozen=True)
class Face:
    """One face of one frame, as outputs see it."""

    track_id: int
    "from 1, never used again in the same video"
    box: np.ndarray
    "(4,) float32 xyxy px"
    source: Source
    """detected: found on this frame; tracked: found below the detector's threshold where a track
    expected it; interpolated: not analysed, filled between two frames where it was found"""
    score: float | None
    "of the detector; None where interpolated"
    landmarks: np.ndarray
    "(5, 2) float32 px"
    quality: Quality | None
    identity: Reading | None
    emotion: Reading | None
    raw_identity: Reading | None
    raw_emotion: Reading | None


@dataclass(frozen=True)
class FrameResult:
    """All that is known of one frame, when nothing about it will change any more."""

    frame: Frame
    faces: tuple[Face, ...]
    analysed: bool
    "whether the detector ran on this frame"
    cut: bool
    "whether a new shot begins with this frame"
