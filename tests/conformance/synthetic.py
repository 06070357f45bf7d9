"""Small videos made on the spot, every frame with its number in it.

A frame is a colour gradient with a square that moves; along its top runs the frame's number in
eight black or white blocks, the highest bit first, which ``number_in`` reads back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

BITS, BLOCK = 8, 16


def picture(number: int, width: int, height: int) -> np.ndarray:
    """(H, W, 3) uint8 RGB; at least 128 px wide and 32 px high."""
    x, y = np.arange(width), np.arange(height)[:, None]
    rgb = np.empty((height, width, 3), np.uint8)
    rgb[..., 0] = 40 + 160 * x // width
    rgb[..., 1] = 40 + 160 * y // height
    rgb[..., 2] = 200 - 120 * (x + y) // (width + height)
    left = 3 * number % (width - 16)
    rgb[BLOCK + 4 : BLOCK + 20, left : left + 16] = (230, 60, 40)
    for bit in range(BITS):
        rgb[:BLOCK, bit * BLOCK : (bit + 1) * BLOCK] = 255 * (number >> (BITS - 1 - bit) & 1)
    return rgb


def number_in(rgb: np.ndarray) -> int:
    blocks = rgb[2 : BLOCK - 2, : BITS * BLOCK].mean(axis=(0, 2)).reshape(BITS, BLOCK)
    bits = blocks[:, 3 : BLOCK - 3].mean(axis=1) > 128
    return int(sum(1 << (BITS - 1 - i) for i, bit in enumerate(bits) if bit))


@dataclass(frozen=True)
class Clip:
    """What to make; ``pts`` are in ticks of ``time_base``."""

    codec: str = "libx264"
    pix_fmt: str = "yuv420p"
    width: int = 192
    height: int = 112
    pts: list[int] = field(default_factory=lambda: [i * 40 for i in range(48)])
    time_base: Fraction = Fraction(1, 1000)
    options: dict[str, str] = field(default_factory=dict[str, str])
    mux: dict[str, str] = field(default_factory=dict[str, str])
    format: str | None = None
    rotation: int = 0
    mirrored: bool = False
    colour: tuple[int, int] = (2, 0)
    "matrix and range"
    hidden: int = 0
    "leading frames that an edit list takes out of the playback"
    sound: bool = False
    bit_rate: int = 400_000

    def write(self, path: Path) -> Path:
        # the mov muxer makes an edit list of what lies before time zero
        shift = self.pts[self.hidden] * self.time_base if self.hidden else 0
        mux = {"avoid_negative_ts": "disabled"} if shift or self.pts[0] else {}
        with av.open(str(path), "w", format=self.format, options=mux | self.mux) as out:
            stream = out.add_stream(
                self.codec, rate=25, options=_QUICK.get(self.codec, {}) | self.options
            )
            stream.width, stream.height, stream.pix_fmt = self.width, self.height, self.pix_fmt
            stream.codec_context.time_base = self.time_base
            stream.bit_rate = self.bit_rate
            stream.gop_size = 12
            stream.codec_context.colorspace, stream.codec_context.color_range = self.colour
            if self.rotation or self.mirrored:
                stream.set_display_rotation(self.rotation, hflip=self.mirrored)
            audio = out.add_stream("aac", rate=48_000) if self.sound else None
            for number, pts in enumerate(self.pts):
                frame = av.VideoFrame.from_ndarray(
                    picture(number, self.width, self.height), "rgb24"
                ).reformat(
                    format=self.pix_fmt,
                    dst_colorspace=self.colour[0] if self.colour[0] == 1 else 5,
                    dst_color_range=self.colour[1] or 1,
                )
                frame.pts, frame.time_base = pts, self.time_base
                for packet in stream.encode(frame):
                    out.mux(_earlier(packet, shift))
            for packet in stream.encode(None):
                out.mux(_earlier(packet, shift))
            if audio:
                _add_sound(out, audio, float(self.pts[-1] * self.time_base))
        return path


_QUICK = {
    "libx264": {"preset": "veryfast", "bf": "2"},
    "libx265": {
        "preset": "ultrafast",
        "x265-params": "log-level=none:keyint=12:bframes=3:open-gop=0",
    },
    "libvpx": {"deadline": "realtime", "cpu-used": "8"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
}


def _earlier(packet: av.Packet, shift: Fraction | int) -> av.Packet:
    ticks = round(shift / packet.time_base)
    packet.pts -= ticks
    packet.dts -= ticks
    return packet


def _add_sound(out: av.container.OutputContainer, audio: av.AudioStream, seconds: float) -> None:
    tone = np.sin(np.arange(1024) * 0.05, dtype=np.float32)[None] * 0.1
    for i in range(int(seconds * 48_000) // 1024):
        frame = av.AudioFrame.from_ndarray(tone, "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, i * 1024, Fraction(1, 48_000)
        out.mux(audio.encode(frame))
    out.mux(audio.encode(None))
