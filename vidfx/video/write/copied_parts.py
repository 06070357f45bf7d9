"""Parts of a video, cut at key frames and copied into files of their own: nothing is encoded."""

# PyAV's stubs leave the parameters of some types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.error import FFmpegError
from av.stream import Stream
from av.video.stream import VideoStream

from vidfx.errors import InputError, OutputError, output_error, output_errors
from vidfx.video.container.demuxer import Demuxer, open_video
from vidfx_engines.files import AtomicFile

SUFFIX = ".mkv"
"""Matroska takes the packets of almost any video."""
_LATE_S = 2
"""How far the sound may be behind the picture in the input."""


@dataclass(frozen=True)
class Part:
    """A part that is wanted, in playback seconds, and its file."""

    from_s: float
    to_s: float
    path: Path


@dataclass(frozen=True)
class _Packet:
    """A packet with what muxing changes."""

    packet: av.Packet[Stream]
    stream: Stream
    pts: int | None
    dts: int | None
    duration: int
    time_base: Fraction

    @classmethod
    def of(cls, packet: av.Packet[Stream]) -> _Packet:
        return cls(
            *(packet, packet.stream, packet.pts, packet.dts, packet.duration or 0),
            packet.time_base,
        )

    @property
    def shown_s(self) -> Fraction | None:
        return None if self.pts is None else self.pts * self.time_base

    @property
    def decoded_s(self) -> Fraction | None:
        return self.shown_s if self.dts is None else self.dts * self.time_base

    def moved(self, by_s: Fraction, stream: Stream) -> av.Packet[Stream]:
        packet, ticks = self.packet, round(by_s / self.time_base)
        packet.stream, packet.time_base, packet.duration = stream, self.time_base, self.duration
        packet.pts = None if self.pts is None else self.pts + ticks
        packet.dts = None if self.dts is None else self.dts + ticks
        return packet


def copy_parts(source: Path, parts: Sequence[Part], zero: Fraction) -> Iterator[tuple[Part, float]]:
    """Copy ``parts``, in order of their beginnings, in one pass; yields each when it is complete.

    With it comes where its file begins: at the last key frame before it, in playback seconds.
    ``zero`` is the container time of playback zero, in seconds. Raises InputError where the video
    cannot be cut so, OutputError.
    """
    with open_video(source) as demuxer, ExitStack() as stack:
        if demuxer.stores_dts_only or demuxer.is_raw:
            raise InputError(
                f"{source}: a {demuxer.format} file has no timestamps to cut it at",
                hint="use --cut exact",
            )
        waiting, copies = [*parts], list[_Copy]()
        group: list[_Packet] = []
        "since the last key frame"
        for raw in demuxer.packets_with_sound():
            packet = _Packet.of(raw)
            if packet.stream is demuxer.stream and raw.is_keyframe:
                copies += _begun(waiting, group, zero, packet.shown_s, demuxer, stack)
                group = []
            group.append(packet)
            for copy in copies:
                copy.add(packet)
            for copy in [copy for copy in copies if copy.ended]:
                copies.remove(copy)
                yield copy.complete()
            if not waiting and not copies:
                return
        for copy in (*copies, *_begun(waiting, group, zero, None, demuxer, stack)):
            yield copy.complete()


def _begun(
    waiting: list[Part],
    group: Sequence[_Packet],
    zero: Fraction,
    next_s: Fraction | None,
    demuxer: Demuxer[VideoStream],
    stack: ExitStack,
) -> list[_Copy]:
    """Copies of the parts that begin before the next key frame, with the packets of ``group``."""
    begun: list[_Copy] = []
    while group and waiting and (next_s is None or Fraction(waiting[0].from_s) + zero < next_s):
        copy = _Copy(waiting.pop(0), group[0], zero, demuxer)
        stack.callback(copy.discard)
        for packet in group:
            copy.add(packet)
        begun.append(copy)
    return begun


class _Copy:
    """One file while it is written."""

    def __init__(
        self, part: Part, first: _Packet, zero: Fraction, demuxer: Demuxer[VideoStream]
    ) -> None:
        """``first`` is the packet of the key frame."""
        self._part, self._zero, self._video = part, zero, demuxer.stream
        self._begin_s = first.shown_s or zero
        self._end_s = Fraction(part.to_s) + zero
        self.ended = False
        with output_errors(part.path):
            self._file = AtomicFile(part.path)
        try:
            self._output = av.open(str(self._file.writable.absolute()), "w", format="matroska")
            sounds = demuxer.sounds[:1] if demuxer.may_be_discontinuous else demuxer.sounds
            self._streams: dict[Stream, Stream] = {
                stream: self._output.add_stream_from_template(stream, opaque=True)
                for stream in (demuxer.stream, *sounds)
            }
        except (FFmpegError, ValueError) as error:
            self._file.discard()
            raise self._error(error) from error

    def add(self, packet: _Packet) -> None:
        """Copy a packet, if it belongs to the part."""
        shown, decoded = packet.shown_s, packet.decoded_s
        is_video = packet.stream is self._video
        if shown is None or decoded is None or shown < self._begin_s:
            return  # it needs frames from before the key frame
        if decoded >= self._end_s:
            self.ended |= is_video and decoded >= self._end_s + _LATE_S
            return
        try:
            self._output.mux(packet.moved(-self._begin_s, self._streams[packet.stream]))
        except (FFmpegError, ValueError) as error:
            raise self._error(error) from error

    def complete(self) -> tuple[Part, float]:
        """Give the file its name."""
        try:
            self._output.close()
        except (FFmpegError, ValueError) as error:
            raise self._error(error) from error
        with output_errors(self._part.path):
            self._file.commit()
        return self._part, float(self._begin_s - self._zero)

    def discard(self) -> None:
        """Remove the temporary file; nothing happens after ``complete``."""
        self._file.discard()
        with suppress(FFmpegError, OSError, ValueError):
            self._output.close()

    def _error(self, error: Exception) -> OutputError:
        path = self._part.path
        if isinstance(error, OSError):
            return output_error(path, error)
        return OutputError(f"cannot copy into {path}: {error}", hint="use --cut exact")
