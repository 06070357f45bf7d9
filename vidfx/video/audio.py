"""The sound of an input on its way into the output: copied where MP4 takes it, else AAC."""

# PyAV's stubs leave the parameters of some types open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TypeAlias

import av
import av.container
import numpy as np
from av.error import FFmpegError
from av.stream import Disposition

_COPIED = {"aac", "mp3", "ac3", "eac3", "alac", "opus", "flac"}
_MPEG_LAYERS = {1: "mp3", 2: "mp2", 3: "mp1"}
"by the bits of the frame header"
_SELF_DESCRIBED = {"alac", "opus", "flac"}
"MP4 needs their extradata"
_MP3_MIN_RATE = 16_000
"the MP4 muxer takes no slower MP3"
_AAC_RATES = {96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000}
_AAC_LAYOUTS = {8: "7.1", 6: "5.1", 5: "5.0", 4: "4.0", 3: "3.0", 2: "stereo", 1: "mono"}
_AAC_BITS_PER_CHANNEL = 96_000

_PREROLL = Fraction(1, 10)
"seconds kept before a cut, hidden by the edit list, for decoders to begin well"
_SLACK = Fraction(1, 25)
"seconds that stamps may stray from counted samples before the sound is mended"
_JUMP = Fraction(1, 2)
"seconds; a stamp further back than this is a broken clock, not an overlap"
_SEEK_MARGIN = 5
"seconds to begin reading before a cut, for containers that seek roughly"
_BEYOND = 10
"seconds; a stamp further than this behind the claimed end is a broken clock, not a gap"
_MAX_ERRORS = 100
"failures to read on, after which the rest of the sound is given up"

Packets: TypeAlias = "Iterator[av.Packet[av.AudioStream]]"
Frames: TypeAlias = "Iterator[av.AudioFrame]"


@dataclass(frozen=True)
class Window:
    """The part of an input to keep, in seconds of container time."""

    zero: Fraction
    "what becomes time zero of the output"
    end: Fraction | None = None

    def samples(self, rate: int) -> int | None:
        """Where the window ends, in samples of the output."""
        return None if self.end is None else round((self.end - self.zero) * rate)


class Sound:
    """The default (else the first) audio stream of ``source``, written into ``output``.

    Adds its stream to ``output`` at once; packets follow by ``mux_until`` and ``mux_rest``,
    never more in memory than the muxer interleaves. Damage is skipped and told in ``warnings``;
    only failures to write are raised, as FFmpegError.
    """

    def __init__(
        self, output: av.container.OutputContainer, source: Path | None, window: Window
    ) -> None:
        self.warnings: list[str] = []
        self._output = output
        self._window = window
        self._input: av.container.InputContainer | None = None
        self._packets: Packets = iter(())
        self._next: av.Packet[av.AudioStream] | None = None
        self._last_second: Fraction | None = None
        self._label = "none"
        self._written = 0
        self._damaged = 0
        if source is not None:
            self._open(source)

    @property
    def label(self) -> str:
        """'copied <codec>', '<codec> re-encoded to aac', or 'none' while nothing is written."""
        return self._label if self._written else "none"

    def mux_until(self, seconds: Fraction) -> None:
        """Write what is heard before ``seconds`` of the output."""
        while self._next is not None:
            stamp = self._next.pts
            if stamp is not None and stamp * self._next.time_base >= seconds:
                return
            self._mux(self._next)
            self._next = next(self._packets, None)

    def mux_rest(self) -> None:
        """Write all that is left."""
        while self._next is not None:
            self._mux(self._next)
            self._next = next(self._packets, None)
        if self._damaged:
            self.warnings.append(f"{self._damaged} damaged sound packets were skipped")
        if self._label != "none" and not self._written:
            self.warnings.append("nothing of the sound could be kept")

    def close(self) -> None:
        """Let go of the input."""
        self._next = None
        self._packets = iter(())
        if self._input is not None:
            self._input.close()

    def _open(self, source: Path) -> None:
        try:
            self._input = av.open(
                str(source.absolute()),
                container_options={"protocol_whitelist": "file"},
                metadata_errors="replace",
            )
        except (FFmpegError, OSError) as error:
            self.warnings.append(f"the sound could not be read: {error.strerror}")
            return
        usable = [s for s in self._input.streams.audio if s.codec_context and s.rate > 0]
        if not usable:
            return
        stream = next((s for s in usable if s.disposition & Disposition.default), usable[0])
        if len(usable) > 1:
            self.warnings.append(f"{len(usable) - 1} more sound streams were left out")
        for other in self._input.streams:
            # PyAV before 17 cannot leave packets unread.
            if other.index != stream.index and hasattr(other, "discard"):
                other.discard = type(other.discard).all
        if self._input.duration is not None:
            claimed = (self._input.start_time or 0) + self._input.duration
            self._last_second = Fraction(claimed, av.time_base) + _BEYOND
        self._seek(stream)
        packets = self._demuxed(stream)
        first = next(packets, None)
        if first is None:
            self.warnings.append("there is no sound in this part of the input")
            return
        packets = chain([first], packets)
        codec = _codec(first)
        if _can_copy(codec, stream):
            self._label = f"copied {codec}"
            copy = self._output.add_stream_from_template(stream)
            self._packets = self._copied(packets, copy)
        else:
            self._label = f"{codec} re-encoded to aac"
            self._packets = self._encoded(
                self._frames(packets, stream), _add_aac(self._output, stream)
            )
        self._next = next(self._packets, None)

    def _seek(self, stream: av.AudioStream) -> None:
        assert self._input is not None and stream.time_base
        begin = (stream.start_time or 0) * stream.time_base
        target = self._window.zero - _SEEK_MARGIN
        if target > begin:
            with suppress(FFmpegError):
                self._input.seek(int(target / stream.time_base), stream=stream)

    def _mux(self, packet: av.Packet[av.AudioStream]) -> None:
        try:
            self._output.mux_one(packet)
            self._written += 1
        except ValueError:
            # Invalid data or argument; PyAV has renamed its own classes between versions.
            self._damaged += 1

    def _demuxed(self, stream: av.AudioStream) -> Packets:
        assert self._input is not None
        for _ in range(_MAX_ERRORS):
            try:
                for packet in self._input.demux(stream):
                    if packet.is_corrupt:
                        self._damaged += 1
                    # An empty packet would tell a decoder that this is the end.
                    elif packet.size:
                        yield packet
                return
            except IndexError:
                # PyAV meets a stream that began in the middle of the file.
                return
            except FFmpegError:
                self._damaged += 1
        self.warnings.append("the sound is too damaged to be read to its end")

    def _place(self, pts: int | None, time_base: Fraction | None) -> Fraction | None:
        """Seconds in the output, None for a stamp that is missing or not to be believed."""
        if pts is None or not time_base:
            return None
        seconds = pts * time_base
        if self._last_second is not None and seconds > self._last_second:
            return None
        return seconds - self._window.zero

    def _copied(self, packets: Packets, copy: av.AudioStream) -> Packets:
        """The packets as they are, stamped in samples; stamps coarser than that are refined."""
        rate = copy.rate
        end = self._window.samples(rate)
        expected = 0
        last: int | None = None
        for packet in packets:
            time_base = packet.time_base
            stamp = packet.pts if packet.pts is not None else packet.dts
            at = self._place(stamp, time_base)
            pts = expected
            if at is not None:
                pts = round(at * rate)
                refine = last is not None and abs(pts - expected) <= time_base * rate
                if refine or (last is not None and pts <= last):
                    pts = expected
            if end is not None and pts >= end:
                return
            length = _samples(packet, copy)
            last, expected = pts, pts + length
            if expected <= -_PREROLL * rate:
                continue
            packet.stream = copy
            packet.time_base = Fraction(1, rate)
            packet.pts = packet.dts = pts
            packet.duration = length
            yield packet

    def _encoded(self, frames: Frames, encoder: av.AudioStream) -> Packets:
        """AAC of the decoded sound, from where it begins without a break to its end."""
        rate = encoder.rate
        for position, samples in self._joined(frames, encoder):
            frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), "flt", encoder.layout)
            frame.sample_rate = rate
            frame.time_base = Fraction(1, rate)
            frame.pts = position
            yield from encoder.encode(frame)
        yield from encoder.encode(None)

    def _joined(self, frames: Frames, encoder: av.AudioStream) -> Iterator[tuple[int, np.ndarray]]:
        """Pieces of sound and where they belong, in samples: gaps filled, overlaps left out."""
        rate = encoder.rate
        slack = _SLACK * rate
        end = self._window.samples(rate)
        position: int | None = None
        for at, heard in self._resampled(frames, encoder):
            samples = heard
            start = (position or 0) if at is None else round(at * rate)
            if position is None:
                if start + len(samples) <= 0:
                    continue
                position = max(0, start)
                samples = samples[position - start :]
            elif slack < position - start < _JUMP * rate:
                samples = samples[position - start :]
            elif start - position > slack:
                if end is not None:
                    start = min(start, end)
                for begin in range(position, start, rate):
                    yield begin, np.zeros((min(rate, start - begin), samples.shape[1]), np.float32)
                position = max(position, start)
            if end is not None and position + len(samples) >= end:
                samples = samples[: max(0, end - position)]
            if len(samples):
                yield position, samples
                position += len(samples)
            if end is not None and position >= end:
                return

    def _resampled(
        self, frames: Frames, encoder: av.AudioStream
    ) -> Iterator[tuple[Fraction | None, np.ndarray]]:
        """Seconds in the output, if known, and (n, channels) float32 as the encoder takes it."""
        kind: tuple[str, str, int] | None = None
        # Packed, because PyAV crashes on eight planes.
        make = partial(av.AudioResampler, "flt", encoder.layout, encoder.rate)
        resampler = make()
        for frame in chain(frames, [None]):
            at = None
            if frame is not None:
                if kind != (kind := (frame.format.name, frame.layout.name, frame.sample_rate)):
                    resampler = make()
                at = self._place(frame.pts, frame.time_base)
                frame.pts = None
            try:
                parts = resampler.resample(frame)
            except FFmpegError:
                self._damaged += 1
                continue
            for part in parts:
                yield at, part.to_ndarray().reshape(part.samples, -1)
                at = None

    def _frames(self, packets: Packets, stream: av.AudioStream) -> Frames:
        for packet in chain(packets, [None]):
            try:
                yield from stream.decode(packet)
            except FFmpegError:
                self._damaged += 1


def _codec(packet: av.Packet[av.AudioStream]) -> str:
    """Name of the codec; MPEG audio of any layer may be declared as MP3."""
    name = packet.stream.codec_context.codec.canonical_name
    if name == "mp3":
        header = bytes(packet)[1:2]
        return _MPEG_LAYERS.get(header[0] >> 1 & 3, name) if header else name
    return name


def _can_copy(codec: str, stream: av.AudioStream) -> bool:
    if codec in _SELF_DESCRIBED and not stream.codec_context.extradata:
        return False
    return codec in _COPIED and not (codec == "mp3" and stream.rate < _MP3_MIN_RATE)


def _add_aac(output: av.container.OutputContainer, source: av.AudioStream) -> av.AudioStream:
    """An encoder for the sound of ``source``, in a rate and a layout that players know."""
    encoder = output.add_stream("aac", rate=source.rate if source.rate in _AAC_RATES else 48_000)
    channels = max(n for n in _AAC_LAYOUTS if n <= max(1, source.channels))
    encoder.layout = _AAC_LAYOUTS[channels]
    encoder.bit_rate = _AAC_BITS_PER_CHANNEL * channels
    return encoder


def _samples(packet: av.Packet[av.AudioStream], stream: av.AudioStream) -> int:
    """The length of a packet in samples; coarse stamps give way to the codec's frame size."""
    length = round((packet.duration or 0) * packet.time_base * stream.rate)
    if length and packet.time_base * stream.rate <= 4:
        return length
    return stream.codec_context.frame_size or max(1, length)
