"""Encodes sound as AAC without interruption: short gaps are filled, overlaps left out."""

# PyAV's stubs leave the parameters of some types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import partial
from itertools import chain
from typing import TypeAlias

import av
import av.container
import numpy as np
from av.error import FFmpegError

Packets: TypeAlias = "Iterator[av.Packet[av.AudioStream]]"
Frames: TypeAlias = "Iterator[av.AudioFrame]"
Encoder: TypeAlias = "av.AudioStream | av.AudioCodecContext"

RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000)
"in the order of their index in ADTS (ISO/IEC 14496-3); few players play 7350"
_LAYOUTS = {8: "7.1", 6: "5.1", 5: "5.0", 4: "4.0", 3: "3.0", 2: "stereo", 1: "mono"}
_BITS_PER_CHANNEL = 96_000
SLACK_S = Fraction(1, 25)
"that timestamps may deviate from counted samples"
MOST_OVERLAP_S = Fraction(1, 2)
"a timestamp further back than this is wrong, not an overlap"
_MOST_SILENCE_S = 60
"of a gap that is encoded; a longer one becomes a gap between timestamps"
_MARGIN_S = 1
"of silence on either side of such a gap"


def add_aac(output: av.container.OutputContainer, rate: int, channels: int) -> av.AudioStream:
    """Add an encoder to ``output``, with a rate and a channel layout that players know."""
    encoder = output.add_stream("aac", rate=rate if rate in RATES else 48_000)
    _set_layout(encoder, channels)
    return encoder


def aac_encoder(rate: int, channels: int) -> av.AudioCodecContext:
    """An encoder whose packets go into a stream that exists already."""
    encoder = av.AudioCodecContext.create("aac", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.format = rate, "fltp"
    encoder.time_base = Fraction(1, rate)
    _set_layout(encoder, channels)
    return encoder


def _set_layout(encoder: Encoder, channels: int) -> None:
    channels = max(n for n in _LAYOUTS if n <= max(1, channels))
    encoder.layout = _LAYOUTS[channels]
    encoder.bit_rate = _BITS_PER_CHANNEL * channels


class AacEncoding:
    """Encodes decoded frames with ``encoder``.

    ``output_s`` returns the seconds of a frame in the output, None where they are unknown. ``end``
    is the end of the sound in samples of the output. Timestamps may deviate ``slack_s`` from
    counted samples before gaps are filled and overlaps left out.
    """

    def __init__(
        self,
        encoder: Encoder,
        output_s: Callable[[int | None, Fraction | None], Fraction | None],
        end: int | None,
        *,
        slack_s: Fraction = SLACK_S,
    ) -> None:
        self.damaged = 0
        "frames that could not be resampled"
        self._encoder, self._output_s, self._end, self._slack_s = encoder, output_s, end, slack_s
        assert encoder.sample_rate
        self._rate = encoder.sample_rate

    def packets(self, frames: Frames) -> Packets:
        """AAC, with timestamps in samples of the output."""
        rate, encoder = self._rate, self._encoder
        # the encoder gets no gaps; packets after a gap are moved by its length
        gaps: list[tuple[int, int]] = []
        count: int | None = None
        for position, samples in self._joined(frames):
            count = position if count is None else count
            skipped = position - count - (gaps[-1][1] if gaps else 0)
            if skipped:
                gaps.append((count, position - count))
            frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), "flt", encoder.layout)
            frame.sample_rate = rate
            frame.time_base = Fraction(1, rate)
            frame.pts = count
            count += len(samples)
            yield from _moved(encoder.encode(frame), gaps)
        yield from _moved(encoder.encode(None), gaps)

    def _joined(self, frames: Frames) -> Iterator[tuple[int, np.ndarray]]:
        """Positions in samples of the output, and (n, channels) float32 samples without gaps."""
        rate, end = self._rate, self._end
        slack = self._slack_s * rate
        position: int | None = None
        for at, resampled in self._resampled(frames):
            samples = resampled
            start = (position or 0) if at is None else round(at * rate)
            if position is None:
                if start + len(samples) <= 0:
                    continue
                position = max(0, start)
                samples = samples[position - start :]
            elif slack < position - start < MOST_OVERLAP_S * rate:
                samples = samples[position - start :]
            elif start - position > slack:
                if end is not None:
                    start = min(start, end)
                yield from self._silence(position, start, samples.shape[1])
                position = max(position, start)
            if end is not None and position + len(samples) >= end:
                samples = samples[: max(0, end - position)]
            if len(samples):
                yield position, samples
                position += len(samples)
            if end is not None and position >= end:
                return

    def _silence(self, begin: int, end: int, channels: int) -> Iterator[tuple[int, np.ndarray]]:
        rate = self._rate
        pieces = [(begin, end)]
        if end - begin > _MOST_SILENCE_S * rate:
            pieces = [(begin, begin + _MARGIN_S * rate), (end - _MARGIN_S * rate, end)]
        for first, last in pieces:
            for at in range(first, last, rate):
                yield at, np.zeros((min(rate, last - at), channels), np.float32)

    def _resampled(self, frames: Frames) -> Iterator[tuple[Fraction | None, np.ndarray]]:
        """Seconds in the output, if known, and (n, channels) float32 at the encoder's rate."""
        kind: tuple[str, str, int] | None = None
        # Packed, because PyAV crashes on eight planes.
        make = partial(av.AudioResampler, "flt", self._encoder.layout, self._rate)
        resampler = make()
        for frame in chain(frames, [None]):
            at = None
            if frame is not None:
                if kind != (kind := (frame.format.name, frame.layout.name, frame.sample_rate)):
                    resampler = make()
                at = self._output_s(frame.pts, frame.time_base)
                frame.pts = None
            try:
                parts = resampler.resample(frame)
            except FFmpegError:
                self.damaged += 1
                continue
            for part in parts:
                yield at, part.to_ndarray().reshape(part.samples, -1)
                at = None


def _moved(packets: Iterable[av.Packet[av.AudioStream]], gaps: list[tuple[int, int]]) -> Packets:
    """Packets moved by ``gaps``: positions and lengths, in samples."""
    for packet in packets:
        if gaps and packet.pts is not None:
            packet.pts += next((by for at, by in reversed(gaps) if packet.pts >= at), 0)
            packet.dts = packet.pts
        yield packet
