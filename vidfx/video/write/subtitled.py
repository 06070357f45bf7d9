"""A copy of a video with subtitles in it, as Matroska: nothing is encoded."""

# PyAV's stubs leave the parameters of some types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
from av.error import FFmpegError
from av.stream import Stream

from vidfx.errors import InputError, OutputError
from vidfx.types import Chapter
from vidfx.video.container.demuxer import open_video
from vidfx.video.container.metadata import metadata_of, write_metadata
from vidfx_engines.files import AtomicFile


def copy_with_subtitles(
    source: Path,
    subtitles: Path,
    chapters: Sequence[Chapter],
    zero: Fraction,
    file: AtomicFile,
) -> None:
    """Write the main video of ``source`` and its sounds with ``subtitles``, an ASS file.

    ``zero`` is the container time of the input, in seconds, that is time zero of the subtitles;
    ``chapters`` are in container time too. Raises InputError where the input cannot be read or
    copied, OutputError where the copy cannot be written.
    """
    with open_video(source) as demuxer:
        if demuxer.stores_dts_only or demuxer.is_raw:
            raise InputError(
                f"{source}: a {demuxer.format} file has no timestamps to copy",
                hint="use --to ass, which plays beside any video",
            )
        metadata = replace(metadata_of(demuxer), chapters=tuple(chapters))
        try:
            with (
                av.open(str(subtitles), format="ass") as lines,
                av.open(str(file.writable.absolute()), "w", format="matroska") as output,
            ):
                text = lines.streams.subtitles[0]
                copies: dict[Stream, Stream] = {
                    stream: output.add_stream_from_template(stream, opaque=True)
                    for stream in (demuxer.stream, *demuxer.sounds, text)
                }
                write_metadata(output, metadata, zero, None)
                moved = _moved(demuxer.packets_with_sound(), -zero)
                for packet in _by_time(moved, lines.demux()):
                    packet.stream = copies[packet.stream]
                    output.mux(packet)
        except (FFmpegError, ValueError) as error:
            raise OutputError(
                f"cannot copy {source} into {file.path}: {error}",
                hint="use --to ass, which plays beside any video",
            ) from error


def _moved(packets: Iterator[av.Packet[Stream]], seconds: Fraction) -> Iterator[av.Packet[Stream]]:
    for packet in packets:
        ticks = round(seconds / packet.time_base)
        packet.pts = None if packet.pts is None else packet.pts + ticks
        packet.dts = None if packet.dts is None else packet.dts + ticks
        yield packet


def _by_time(
    packets: Iterator[av.Packet[Stream]], lines: Iterator[av.Packet[Stream]]
) -> Iterator[av.Packet[Stream]]:
    """``packets``, and each of ``lines`` before those that come later."""
    line = next(lines, None)
    for packet in packets:
        now = packet.dts if packet.dts is not None else packet.pts
        while line and now is not None and line.pts is not None:
            if line.pts * line.time_base > now * packet.time_base:
                break
            yield line
            line = next(lines, None)
        yield packet
    while line and line.size:
        yield line
        line = next(lines, None)
