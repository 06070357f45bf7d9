"""The sound of an input on its way into the output: copied where MP4 takes it, else AAC."""

# PyAV's stubs leave the parameters of some types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
import av.container
from av.error import FFmpegError

from vidfx.errors import NotMediaError
from vidfx.video.container.demuxer import Demuxer, open_sound
from vidfx.video.container.metadata import copy_sound_metadata
from vidfx.video.container.protection import is_encrypted
from vidfx.video.sound.aac import JUMP, SLACK, AacMaker, Encoder, Frames, Packets, add_aac
from vidfx.video.sound.adts import Adts
from vidfx.video.sound.channels import Channels
from vidfx.video.sound.codecs import begins_as, can_copy, codec_of, samples_in

_PREROLL = Fraction(1, 10)
"seconds kept before a cut, hidden by the edit list, for decoders to begin well"
_SEEK_MARGIN = 5
"seconds to begin reading before a cut, for containers that seek roughly"
_BEYOND = 10
"""seconds; a stamp further than this behind the claimed end is a broken clock, not a gap, and so is
a gap of that length with which sound goes on after the picture"""
_MOST_EDIT = 86_400
"seconds; the same, where edit lists say when sound begins"


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
    nothing that is wrong with a sound is raised.
    """

    def __init__(
        self, output: av.container.OutputContainer, source: Path | None, window: Window
    ) -> None:
        self.warnings: list[str] = []
        self._output = output
        self._window = window
        self._input: Demuxer[av.AudioStream] | None = None
        self._packets: Packets = iter(())
        self._next: av.Packet[av.AudioStream] | None = None
        self._last_second: Fraction | None = None
        self._most_gap = Fraction(_BEYOND)
        "with which sound may go on after the picture"
        self._heard = Fraction(0)
        "end of what is written, or of the picture"
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
                break
            self._mux(self._next)
            self._advance()

    def mux_rest(self, shown: Fraction) -> None:
        """Write all that is left: also what is heard when the picture is over, but nothing far off.

        ``shown`` is the end of the picture in seconds.
        """
        self._heard = max(self._heard, shown)
        while self._next is not None:
            stamp = self._next.pts
            if stamp is not None and stamp * self._next.time_base > self._heard + self._most_gap:
                seconds = float(stamp * self._next.time_base - self._heard)
                self.warnings.append(
                    f"sound that begins {seconds:.0f} s after the end of the rest was left out"
                )
                break
            self._mux(self._next)
            self._advance()
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
            self._input = demuxer = open_sound(source)
        except NotMediaError as error:
            reason = str(error).removeprefix(f"{source}: ")
            self.warnings.append(f"the sound could not be read: it {reason}")
            return
        if demuxer is None:
            return
        container, stream = demuxer.container, demuxer.stream
        if others := len(container.streams.audio) - 1:
            self.warnings.append(f"{others} more sound streams were left out")
        if container.duration is not None and not demuxer.may_be_discontinuous:
            claimed = (container.start_time or 0) + container.duration
            self._last_second = Fraction(claimed, av.time_base) + _BEYOND
        if demuxer.format == "mov":
            self._most_gap = Fraction(_MOST_EDIT)
        self._seek(demuxer)
        packets = self._demuxed(demuxer)
        first = next(packets, None)
        if first is None:
            self.warnings.append("there is no sound in this part of the input")
            return
        packets = chain([first], packets)
        codec = codec_of(first)
        self._channels = Channels(stream)
        if is_encrypted(first):
            self.warnings.append("the sound is encrypted and was left out")
        elif can_copy(codec, first):
            self._label = f"copied {codec}"
            copy = self._output.add_stream_from_template(stream)
            copy_sound_metadata(stream, copy)
            if demuxer.may_be_discontinuous and begins_as(codec, first):
                packets = self._of_one_codec(codec, packets)
            self._packets = self._copied(packets, stream, copy)
        elif self._channels.decodable:
            self._label = f"{codec} re-encoded to aac"
            encoder = add_aac(self._output, stream.rate, self._channels.count)
            copy_sound_metadata(stream, encoder)
            self._packets = self._encoded(self._frames(packets, stream), encoder)
        else:
            self.warnings.append(
                f"the sound was left out: {codec} of {self._channels.name} is not known here"
            )
        self._advance()

    def _advance(self) -> None:
        """What goes wrong with the sound costs the sound, and never the picture."""
        try:
            self._next = next(self._packets, None)
        except (FFmpegError, ValueError, RuntimeError) as error:
            self._next = None
            self.warnings.append(f"the sound could not be kept to its end: {error}")

    def _seek(self, demuxer: Demuxer[av.AudioStream]) -> None:
        stream = demuxer.stream
        assert stream.time_base
        begin = (stream.start_time or 0) * stream.time_base
        target = self._window.zero - _SEEK_MARGIN
        # where a clock jumped, times are known to those alone who read from the beginning
        if target > begin and not demuxer.may_be_discontinuous:
            with suppress(FFmpegError):
                demuxer.container.seek(int(target / stream.time_base), stream=stream)

    def _mux(self, packet: av.Packet[av.AudioStream]) -> None:
        end = ((packet.pts or 0) + (packet.duration or 0)) * packet.time_base
        try:
            self._output.mux_one(packet)
            self._written += 1
        except (FFmpegError, ValueError):
            # what the disk refuses, it refuses of the picture and of the file's end as well
            self._damaged += 1
        self._heard = max(self._heard, end)

    def _demuxed(self, demuxer: Demuxer[av.AudioStream]) -> Packets:
        for packet in demuxer.packets(on_error=self._count_damage):
            if packet.is_corrupt:
                self._damaged += 1
            else:
                yield packet

    def _count_damage(self) -> None:
        self._damaged += 1

    def _place(self, pts: int | None, time_base: Fraction | None) -> Fraction | None:
        """Seconds in the output, None for a stamp that is missing or not to be believed."""
        if pts is None or not time_base:
            return None
        seconds = pts * time_base
        if self._last_second is not None and seconds > self._last_second:
            return None
        return seconds - self._window.zero

    def _of_one_codec(self, codec: str, packets: Packets) -> Packets:
        """Those that the copied track can hold; joined recordings go on with another codec."""
        others = 0
        for packet in packets:
            if begins_as(codec, packet):
                yield packet
            else:
                others += 1
        if others:
            self.warnings.append(f"{others} packets of the sound are no {codec} and were left out")

    def _copied(self, packets: Packets, stream: av.AudioStream, copy: av.AudioStream) -> Packets:
        """The packets as they are, stamped in samples; stamps coarser than that are refined."""
        rate = copy.rate
        end = self._window.samples(rate)
        expected = 0
        last: int | None = None
        header: Adts | None = None
        for packet in packets:
            new = Adts.of(packet)
            header = header or new
            if header and new and header != new:
                rest = chain([packet], packets)
                yield from self._converted(rest, stream, copy, header, last)
                return
            time_base = packet.time_base
            stamp = packet.pts if packet.pts is not None else packet.dts
            at = self._place(stamp, time_base)
            length = samples_in(packet, copy)
            pts = expected
            if at is not None:
                pts = round(at * rate)
                if last is not None and length / 2 < expected - pts < JUMP * rate:
                    continue  # it overlaps what was before it
                refine = last is not None and abs(pts - expected) <= time_base * rate
                if refine or (last is not None and pts <= last):
                    pts = expected
            if end is not None and pts >= end:
                return
            last, expected = pts, pts + length
            if expected <= -_PREROLL * rate:
                continue
            yield _stamped(packet, copy, pts, length)

    def _converted(
        self,
        packets: Packets,
        stream: av.AudioStream,
        copy: av.AudioStream,
        header: Adts,
        last: int | None,
    ) -> Packets:
        """Sound whose rate or channels are others from here on, encoded as the copied sound is."""
        told = False
        # until the next stamp of the container, packets are dated by the rate of those before
        for packet in self._encoded(self._frames(packets, stream), header.encoder(), slack=JUMP):
            pts = round((packet.pts or 0) * packet.time_base * copy.rate)
            if last is not None and pts <= last:
                continue  # what an encoder begins with
            if not told:
                seconds = pts / copy.rate
                self.warnings.append(
                    f"from {seconds:.1f} s on the sound has another rate or other channels, and is "
                    "encoded as what was before"
                )
                told = True
            last, length = pts, samples_in(packet, copy)
            yield _stamped(av.Packet(header.packet(bytes(packet))), copy, pts, length)

    def _encoded(self, frames: Frames, encoder: Encoder, *, slack: Fraction = SLACK) -> Packets:
        rate = encoder.sample_rate
        assert rate
        maker = AacMaker(encoder, self._place, self._window.samples(rate), slack=slack)
        yield from maker.packets(frames)
        self._damaged += maker.damaged

    def _frames(self, packets: Packets, stream: av.AudioStream) -> Frames:
        for packet in chain(packets, [None]):
            try:
                yield from map(self._channels.in_order, stream.decode(packet))
            except FFmpegError:
                self._damaged += 1


def _stamped(
    packet: av.Packet[Any], copy: av.AudioStream, pts: int, length: int
) -> av.Packet[av.AudioStream]:
    """A packet of the output stream; ``pts`` and ``length`` are in samples."""
    packet.stream = copy
    packet.time_base = Fraction(1, copy.rate)
    packet.pts = packet.dts = pts
    packet.duration = length
    return packet
