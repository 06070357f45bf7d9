"""Which files found in a folder are media: by their suffix, and where that is ambiguous by content.

Files that the user names are tried whatever their suffix.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import BinaryIO

ANNOTATED_PICTURE = ".annotated"
"The end of the stem of an annotated photograph, which is no input."
IMAGE_SUFFIXES = frozenset(
    [
        *(".bmp", ".dib", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png"),
        *(".pnm", ".ppm", ".tif", ".tiff", ".webp"),
    ]
)
WRITABLE_PICTURES = frozenset(
    [
        *(".bmp", ".dib", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".pnm", ".ppm", ".tif"),
        *(".tiff", ".webp"),
    ]
)
"""Those of IMAGE_SUFFIXES that colour pictures are written with."""
SHARED_SUFFIXES = frozenset(
    [
        *(".dat", ".dif", ".drc", ".dv", ".m4s", ".mod", ".mpv", ".mtv", ".ogg", ".ogx", ".ps"),
        *(".psp", ".rec", ".rm", ".ts", ".tod", ".ty", ".wm"),
    ]
)
"""Suffixes that other files have too: TypeScript, tracker music, PostScript, sound in Ogg."""
VIDEO_SUFFIXES = SHARED_SUFFIXES | frozenset(
    [
        *(".264", ".265", ".266", ".360", ".3g2", ".3gp", ".3gp2", ".3gpp", ".3gpp2", ".amv"),
        *(".apng", ".asf", ".av1", ".avc", ".avi", ".avif", ".avifs", ".dav", ".divx", ".dvr-ms"),
        *(".evo", ".f4p", ".f4v", ".flc", ".fli", ".flv", ".gif", ".gxf", ".h261", ".h263"),
        *(".h264", ".h265", ".h266", ".h26l", ".heic", ".heics", ".heif", ".heifs", ".hevc"),
        *(".hif", ".insv", ".ismv", ".ivf", ".kux", ".lrf", ".lrv", ".m1v", ".m2p", ".m2t"),
        *(".m2ts", ".m2v", ".m4v", ".mj2", ".mjp2", ".mjpeg", ".mjpg", ".mk3d", ".mkv", ".mov"),
        *(".movie", ".mp2v", ".mp4", ".mp4v", ".mpe", ".mpeg", ".mpeg1", ".mpeg2", ".mpeg4"),
        *(".mpegts", ".mpg", ".mpg2", ".mpg4", ".mpv2", ".mqv", ".mts", ".mxf", ".nsv", ".nut"),
        *(".nuv", ".obu", ".ogm", ".ogv", ".pva", ".qt", ".rmvb", ".tp", ".trp", ".vc1", ".viv"),
        *(".vob", ".vro", ".vvc", ".webm", ".wmv", ".wtv", ".xvid", ".y4m"),
    ]
)
_SIGNATURES = (
    *(b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3", b"\x1f\x07\x00"),  # MPEG program, video; DV
    *(b"\x1a\x45\xdf\xa3", b"\x30\x26\xb2\x75", b"FLV\x01"),  # Matroska, ASF
    *(b"TIVO", b"\xf5\x46\x7a\xbd", b"DHAV"),
)
_OGG_VIDEO = (b"\x80theora", b"\x01video\x00", b"BBCD\x00", b"OVP80", b"\x80daala")
_TS_PACKETS = re.compile(b"(?s)(?=G.{187}G.{187}G|G.{191}G.{191}G|G.{203}G.{203}G)")
"""Three packets of an MPEG transport stream: the same sync byte, at one of three distances."""
_HEAD_BYTES = 16 << 10
_PNG = b"\x89PNG\r\n\x1a\n"
_ANIMATED = 0x02
"a flag of WebP's extended header"
_CHUNKS_SEARCHED = 64


def may_be_video(path: Path) -> bool:
    """Whether a file found in a folder is a video. Reads ambiguous ones; raises OSError."""
    suffix = path.suffix.lower()
    if suffix not in SHARED_SUFFIXES:
        return suffix in VIDEO_SUFFIXES
    with path.open("rb") as file:
        return begins_like_video(file.read(_HEAD_BYTES))


def begins_like_video(head: bytes) -> bool:
    """Whether the first bytes of a file are those of a container with video."""
    if head.startswith(b"OggS"):
        return any(mark in head for mark in _OGG_VIDEO)
    if head.startswith(b".RMF"):
        return b"realvideo" in head
    if head.startswith(b"RIFF"):
        return head[8:12] in (b"AVI ", b"CDXA")
    if head[4:8] in (b"ftyp", b"styp", b"moov", b"mdat", b"wide"):
        return True
    return head.startswith(_SIGNATURES) or _TS_PACKETS.search(head) is not None


def is_animation(path: Path) -> bool:
    """Whether a picture is an animated WebP or APNG, which is a video. Raises OSError."""
    if path.suffix.lower() not in (".png", ".webp"):
        return False
    with path.open("rb") as file:
        head = file.read(len(_PNG))
        file.seek(0)
        return is_apng(file) if head == _PNG else is_animated_webp(file.read(21))


def is_animated_webp(head: bytes) -> bool:
    """By the first 21 bytes of a file."""
    extended = head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X"
    return extended and len(head) > 20 and bool(head[20] & _ANIMATED)


def is_apng(file: BinaryIO) -> bool:
    """Whether a file, read from its beginning, is a PNG with several frames. Raises OSError."""
    if file.read(len(_PNG)) != _PNG:
        return False
    try:
        for _ in range(_CHUNKS_SEARCHED):
            length, name = struct.unpack(">I4s", file.read(8))
            if name == b"acTL":
                return struct.unpack(">I", file.read(4))[0] > 1
            if name == b"IDAT":
                return False
            file.seek(length + 4, 1)
    except struct.error:
        pass
    return False
