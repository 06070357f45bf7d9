"""Reads a video with decord, where the preflight found nothing that decord decodes wrongly."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from vidfx.errors import DecodeError, UnavailableError
from vidfx.types import Frame
from vidfx.video.read.frame_source import FrameSource
from vidfx.video.read.pixels import RgbToI420
from vidfx.video.read.preflight import Preflight
from vidfx.video.read.pyav_source import PyAVSource
from vidfx_engines.cores import available_cores


@cache
def load_decord() -> Any:
    """The module, which has no types. Raises UnavailableError where it cannot be loaded."""
    # decord opens every CUDA library under site-packages/nvidia (600 MB beside a CUDA torch)
    # unless that package is not to be found; its CPU build needs none of them, and one of them
    # (nvblas) takes the place of the BLAS that torch computes with on the CPU, and crashes
    hidden = sys.modules.get("nvidia")
    sys.modules["nvidia"] = None  # pyright: ignore[reportArgumentType]
    try:
        decord: Any = importlib.import_module("decord")
    except (ImportError, OSError) as error:
        raise UnavailableError(
            f"decord cannot be loaded: {error}", hint="pip install decord2, or use --reader pyav"
        ) from error
    finally:
        if hidden is None:
            del sys.modules["nvidia"]
        else:
            sys.modules["nvidia"] = hidden
    decord.logging.set_level(decord.logging.QUIET)
    return decord


class DecordSource(FrameSource):
    """Frames of one video file, as RGB.

    Where decord fails in the middle, PyAV reads the rest if ``rescue`` is set, with a warning;
    otherwise DecodeError is raised. Raises UnavailableError where decord cannot be loaded and
    DecodeError where it cannot open the file.
    """

    name = "decord"

    def __init__(
        self,
        checked: Preflight,
        *,
        planes: bool = False,
        start_s: float | None = None,
        end_s: float | None = None,
        rescue: bool = False,
    ) -> None:
        super().__init__(start_s=start_s, end_s=end_s)
        decord = load_decord()
        self.info = checked.info
        self.warnings += [checked.shortfall] if checked.shortfall else []
        self._failures = decord.DECORDError, decord.DECORDLimitReachedError
        self._pts, self._planes, self._rescue = checked.scan.pts, planes, rescue
        try:
            self._reader: Any = decord.VideoReader(
                str(self.info.path.absolute()),
                num_threads=min(available_cores(), 16),
                # else decord repeats the frame before one that it cannot decode, without an error
                fault_tol=1e-9,
            )
        except (*self._failures, AssertionError, RuntimeError) as error:
            raise self._failed("cannot open it") from error
        if len(self._reader) != len(self._pts):
            raise self._failed(f"counts {len(self._reader)} frames instead of {len(self._pts)}")

    def close(self) -> None:
        self._reader = None

    def __iter__(self) -> Iterator[Frame]:
        to_i420 = RgbToI420(self.info.colour)
        # no seeking: it returns wrong frames where GOPs are open, and in AVI
        for index, pts in enumerate(self._pts):
            if self.is_past_end(pts):
                return
            try:
                rgb = self._next()
            except (*self._failures, RuntimeError, StopIteration) as error:
                if not self._rescue:
                    raise self._failed(f"stops at frame {index}") from error
                yield from self._rest(index)
                return
            if not self.is_before_start(pts):
                yield Frame(index, pts, rgb, to_i420(rgb) if self._planes else None)

    def _next(self) -> np.ndarray:
        rgb: np.ndarray = self._reader.next().asnumpy()
        if rgb.shape != (self.info.height, self.info.width, 3):
            raise RuntimeError(f"a picture of shape {rgb.shape}")
        rgb.setflags(write=False)
        return rgb

    def _rest(self, index: int) -> Iterator[Frame]:
        self.warnings.append(f"decord stopped; PyAV decoded the rest, from frame {index}")
        start_s = max(self.info.seconds(self._pts[index]), self.start_s or 0.0)
        rest = PyAVSource(self.info.path, planes=self._planes, start_s=start_s, end_s=self.end_s)
        with rest:
            yield from rest
        self.warnings += rest.warnings

    def _failed(self, what: str) -> DecodeError:
        return DecodeError(f"{self.info.path}: decord {what}", hint="use --reader pyav")
