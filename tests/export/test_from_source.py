"""Pictures of the input: its copy with subtitles, and thumbnails."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from benchmarks import clips
from tests.export.exported_videos import HOSTILE, exported, two_people
from vidfx.errors import InputError
from vidfx.saved.runs import SavedVideo

SIZE = (64, 48)


def packets(path: Path, kind: str) -> list[tuple[Fraction, bytes]]:
    with av.open(str(path)) as container:
        stream = next(s for s in container.streams if s.type == kind)
        return [
            (Fraction(p.pts or 0) * p.time_base, bytes(p))
            for p in container.demux(stream)
            if p.size
        ]


def video_of(source: Path, **settings: Any) -> SavedVideo:
    """Results beside ``source``."""
    stat = source.stat()
    entry = [source.name, stat.st_size, stat.st_mtime_ns]
    return two_people(source.parent, fingerprint={"input": [entry], "settings": settings})


def test_nothing_is_encoded_and_lines_are_in_time(tmp_path: Path) -> None:
    source = tmp_path / "talk.mp4"
    clips.write_clip(source, clips.demo_frames(SIZE, seconds=2), SIZE)
    (file,) = exported(video_of(source), "mkv", tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["talk.mp4.overlay.mkv"]
    shifts: set[int] = set()
    for kind in ("video", "audio"):
        before, after = packets(source, kind), packets(file, kind)
        assert [data for _, data in before] == [data for _, data in after]
        times = zip(before, after, strict=True)
        shifts |= {round((new - old) * 100) for (old, _), (new, _) in times}
    (shift,) = shifts  # Matroska begins at 0, where the sound begins before the picture
    lines = packets(file, "subtitle")
    assert round(lines[0][0] * 100) == shift
    assert lines[0][1] == b"0,0,Box,,0,0,0,,{\\move(10,20,15,20)\\p1}m 0 0 l 40 0 40 50 0 50"
    assert [time for time, _ in lines] == sorted(time for time, _ in lines)
    with av.open(str(file)) as container:
        assert container.chapters()[0]["metadata"]["title"] == f"Shot 1: {HOSTILE}".replace(
            "\n", " "
        )


def test_a_missing_input_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"talk\.mp4\.summary\.json: its source video is missing"):
        exported(two_people(tmp_path), "mkv", tmp_path / "out")


@pytest.mark.parametrize("kind", ["mkv", "thumbnails"])
@pytest.mark.parametrize("by", ["settings", "corrections"])
def test_pictures_of_hidden_faces_are_refused(by: str, kind: str, tmp_path: Path) -> None:
    source = tmp_path / "talk.mp4"
    source.touch()
    video = video_of(source, **({"hide": ["all"]} if by == "settings" else {}))
    if by == "corrections":
        (tmp_path / "talk.mp4.corrections.csv").write_text(
            "track_id,from_s,to_s,action,value\n1,,,hide,\n"
        )
    with pytest.raises(InputError, match="must be hidden"):
        exported(video, kind, tmp_path / "out")


def test_thumbnails_are_where_the_file_says(tmp_path: Path) -> None:
    source = tmp_path / "a b.mp4"
    greys = [np.full((48, 64, 3), 10 + 60 * (n // 25), np.uint8) for n in range(100)]
    clips.write_clip(source, iter(greys), SIZE)
    video = replace(video_of(source), name=source.name, source=source, size=SIZE)
    vtt, jpg = exported(video, "thumbnails", tmp_path / "out")
    blocks = vtt.read_text().strip().split("\n\n")[1:]
    assert blocks[1] == "00:00:01.000 --> 00:00:02.000\na%20b.mp4.thumbnails.jpg#xywh=160,0,160,120"
    sheet = cv2.imread(str(jpg), cv2.IMREAD_GRAYSCALE)
    assert sheet is not None and sheet.shape == (120, 640)
    shown = [int(sheet[60, 80 + 160 * number]) for number in range(4)]
    assert shown == pytest.approx([10, 70, 130, 190], abs=6)
