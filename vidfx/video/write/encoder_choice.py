"""Which encoder writes H.264: x264 on the CPU, or NVENC on a GPU that has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from vidfx.errors import UnavailableError
from vidfx.result_settings import EncoderName
from vidfx.types import Surface
from vidfx.video.capabilities import NVENC, X264, encoder_opens
from vidfx.video.write.surfaces import SurfaceFrames, why_not_read

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
    surfaces: SurfaceFrames | None = None
    "makes its frames of Surfaces; None where it takes planes of the host only"


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


def reading_surfaces(
    choice: EncoderChoice, gpu: int, surface_of: Callable[[np.ndarray], Surface]
) -> EncoderChoice:
    """``choice``, reading frames in the memory of GPU number ``gpu`` if a test shows that it can.

    Else as it was; ``why`` says which. ``surface_of`` copies I420 planes to the GPU.
    """
    try:
        frames = SurfaceFrames(gpu)
        reason = why_not_read(choice.codec, choice.options, frames, surface_of)
    except Exception as error:  # noqa: BLE001 - of PyAV, FFmpeg, CUDA or torch
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:120]
    else:
        if reason is None:
            return replace(choice, surfaces=frames, why=f"{choice.why}; it reads frames there")
    return replace(choice, why=f"{choice.why}; frames go through the host ({reason})")
