"""The same content has the same hash under any name and date; other content has another."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vidfx.jobs.content import PIECE, content_hash


@pytest.mark.parametrize("size", [0, 1, PIECE, PIECE + 1, 10 * PIECE])
def test_name_and_date_do_not_count(size: int, tmp_path: Path) -> None:
    content = os.urandom(size)
    for name in "ab":
        (tmp_path / name).write_bytes(content)
    os.utime(tmp_path / "b", (1, 1))
    assert content_hash([tmp_path / "a"]) == content_hash([tmp_path / "b"])


def test_beginning_middle_end_size_and_order_count(tmp_path: Path) -> None:
    content = os.urandom(10 * PIECE)
    changed = [content[:-1], content + b"0"]
    for place in (0, 5 * PIECE, -1):
        other = bytearray(content)
        other[place] ^= 1
        changed.append(bytes(other))
    files = [tmp_path / str(number) for number in range(len(changed) + 1)]
    for file, some in zip(files, [content, *changed], strict=True):
        file.write_bytes(some)
    assert len({content_hash([file]) for file in files}) == len(files)
    assert content_hash(files[:2]) != content_hash(files[1::-1])
