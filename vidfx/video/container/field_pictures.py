"""Field pictures of H.264 (ITU-T H.264, 7.3 and 7.4): two packets form one frame."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import av
from av.video.stream import VideoStream

_SLICES = (1, 5)
_SPS = 7
_HIGH_PROFILES = (100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135)
_HEADER_BYTES = 24
"of a slice; all fields that are read lie within"


@dataclass(frozen=True)
class _Syntax:
    """The syntax of slice headers, from the sequence parameter set."""

    frames_only: bool
    separate_planes: bool
    frame_num_bits: int


class FieldPairs:
    """Finds the packets with the second field of a frame."""

    def __init__(self, stream: VideoStream) -> None:
        self.count = 0
        "second fields so far"
        self.last_was_second = False
        self._first: tuple[int, bool] | None = None
        "frame number of a first field, and whether it is the bottom one"
        self._length_bytes = 0
        self._syntax: _Syntax | None = None
        "None where every packet holds a whole frame"
        header = stream.codec_context.extradata
        if stream.codec_context.name == "h264" and header and len(header) > 8:
            self._read(header)

    def _read(self, header: bytes) -> None:
        units = _units(header, 0)
        if header[0] == 1:  # avcC (ISO/IEC 14496-15), not a byte stream
            self._length_bytes = (header[4] & 3) + 1
            units = iter([header[8:]])
        for unit in units:
            if unit[:1] and unit[0] & 31 == _SPS:
                with suppress(IndexError):
                    syntax = _sequence(_Bits(unit[1:]))
                    self._syntax = None if syntax.frames_only else syntax

    def is_second(self, packet: av.Packet[VideoStream]) -> bool:
        """Whether this packet is a second field. Call it for every packet, in order."""
        if self._syntax is None:
            return False
        field = self._field(bytes(packet), self._syntax)
        self.last_was_second = (
            field is not None
            and self._first is not None
            and self._first == (field[0], not field[1])
        )
        self._first = None if self.last_was_second else field
        self.count += self.last_was_second
        return self.last_was_second

    def _field(self, data: bytes, syntax: _Syntax) -> tuple[int, bool] | None:
        """Frame number and whether it is the bottom field; None for a whole frame."""
        first: tuple[int, bool] | None = None
        for unit in _units(data, self._length_bytes):
            if not unit or unit[0] & 31 not in _SLICES:
                continue
            try:
                field = _slice(_Bits(unit[1:_HEADER_BYTES]), syntax)
            except IndexError:
                return None
            if field is None or (first is not None and field != first):
                return None  # this packet has both fields
            first = field
        return first


def _slice(bits: _Bits, syntax: _Syntax) -> tuple[int, bool] | None:
    for _ in range(3):  # first_mb_in_slice, slice_type, pic_parameter_set_id
        bits.golomb()
    if syntax.separate_planes:
        bits.take(2)
    frame_num = bits.take(syntax.frame_num_bits)
    return (frame_num, bool(bits.take(1))) if bits.take(1) else None


def _sequence(bits: _Bits) -> _Syntax:
    profile = bits.take(24) >> 16
    bits.golomb()  # seq_parameter_set_id
    separate = False
    if profile in _HIGH_PROFILES:
        chroma = bits.golomb()
        separate = chroma == 3 and bool(bits.take(1))
        bits.golomb()  # bit_depth_luma_minus8
        bits.golomb()
        bits.take(1)
        if bits.take(1):
            for number in range(12 if chroma == 3 else 8):
                _skip_scaling_list(bits, 16 if number < 6 else 64)
    frame_num_bits = bits.golomb() + 4
    order = bits.golomb()
    if order == 0:
        bits.golomb()
    elif order == 1:
        bits.take(1)
        bits.golomb()
        bits.golomb()
        for _ in range(bits.golomb()):
            bits.golomb()
    bits.golomb()  # max_num_ref_frames
    bits.take(1)
    bits.golomb()  # pic_width_in_mbs_minus1
    bits.golomb()
    return _Syntax(bool(bits.take(1)), separate, frame_num_bits)


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    if not bits.take(1):
        return
    last = following = 8
    for _ in range(size):
        if following:
            code = bits.golomb()
            following = (last + (code + 1 >> 1 if code & 1 else -(code >> 1))) % 256
        last = following or last


def _units(data: bytes, length_bytes: int) -> Iterator[bytes]:
    """NAL units of a packet, after start codes or, if not 0, lengths of ``length_bytes`` bytes."""
    position = 0
    if length_bytes:
        while position + length_bytes < len(data):
            size = int.from_bytes(data[position : position + length_bytes], "big")
            position += length_bytes
            yield data[position : position + size]
            position += size
        return
    begin = data.find(b"\0\0\1")
    while begin >= 0:
        end = data.find(b"\0\0\1", begin + 3)
        yield data[begin + 3 : end if end >= 0 else None]
        begin = end


class _Bits:
    """Reads bits of a NAL unit, most significant first. Raises IndexError past the end."""

    def __init__(self, data: bytes) -> None:
        self._data = data.replace(b"\0\0\3", b"\0\0")
        self._position = 0

    def take(self, count: int) -> int:
        value = 0
        for position in range(self._position, self._position + count):
            value = value << 1 | self._data[position >> 3] >> 7 - position % 8 & 1
        self._position += count
        return value

    def golomb(self) -> int:
        """Unsigned Exp-Golomb code."""
        zeros = 0
        while not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)
