"""Which encoder writes H.264: x264 on the CPU, or NVENC on a GPU that has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from vidfx.config import EncoderName
from vidfx.errors import UnavailableError
from vidfx.video.capabilities import NVENC, X264, encoder_opens

_NVENC_PRESETS = {
    "ultrafast": "p1", "superfast": "p2", "veryfast": "p3", "faster": "p4", "fast": "p4",
    "medium": "p5", "slow": "p6", "slower": "p7", "veryslow": "p7",
}  # fmt: skip


@dataclass(frozen=True)
class EncoderChoice:
    """An encoder of FFmpeg with its options, and why it was chosen."""

    codec: str
    options: Mapping[str, str]
    why: str = ""
    "one line"
    pixel_format: str = "yuv420p"


DEFAULT = EncoderChoice(X264, {"crf": "23", "preset": "veryfast"})


def choose_encoder(name: EncoderName, *, crf: int, preset: str, on_gpu: bool) -> EncoderChoice:
    """The encoder called ``name``; ``auto`` takes NVENC where the engines run on a GPU.

    Raises UnavailableError where NVENC is named and does not open.
    """
    x264 = EncoderChoice(X264, {"crf": str(crf), "preset": preset})
    if name == "x264":
        return replace(x264, why="x264 was asked for")
    if name == "auto" and not on_gpu:
        return replace(x264, why="x264: the engines are on the CPU")
    if not encoder_opens(NVENC):
        if name == "auto":
            return replace(x264, why="x264: NVENC does not open here (A100 and H100 have none)")
        raise UnavailableError(
            "NVENC does not open: no NVIDIA driver, or a card without an encoder",
            hint="use --encoder x264, or see vidfx doctor",
        )
    options = {"rc": "vbr", "cq": str(crf), "b": "0", "preset": _NVENC_PRESETS[preset]}
    why = "NVENC was asked for" if name == "nvenc" else "NVENC: the engines are on its GPU"
    return EncoderChoice(NVENC, options, why)
