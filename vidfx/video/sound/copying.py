"""Copies the packets of a sound into the output, with timestamps counted in samples."""

# PyAV's stubs leave the parameters of some types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from fractions import Fraction
from itertools import chain
from math import ceil, floor
from typing import Any

import av

from vidfx.video.sound.aac import MOST_OVERLAP_S, Packets
from vidfx.video.sound.adts import Adts
from vidfx.video.sound.mp4_codecs import begins_as, samples_in
from vidfx.video.sound.reader import SoundReader

_PREROLL_S = Fraction(1, 10)
"kept before a cut and hidden by the edit list, so that decoders have a beginning"


class SoundCopy:
    """The packets of ``reader`` as they are, for the output stream ``copy``."""

    def __init__(self, reader: SoundReader, copy: av.AudioStream) -> None:
        self.warnings: list[str] = []
        self._reader, self._copy = reader, copy
        self._time_base = Fraction(1, copy.rate)

    def of_one_codec(self, codec: str, packets: Packets) -> Packets:
        """Those that begin like ``codec``: joined recordings may continue with another one."""
        others = 0
        for packet in packets:
            if begins_as(codec, packet):
                yield packet
            else:
                others += 1
        if others:
            self.warnings.append(f"{others} packets of the sound are not {codec} and were left out")

    def packets(self, packets: Packets) -> Packets:
        """With timestamps in samples of the output; coarser timestamps are refined by counting."""
        rate = self._copy.rate
        end = self._reader.window.samples(rate)
        most_overlap, preroll = float(MOST_OVERLAP_S * rate), ceil(_PREROLL_S * rate)
        expected = step = 0
        known_base: Fraction | None = None
        "that of ``step``, the whole samples between two timestamps of the input"
        last: int | None = None
        header: Adts | None = None
        for packet in packets:
            new = Adts.of(packet)
            header = header or new
            if header and new and header != new:
                yield from self._converted(chain([packet], packets), header, last)
                return
            time_base = packet.time_base
            timestamp = packet.pts if packet.pts is not None else packet.dts
            at = self._reader.output_s(timestamp, time_base)
            length = samples_in(packet, self._copy)
            pts = expected
            if at is not None:
                pts = round(at * rate)
                if last is not None and length / 2 < expected - pts < most_overlap:
                    continue  # it overlaps the packet before it
                if time_base != known_base:
                    known_base, step = time_base, floor(time_base * rate)
                refine = last is not None and abs(pts - expected) <= step
                if refine or (last is not None and pts <= last):
                    pts = expected
            if end is not None and pts >= end:
                return
            last, expected = pts, pts + length
            if expected <= -preroll:
                continue
            yield self._stamped(packet, pts, length)

    def _converted(self, packets: Packets, header: Adts, last: int | None) -> Packets:
        """Sound whose rate or channels change here, encoded with those of the copied packets."""
        has_warned = False
        # up to the container's next timestamp, packets are dated by the rate of those before
        encoded = self._reader.encoded(packets, header.encoder(), slack_s=MOST_OVERLAP_S)
        for packet in encoded:
            pts = round((packet.pts or 0) * packet.time_base * self._copy.rate)
            if last is not None and pts <= last:
                continue  # the encoder's priming samples
            if not has_warned:
                seconds = pts / self._copy.rate
                self.warnings.append(
                    f"from {seconds:.1f} s on the sound has another rate or other channels, and is "
                    "encoded like the sound before"
                )
                has_warned = True
            last, length = pts, samples_in(packet, self._copy)
            yield self._stamped(av.Packet(header.packet(bytes(packet))), pts, length)

    def _stamped(self, packet: av.Packet[Any], pts: int, length: int) -> av.Packet[av.AudioStream]:
        """A packet of the output stream; ``pts`` and ``length`` are in samples."""
        packet.stream = self._copy
        packet.time_base = self._time_base
        packet.pts = packet.dts = pts
        packet.duration = length
        return packet
