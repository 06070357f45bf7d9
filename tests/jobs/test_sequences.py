"""The rule by which the pictures of a folder are frames of a video."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from vidfx.jobs.sequences import LEAST, are_frames


def png(size: int, width: int = 64) -> bytes:
    """So many bytes, of which the header is right."""
    return (b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, 48)).ljust(size, b"x")


def jpeg(size: int, *, exif_tag: int | None = None) -> bytes:
    head = b"\xff\xd8"
    if exif_tag:
        tiff = b"MM\0*" + struct.pack(">IHHHII", 8, 1, exif_tag, 2, 1, 0)
        exif = b"Exif\0\0" + tiff
        head += b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    head += b"\xff\xc0" + struct.pack(">HBHHB", 8, 8, 48, 64, 0)
    return (head + b"\xff\xda").ljust(size, b"x")


def folder(root: Path, pattern: str, contents: list[bytes], first: int = 1) -> list[str]:
    names = [pattern.format(number) for number in range(first, first + len(contents))]
    for name, content in zip(names, contents, strict=True):
        (root / name).write_bytes(content)
    return names


ALIKE = [1000 + 10 * (i % 3) for i in range(LEAST)]
VARIED = [1000 + 400 * (i % 3) for i in range(LEAST)]


@pytest.mark.parametrize(
    ("pattern", "sizes", "frames"),
    [
        ("frame{:04}.png", VARIED[:2], True),
        ("talk_frame-{}.png", VARIED, True),
        ("{:06}.png", ALIKE, True),
        ("{:08}.png", ALIKE, True),
        ("talk-{:04}.png", ALIKE, True),
        ("talk2_{}.png", ALIKE, True),
        ("{:06}.png", VARIED, False),  # numbered photographs of one size
        ("George_W_Bush_{:04}.png", VARIED, False),
        ("talk-{:04}.png", ALIKE[:-1], False),
        ("IMG_{:04}.png", ALIKE, False),
        ("DSC0{:04}.png", ALIKE, False),
        ("P10{:05}.png", ALIKE, False),
        ("dscn{:04}.png", ALIKE, False),
        ("IMG-20230101-WA{:04}.png", ALIKE, False),
        ("scan {:03}.png", ALIKE, False),
    ],
)
def test_names_and_file_sizes_decide(
    tmp_path: Path, pattern: str, sizes: list[int], frames: bool
) -> None:
    assert are_frames(tmp_path, folder(tmp_path, pattern, [png(n) for n in sizes])) is frames


def test_the_order_of_the_names_does_not_matter(tmp_path: Path) -> None:
    names = folder(tmp_path, "frame{}.png", [png(900)] * 11)
    assert are_frames(tmp_path, sorted(names, reverse=True))


@pytest.mark.parametrize("change", ["gap", "other", "twice", "suffix"])
def test_names_that_do_not_count_up(tmp_path: Path, change: str) -> None:
    names = folder(tmp_path, "frame{:02}.png", [png(900)] * 5)
    odd = {"gap": "frame07.png", "other": "cover.png", "twice": "frame003.png"}.get(change)
    (tmp_path / (odd or "frame06.bmp")).write_bytes(png(900))
    assert not are_frames(tmp_path, [*names, odd or "frame06.bmp"])


def test_frames_have_one_size_and_no_data_of_a_camera(tmp_path: Path) -> None:
    assert are_frames(tmp_path, folder(tmp_path, "frame{}.jpg", [jpeg(900)] * 5))
    for tag in (0x010F, 0x0132):
        contents = [jpeg(900)] * 4 + [jpeg(900, exif_tag=tag)]
        assert not are_frames(tmp_path, folder(tmp_path, "frame{}.jpg", contents))
    assert are_frames(tmp_path, folder(tmp_path, "frame{}.jpg", [jpeg(900, exif_tag=0x0112)] * 5))
    contents = [png(900), png(900), png(900, width=65)]
    assert not are_frames(tmp_path, folder(tmp_path, "frame{}.png", contents))


def test_one_picture_is_no_sequence(tmp_path: Path) -> None:
    assert not are_frames(tmp_path, folder(tmp_path, "frame{}.png", [png(900)]))


@pytest.mark.parametrize("content", [b"", b"\xff\xd8", b"\xff\xd8\xff\xe1\0", b"\x89PNG"])
def test_headers_that_are_cut_off_say_nothing(tmp_path: Path, content: bytes) -> None:
    assert are_frames(tmp_path, folder(tmp_path, "frame{}.jpg", [content] * 3))
