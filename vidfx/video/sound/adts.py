"""The header before every packet of AAC in a transport stream (ISO/IEC 13818-7, 6.2)."""

from __future__ import annotations

from dataclasses import dataclass, field

import av

from vidfx.video.sound.aac import RATES, aac_encoder

_SIZE = 7
"bytes, without a checksum"


@dataclass(frozen=True)
class Adts:
    """The format of a packet; packets with equal formats fit into one track."""

    rate_number: int
    channels: int
    header: bytes = field(compare=False)

    @classmethod
    def of(cls, packet: av.Packet[av.AudioStream]) -> Adts | None:
        """None where the packet has no such header."""
        if packet.stream.codec_context.name != "aac" or packet.size < _SIZE:
            return None
        header = bytes(packet)[:_SIZE]
        number = header[2] >> 2 & 15
        if header[0] != 0xFF or header[1] & 0xF6 != 0xF0 or number >= len(RATES):
            return None
        return cls(number, (header[2] & 1) << 2 | header[3] >> 6, header)

    def encoder(self) -> av.AudioCodecContext:
        """An encoder for the same track."""
        return aac_encoder(RATES[self.rate_number], self.channels or 2)

    def packet(self, encoded: bytes) -> bytes:
        """A packet of that encoder with such a header."""
        header, size = bytearray(self.header), _SIZE + len(encoded)
        header[1] |= 1  # no checksum
        header[3] = header[3] & 0xFC | size >> 11
        header[4] = size >> 3 & 0xFF
        header[5] = (size & 7) << 5 | 0x1F
        header[6] = 0xFC
        return bytes(header) + encoded
