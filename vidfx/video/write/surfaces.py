"""Frames in a GPU's memory as NVENC takes them, without a copy through the host."""

# PyAV's stubs leave the parameters of some types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import av
import numpy as np

from vidfx.types import Surface

SIDE = 256
MOST_OFF = 8.0
"""Grey levels: a test picture that comes back further off, on average, was read wrongly."""


class SurfaceFrames:
    """Makes FFmpeg's frames of Surfaces of one GPU, which stay in use as long as the frames."""

    def __init__(self, gpu: int) -> None:
        """Raises ImportError or TypeError where PyAV is older than 18.1.

        Frames are in the CUDA context that torch made: FFmpeg cannot share it with flags of its
        own. Make the first ``frame`` in a thread in which that context is current.
        """
        from av.video.frame import CudaContext  # noqa: PLC0415 - older PyAVs do not have it

        self._context = CudaContext(device_id=gpu, primary_ctx=False, current_ctx=True)

    def frame(self, surface: Surface) -> av.VideoFrame:
        planes = (surface.luma, surface.chroma)
        return av.VideoFrame.from_dlpack(planes, format="nv12", cuda_context=self._context)


def why_not_read(
    codec: str,
    options: Mapping[str, str],
    frames: SurfaceFrames,
    surface_of: Callable[[np.ndarray], Surface],
) -> str | None:
    """Why an encoder does not read surfaces: it does not write a test picture that is one.

    None if it does. ``surface_of`` copies I420 planes to the GPU. Raises whatever PyAV, FFmpeg and
    the GPU's library raise.
    """
    planes = _test_picture()
    frame = frames.frame(surface_of(planes))
    encoder: Any = av.CodecContext.create(codec, "w")
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, frame.format.name
    encoder.time_base, encoder.framerate = Fraction(1, 25), Fraction(25)
    encoder.options = dict(options)
    frame.pts = 0
    decoder: Any = av.CodecContext.create("h264", "r")
    packets = [*encoder.encode(frame), *encoder.encode(None), None]
    (decoded,) = [picture for packet in packets for picture in decoder.decode(packet)]
    written: np.ndarray = decoded.to_ndarray(format="yuv420p").astype(float)
    off = float(np.abs(written - planes).mean())
    return None if off <= MOST_OFF else f"a test picture came back {off:.0f} grey levels off"


def _test_picture() -> np.ndarray:
    """(SIDE * 3 / 2, SIDE) uint8 I420: luma rises to the right, chroma downwards."""
    rows, columns = np.arange(SIDE * 3 // 2)[:, None], np.arange(SIDE)
    chroma = 64 + (rows - SIDE) % (SIDE // 4) + (rows >= SIDE * 5 // 4) * 64
    return np.where(rows < SIDE, 16 + columns * 3 // 4, chroma).astype(np.uint8)
