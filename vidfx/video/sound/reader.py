"""Reads the sound of an input: packets, decoded frames, and their times in the output."""

# PyAV's stubs leave the parameters of some types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import chain

import av
from av.error import FFmpegError

from vidfx.video.container.demuxer import Demuxer
from vidfx.video.sound.aac import SLACK_S, AacEncoding, Encoder, Frames, Packets
from vidfx.video.sound.channels import Channels

_SEEK_MARGIN_S = 5
"before a cut, for containers that seek roughly"
MOST_GAP_S = 10
"""A timestamp further than this after the end that the container claims is wrong, and so is a gap
of that length with which sound continues after the picture."""


@dataclass(frozen=True)
class Window:
    """The part of an input to keep, in seconds of container time."""

    zero: Fraction
    "what becomes time zero of the output"
    end: Fraction | None = None

    def samples(self, rate: int) -> int | None:
        """The end of the window in samples of the output; None where there is none."""
        return None if self.end is None else round((self.end - self.zero) * rate)


class SoundReader:
    """The sound of an input. Damaged packets are skipped and counted; no FFmpegError is raised."""

    def __init__(self, demuxer: Demuxer[av.AudioStream], window: Window) -> None:
        self.stream, self.window = demuxer.stream, window
        self.damaged = 0
        "packets so far that could not be read or decoded"
        self._demuxer = demuxer
        self._latest_s: Fraction | None = None
        "later timestamps are wrong"
        container = demuxer.container
        if container.duration is not None and not demuxer.may_be_discontinuous:
            claimed = (container.start_time or 0) + container.duration
            self._latest_s = Fraction(claimed, av.time_base) + MOST_GAP_S
        self._seek()

    @cached_property
    def channels(self) -> Channels:
        return Channels(self.stream)

    def packets(self) -> Packets:
        """In decoding order, from a little before the window; read once."""
        for packet in self._demuxer.packets(on_error=self._count_damage):
            if packet.is_corrupt:
                self._count_damage()
            else:
                yield packet

    def encoded(
        self, packets: Packets, encoder: Encoder, *, slack_s: Fraction = SLACK_S
    ) -> Packets:
        """``packets`` encoded again as AAC, with timestamps in samples of the output."""
        assert encoder.sample_rate
        end = self.window.samples(encoder.sample_rate)
        encoding = AacEncoding(encoder, self.output_s, end, slack_s=slack_s)
        yield from encoding.packets(self._frames(packets))
        self.damaged += encoding.damaged

    def output_s(self, pts: int | None, time_base: Fraction | None) -> Fraction | None:
        """Seconds in the output; None for a timestamp that is missing or not plausible."""
        if pts is None or not time_base:
            return None
        seconds = pts * time_base
        if self._latest_s is not None and seconds > self._latest_s:
            return None
        return seconds - self.window.zero

    def close(self) -> None:
        self._demuxer.close()

    def _seek(self) -> None:
        assert self.stream.time_base
        begin = (self.stream.start_time or 0) * self.stream.time_base
        target = self.window.zero - _SEEK_MARGIN_S
        # discontinuities are found only by reading from the beginning
        if target > begin and not self._demuxer.may_be_discontinuous:
            with suppress(FFmpegError):
                offset = int(target / self.stream.time_base)
                self._demuxer.container.seek(offset, stream=self.stream)

    def _frames(self, packets: Packets) -> Frames:
        for packet in chain(packets, [None]):
            try:
                yield from map(self.channels.in_order, self.stream.decode(packet))
            except FFmpegError:
                self._count_damage()

    def _count_damage(self) -> None:
        self.damaged += 1
