"""Reads a video with decord, where the preflight found nothing that decord gets wrong."""

from __future__ import annotations

import importlib
import sys
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache
from typing import Any, Self

import numpy as np

from vidfx.cores import cores
from vidfx.errors import DecodeError, UnavailableError
from vidfx.types import Frame
from vidfx.video.read.pixels import RgbToI420
from vidfx.video.read.preflight import Preflight
from vidfx.video.read.pyav_source import PyAVSource


@cache
def load_decord() -> Any:
    """The module, untyped as it is. Raises UnavailableError where it cannot be loaded."""
    # decord opens every CUDA library under site-packages/nvidia (600 MB beside a CUDA torch)
    # unless that package is not to be found; its CPU build needs none of them
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


class DecordSource:
    """Frames of one video file, read once, from ``start_s`` up to but without ``end_s``.

    Where decord breaks off, PyAV reads the rest if ``rescue`` is set (and ``warnings`` says so);
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
        decord = load_decord()
        self.info = checked.info
        self.warnings: list[str] = [checked.shortfall] if checked.shortfall else []
        self._failures = decord.DECORDError, decord.DECORDLimitReachedError
        self._pts, self._planes, self._rescue = checked.scan.pts, planes, rescue
        self._start_s, self._end_s = start_s, end_s
        try:
            self._reader: Any = decord.VideoReader(
                str(self.info.path.absolute()),
                num_threads=min(cores(), 16),
                # not one frame may be a repetition of its neighbour in silence
                fault_tol=1e-9,
            )
        except (*self._failures, AssertionError, RuntimeError) as error:
            raise self._failed("cannot open it") from error
        if len(self._reader) != len(self._pts):
            raise self._failed(f"counts {len(self._reader)} frames instead of {len(self._pts)}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._reader = None

    def __iter__(self) -> Iterator[Frame]:
        seconds = self.info.seconds
        start = 0 if self._start_s is None else bisect_left(self._pts, self._start_s, key=seconds)
        end = (
            len(self._pts)
            if self._end_s is None
            else bisect_left(self._pts, self._end_s, key=seconds)
        )
        to_i420 = RgbToI420(self.info.colour)
        # its seeking gives other frames than it says where GOPs are open, and in AVI
        for index in range(end):
            try:
                rgb = self._next()
            except (*self._failures, RuntimeError, StopIteration) as error:
                if not self._rescue:
                    raise self._failed(f"breaks off at frame {index}") from error
                yield from self._rest(max(index, start))
                return
            if index >= start:
                yield Frame(index, self._pts[index], rgb, to_i420(rgb) if self._planes else None)

    def _next(self) -> np.ndarray:
        rgb: np.ndarray = self._reader.next().asnumpy()
        if rgb.shape != (self.info.height, self.info.width, 3):
            raise RuntimeError(f"a picture of shape {rgb.shape}")
        rgb.setflags(write=False)
        return rgb

    def _rest(self, index: int) -> Iterator[Frame]:
        self.warnings.append(f"decord broke off; PyAV read on from frame {index}")
        start_s = self.info.seconds(self._pts[index])
        rest = PyAVSource(self.info.path, planes=self._planes, start_s=start_s, end_s=self._end_s)
        with rest:
            yield from rest
        self.warnings += rest.warnings

    def _failed(self, what: str) -> DecodeError:
        return DecodeError(f"{self.info.path}: decord {what}", hint="use --reader pyav")
