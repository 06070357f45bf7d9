"""Reads a video with a decoder on the GPU; frames stay there as Surfaces.

Each decoder is checked first for a reason why it cannot read the file. Where all of them have one,
the frames are decoded on the CPU and uploaded, which is right for every file.
"""

# The libraries here have no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import importlib
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from vidfx.config import Reader
from vidfx.errors import DecodeError, UnavailableError
from vidfx.types import Frame, Surface, VideoInfo
from vidfx.video.container.formats import FORMATS
from vidfx.video.read.frame_source import FrameSource
from vidfx.video.read.preflight import Preflight, preflight

NOTHING = np.empty((0, 0, 3), np.uint8)
BATCH_BYTES = 256 << 20
MAX_BATCH = 64
"""Frames that PyNvVideoCodec decodes ahead, and gives together: 64 of 1080p have 199 MB."""
BT709 = 1
EIGHT_BIT = ("yuv420p", "yuvj420p", "nv12")
Surfaces = Generator[Surface]


class DeviceSource(FrameSource):
    """Frames whose ``device`` is a Surface and whose ``rgb`` is empty."""

    def __init__(self, name: str, checked: Preflight, surfaces: Surfaces) -> None:
        super().__init__()
        self.name, self.info = name, checked.info
        self._pts = checked.scan.pts
        self._surfaces = surfaces

    def __iter__(self) -> Iterator[Frame]:
        count = 0
        for index, surface in enumerate(self._read()):
            if index >= len(self._pts):
                raise DecodeError(
                    f"{self.info.path}: {self.name} gives more frames than the file has",
                    hint="use --reader pyav",
                )
            count += 1
            yield Frame(index, self._pts[index], NOTHING, None, surface)
        if count < len(self._pts):
            self.warnings.append(f"{len(self._pts) - count} of its frames could not be decoded")

    def _read(self) -> Surfaces:
        """Raises DecodeError for whatever a decoder raises: each library has its own errors."""
        try:
            yield from self._surfaces
        except Exception as error:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise DecodeError(
                f"{self.info.path}: {self.name} stopped: {lines[-1][:200]}",
                hint="use --reader pyav, which skips damaged frames",
            ) from error

    def close(self) -> None:
        self._surfaces.close()


def open_on_device(
    path: Path, gpu: int, reader: Reader, *, planes: bool, part: bool
) -> tuple[DeviceSource | None, str]:
    """A reader on GPU number ``gpu``, or None for the CPU; and why.

    ``part``: not the whole file is read, which only the readers on the CPU do exactly.
    Raises NotMediaError, and UnavailableError where ``reader`` names a decoder that cannot read
    this file here.
    """
    checked = preflight(path)
    reasons: list[str] = []
    for name, why_not, surfaces in DECODERS:
        if reader not in ("auto", name):
            continue
        task = _Decoding(path, gpu, planes, checked.info)
        reason = "only a part is read" if part else why_not(checked, task, named=reader == name)
        if reason is None:
            source = DeviceSource(name, checked, surfaces(task))
            if name == "decord-cuda" and checked.info.colour.matrix == BT709:
                source.warnings.append("decord reads BT.709 as BT.601 on a GPU: colours are wrong")
            others = f" (not {'; '.join(reasons)})" if reasons else ""
            return source, f"{name}: decoded on the GPU{others}"
        reasons.append(f"{name}: {reason}")
    if reader != "auto":
        raise UnavailableError(f"{path}: {reasons[0]}", hint="use --reader auto")
    return None, f"decoded on the CPU and sent to the GPU (not {'; '.join(reasons)})"


@dataclass(frozen=True)
class _Decoding:
    path: Path
    gpu: int
    planes: bool
    info: VideoInfo

    def surface(self, *, is_last: bool = True, **memory: Any) -> Surface:
        return Surface(**memory, wants_planes=self.planes, colour=self.info.colour, is_last=is_last)

    @property
    def batch(self) -> int:
        """Frames that are decoded ahead."""
        frame_bytes = self.info.width * self.info.height * 3 // 2
        return max(1, min(MAX_BATCH, BATCH_BYTES // frame_bytes))


def _why_not_nvdec(checked: Preflight) -> str | None:
    """Why no decoder on a GPU gives the right pictures; None where they do."""
    info = checked.info
    if checked.unusual:
        return checked.unusual
    if info.pixel_format not in EIGHT_BIT:
        return f"{info.pixel_format} is not eight bits, 4:2:0"
    if info.rotation:
        return "it is rotated, which is not undone on the GPU"
    if info.width % 2 or info.height % 2:
        return "its size is odd"
    return checked.scan.fault or checked.changes


def _why_not_decord(checked: Preflight, task: _Decoding, *, named: bool) -> str | None:
    if checked.objection:
        return checked.objection
    if checked.info.colour.matrix == BT709 and not named:
        return "it reads BT.709 as BT.601"
    reason = _why_not_nvdec(checked)
    if reason:
        return reason
    try:
        decord: Any = importlib.import_module("decord")
        decord.VideoReader(str(task.path), ctx=decord.gpu(task.gpu))
    except Exception as error:  # noqa: BLE001 - a build without CUDA raises errors of its own
        text = str(error).strip().splitlines()
        return f"this decord was built without CUDA, or cannot: {text[-1][:80] if text else error}"
    return None


def _decord(task: _Decoding) -> Surfaces:
    decord: Any = importlib.import_module("decord")
    reader = decord.VideoReader(str(task.path), ctx=decord.gpu(task.gpu))
    for _ in range(len(reader)):
        yield task.surface(rgb=reader.next().to_dlpack())


def _nvcodec_why_not(checked: Preflight, task: _Decoding, *, named: bool) -> str | None:
    if find_spec("PyNvVideoCodec") is None:
        return "PyNvVideoCodec is not installed (pip install 'vidfx[gpu]')"
    try:
        importlib.import_module("PyNvVideoCodec")
    except Exception as error:  # noqa: BLE001 - without a driver its import raises RuntimeError
        return f"PyNvVideoCodec does not load: {str(error).splitlines()[0][:80]}"
    return _why_not_nvdec(checked)


def _nvcodec(task: _Decoding) -> Surfaces:
    library: Any = importlib.import_module("PyNvVideoCodec")
    decoder = library.ThreadedDecoder(
        str(task.path),
        task.batch,
        task.gpu,
        use_device_memory=True,
        output_color_type=library.OutputColorType.NATIVE,
    )
    try:
        while frames := decoder.get_batch_frames(task.batch):
            for i, frame in enumerate(frames, 1):
                luma, chroma = frame.cuda()
                yield task.surface(luma=luma, chroma=chroma, is_last=i == len(frames))
    finally:
        decoder.end()


def _pyav_why_not(checked: Preflight, task: _Decoding, *, named: bool) -> str | None:
    import av.codec.hwaccel as hw  # noqa: PLC0415 - loaded where it is used

    if "cuda" not in hw.hwdevices_available():
        return "this PyAV has no CUDA"
    try:
        next(_pyav(task))
    except Exception as error:  # noqa: BLE001 - a missing driver has many kinds of error
        return f"PyAV cannot decode it on a GPU: {str(error).splitlines()[0][:80]}"
    return _why_not_nvdec(checked)


def _pyav(task: _Decoding) -> Surfaces:
    import av  # noqa: PLC0415 - loaded where it is used
    from av.codec.hwaccel import HWAccel  # noqa: PLC0415

    accel = HWAccel("cuda", device=str(task.gpu), allow_software_fallback=False, is_hw_owned=True)
    options = {"protocol_whitelist": "file", "format_whitelist": FORMATS}
    with av.open(
        f"file:{task.path}",
        hwaccel=accel,
        metadata_errors="replace",
        container_options=options,
    ) as container:
        for frame in container.decode(video=0):
            yield task.surface(luma=frame.planes[0], chroma=frame.planes[1])


DECODERS: tuple[tuple[Reader, Callable[..., str | None], Callable[[_Decoding], Surfaces]], ...] = (
    ("decord-cuda", _why_not_decord, _decord),
    ("nvcodec", _nvcodec_why_not, _nvcodec),
    ("pyav-cuda", _pyav_why_not, _pyav),
)
"""Best first: name, the reason why not or None, and the surfaces."""
