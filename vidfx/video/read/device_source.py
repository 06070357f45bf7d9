"""Reading a video on the GPU: frames stay there as Surfaces, from whichever decoder can.

What each cannot do is a reason, found out before it is tried. The last resort is to decode on the
CPU and send the frames from pinned memory, which is right for every file.
"""

# The libraries here have no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import importlib
from collections.abc import Callable, Generator, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import numpy as np

from vidfx.config import Reader
from vidfx.errors import DecodeError, UnavailableError
from vidfx.types import Frame, Surface, VideoInfo
from vidfx.video.container.formats import FORMATS
from vidfx.video.container.kinds import kind_of
from vidfx.video.read.preflight import Preflight, preflight

NOTHING = np.empty((0, 0, 3), np.uint8)
BUFFER = 16
"""Frames that PyNvVideoCodec holds; the consumer copies each before it asks for the next."""
BT709 = 1
EIGHT_BIT = ("yuv420p", "yuvj420p", "nv12")
Decoded = Generator[Surface]


class DeviceSource:
    """See vidfx.video.read.source.FrameSource; ``Frame.device`` is a Surface, ``rgb`` is empty."""

    def __init__(self, name: str, checked: Preflight, surfaces: Decoded) -> None:
        self.name = name
        self.info: VideoInfo = checked.info
        self.warnings: list[str] = []
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

    def _read(self) -> Decoded:
        """What a decoder raises in the middle becomes one line. Its kinds of error are many."""
        try:
            yield from self._surfaces
        except Exception as error:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise DecodeError(
                f"{self.info.path}: {self.name} stopped: {lines[-1][:200]}",
                hint="use --reader pyav, which goes on past damage",
            ) from error

    def close(self) -> None:
        self._surfaces.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...


def open_on_device(
    path: Path, gpu: int, reader: Reader, *, planes: bool, part: bool
) -> tuple[DeviceSource | None, str]:
    """A reader on GPU number ``gpu``, or None for the CPU; and why.

    ``part`` says that only a part of the file is wanted, which the CPU's readers find exactly.
    Raises UnavailableError where ``reader`` names one that cannot read this file here.
    """
    if kind_of(path) != "video":
        return None, "pictures are read on the CPU"
    checked = preflight(path)
    reasons: list[str] = []
    for name, why_not, surfaces in DECODERS:
        if reader not in ("auto", name):
            continue
        wanted = _Wanted(path, gpu, planes)
        reason = "only a part is read" if part else why_not(checked, wanted, named=reader == name)
        if reason is None:
            source = DeviceSource(name, checked, surfaces(wanted))
            if name == "decord-cuda" and checked.info.colour.matrix == BT709:
                source.warnings.append("decord reads BT.709 as BT.601 on a GPU: colours are off")
            told = "; ".join(reasons)
            return source, f"{name}: decoded on the GPU" + (f" (not {told})" if told else "")
        reasons.append(f"{name}: {reason}")
    if reader != "auto":
        raise UnavailableError(f"{path}: {reasons[0]}", hint="use --reader auto")
    return None, f"decoded on the CPU and sent to the GPU (not {'; '.join(reasons)})"


class _Wanted:
    def __init__(self, path: Path, gpu: int, planes: bool) -> None:
        self.path, self.gpu, self.planes = path, gpu, planes


def _objection(checked: Preflight) -> str | None:
    """What no decoder of a GPU gets right."""
    info = checked.info
    if checked.unusual:
        return checked.unusual
    if info.pixel_format not in EIGHT_BIT:
        return f"{info.pixel_format} is not eight bits, 4:2:0"
    if info.rotation:
        return "it is turned, which is not undone on the GPU"
    if info.width % 2 or info.height % 2:
        return "its size is odd"
    return checked.scan.fault or checked.changes


def _decord_why_not(checked: Preflight, wanted: _Wanted, *, named: bool) -> str | None:
    if checked.objection:
        return checked.objection
    if checked.info.colour.matrix == BT709 and not named:
        return "it reads BT.709 as BT.601"
    reason = _objection(checked)
    if reason:
        return reason
    try:
        decord: Any = importlib.import_module("decord")
        decord.VideoReader(str(wanted.path), ctx=decord.gpu(wanted.gpu))
    except Exception as error:  # noqa: BLE001 - a build without CUDA raises its own kind of error
        text = str(error).strip().splitlines()
        return f"this decord was built without CUDA, or cannot: {text[-1][:80] if text else error}"
    return None


def _decord(wanted: _Wanted) -> Decoded:
    decord: Any = importlib.import_module("decord")
    reader = decord.VideoReader(str(wanted.path), ctx=decord.gpu(wanted.gpu))
    for _ in range(len(reader)):
        yield Surface(rgb=reader.next().to_dlpack(), wants_planes=wanted.planes)


def _nvcodec_why_not(checked: Preflight, wanted: _Wanted, *, named: bool) -> str | None:
    if find_spec("PyNvVideoCodec") is None:
        return "PyNvVideoCodec is not installed (pip install 'vidfx[gpu]')"
    try:
        importlib.import_module("PyNvVideoCodec")
    except Exception as error:  # noqa: BLE001 - without a driver its import raises RuntimeError
        return f"PyNvVideoCodec does not load: {str(error).splitlines()[0][:80]}"
    return _objection(checked)


def _nvcodec(wanted: _Wanted) -> Decoded:
    library: Any = importlib.import_module("PyNvVideoCodec")
    decoder = library.ThreadedDecoder(
        str(wanted.path),
        BUFFER,
        wanted.gpu,
        use_device_memory=True,
        output_color_type=library.OutputColorType.NATIVE,
    )
    try:
        while frames := decoder.get_batch_frames(BUFFER):
            for frame in frames:
                luma, chroma = frame.cuda()
                yield Surface(luma, chroma, wants_planes=wanted.planes)
    finally:
        decoder.end()


def _pyav_why_not(checked: Preflight, wanted: _Wanted, *, named: bool) -> str | None:
    import av.codec.hwaccel as hw  # noqa: PLC0415 - loaded where it is wanted

    if "cuda" not in hw.hwdevices_available():
        return "this PyAV has no CUDA"
    try:
        next(_pyav(wanted))
    except Exception as error:  # noqa: BLE001 - FFmpeg has many names for a driver that is missing
        return f"PyAV cannot decode it on a GPU: {str(error).splitlines()[0][:80]}"
    return _objection(checked)


def _pyav(wanted: _Wanted) -> Decoded:
    import av  # noqa: PLC0415 - loaded where it is wanted
    from av.codec.hwaccel import HWAccel  # noqa: PLC0415

    accel = HWAccel("cuda", device=str(wanted.gpu), allow_software_fallback=False, is_hw_owned=True)
    options = {"protocol_whitelist": "file", "format_whitelist": FORMATS}
    with av.open(
        f"file:{wanted.path}",
        hwaccel=accel,
        metadata_errors="replace",
        container_options=options,
    ) as container:
        for frame in container.decode(video=0):
            yield Surface(frame.planes[0], frame.planes[1], wants_planes=wanted.planes)


DECODERS: tuple[tuple[Reader, Callable[..., str | None], Callable[[_Wanted], Decoded]], ...] = (
    ("decord-cuda", _decord_why_not, _decord),
    ("nvcodec", _nvcodec_why_not, _nvcodec),
    ("pyav-cuda", _pyav_why_not, _pyav),
)
"""Best first: name, why not, and the surfaces."""
