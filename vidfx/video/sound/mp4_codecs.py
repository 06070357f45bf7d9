"""Which sounds MP4 can hold without re-encoding."""

# PyAV's stubs leave the parameters of some types open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import io

import av
from av.error import FFmpegError

COPIED = {"aac", "mp3", "ac3", "eac3", "alac", "opus", "flac"}
_MPEG_LAYERS = {1: "mp3", 2: "mp2", 3: "mp1"}
"by the bits of the frame header"
_SELF_DESCRIBED = {"alac", "opus", "flac"}
"MP4 stores their extradata"
_MP3_MIN_RATE = 16_000
"Hz; the MP4 muxer refuses MP3 of a lower rate"


def codec_of(packet: av.Packet[av.AudioStream]) -> str:
    """Name of the codec; MPEG audio of any layer may be declared as MP3."""
    name = packet.stream.codec_context.codec.canonical_name
    if name == "mp3":
        header = bytes(packet)[1:2]
        return _MPEG_LAYERS.get(header[0] >> 1 & 3, name) if header else name
    return name


def begins_as(codec: str, packet: av.Packet[av.AudioStream]) -> bool:
    """Whether a packet begins with the sync word of this codec."""
    head = bytes(packet)[:2]
    if len(head) < 2:
        return False
    if codec in ("ac3", "eac3"):
        return head == b"\x0b\x77"
    layer = head[1] >> 1 & 3  # 0 is AAC
    is_mpeg = head[0] == 0xFF and head[1] >> 4 in (0xE, 0xF)
    return is_mpeg and (not layer if codec == "aac" else _MPEG_LAYERS.get(layer) == codec)


def can_copy(codec: str, packet: av.Packet[av.AudioStream]) -> bool:
    """Whether players know the codec in MP4, and the muxer accepts this stream."""
    stream = packet.stream
    if codec in _SELF_DESCRIBED and not stream.codec_context.extradata:
        return False
    if codec not in COPIED or (codec == "mp3" and stream.rate < _MP3_MIN_RATE):
        return False
    return _is_taken(packet)


def _is_taken(packet: av.Packet[av.AudioStream]) -> bool:
    """Try it: the muxer may refuse a stream only when all the video is written."""
    try:
        with av.open(io.BytesIO(), "w", format="mp4") as container:
            copy = container.add_stream_from_template(packet.stream)
            alike = av.Packet(bytes(packet))
            alike.stream, alike.time_base = copy, packet.time_base
            alike.pts = alike.dts = 0
            container.mux_one(alike)
    except (FFmpegError, ValueError):
        return False
    return True


def samples_in(packet: av.Packet[av.AudioStream], stream: av.AudioStream) -> int:
    """The length of a packet in samples; the codec's frame size where timestamps are coarse."""
    samples_per_tick = packet.time_base * stream.rate
    length = round((packet.duration or 0) * samples_per_tick)
    if length and samples_per_tick <= 4:
        return length
    return stream.codec_context.frame_size or max(1, length)
