"""Finished results are read back as they were written, and what is damaged is said in one line."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.saved.saved_videos import EMOTIONS, save_video
from tests.settled_frames import Reading, SettledFace, frame_by_frame, settled_of
from vidfx import schema
from vidfx.errors import InputError, UsageError
from vidfx.saved.frames import TOGETHER, read_settled
from vidfx.saved.runs import find_summaries, load_video
from vidfx.stages.settled import Settled, UnshownFaces
from vidfx.types import Frame

FRAMES = TOGETHER + 40


def settled(count: int = FRAMES) -> Iterator[Settled]:
    """Of 0, 1 and 2 faces in turns."""
    for index in range(count):
        faces = [
            SettledFace(
                track_id=track,
                box=np.array([10.25 + index % 9, 20, 50.5, 60]),
                landmarks=np.full((5, 2), 30.75),
                source="interpolated" if index % 2 else "detected",
                score=None if index % 2 else 0.75,
                quality=None if index % 2 else (0.5, 0.25, 1.0),
                emotion=Reading("sad" if index % 2 else None, 0.5, (0.125, 0.25, 0.125, 0.5)),
                emotion_reason="" if index % 2 else "low_confidence",
                raw_emotion=None,
            )
            for track in range(1, 1 + index % 3)
        ]
        yield settled_of(Frame(index, index * 512, np.zeros((2, 2, 3), np.uint8)), faces, EMOTIONS)


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    video = save_video(tmp_path, settled())
    wrote, read = frame_by_frame(settled()), frame_by_frame(read_settled(video))
    assert len(read) == FRAMES
    for one, other in zip(wrote, read, strict=True):
        assert (one.frame.index, one.frame.pts, one.analysed, one.cut) == (
            other.frame.index,
            other.frame.pts,
            other.analysed,
            other.cut,
        )
        for a, b in zip(one.faces, other.faces, strict=True):
            assert (a.box == b.box).all() and (a.landmarks == b.landmarks).all()
            assert a.emotion and b.emotion and a.emotion.probs == b.emotion.probs
            assert (a.track_id, a.source, a.score, a.quality) == (
                b.track_id,
                b.source,
                b.score,
                b.quality,
            )
            assert (a.emotion.label, a.emotion_reason, b.raw_emotion) == (
                b.emotion.label,
                b.emotion_reason,
                None,
            )


def test_detections_that_are_in_no_row_are_read_back(tmp_path: Path) -> None:
    found = UnshownFaces(
        np.zeros(2, np.int64),
        np.array([[1.5, 2, 3, 4.25], [5, 6, 7, 8]], np.float32),
        np.array([0.25, 0.5], np.float32),
    )
    some = [
        replace(one, unshown=found) if index in (1, FRAMES - 1) else one
        for index, one in enumerate(settled())
    ]
    read = list(read_settled(save_video(tmp_path, some)))
    frames = [f for part in read for f in _frames_of_unshown(part)]
    assert frames == [1, 1, FRAMES - 1, FRAMES - 1]
    for part in read:
        assert (part.unshown.box == found.box).all() and (part.unshown.score == found.score).all()


def test_summaries_are_found_below_folders_once_and_in_natural_order(tmp_path: Path) -> None:
    for name in ("b10.mp4", "b9.mp4"):
        save_video(tmp_path / "day", settled(3), name=name)
    save_video(tmp_path / ".vidfx", settled(3))
    some = find_summaries([tmp_path, tmp_path / "day" / "b9.mp4.summary.json"])
    assert [path.name for path in some] == ["b9.mp4.summary.json", "b10.mp4.summary.json"]


@pytest.mark.parametrize(("name", "why"), [("none", "no such"), ("empty", "no finished video")])
def test_a_place_without_results_is_an_error(name: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=why):
        find_summaries([tmp_path / name])


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("detected", "imagined", "source: 'imagined'"),
        ("11.25", "ten", "x1_px"),
        ("\n2,", "\n4,", "the other table"),
        (",0.75", "", "number of cells"),
        ("\n5,", "\n900,", "the other table|after the last"),
    ],
)
def test_damage_is_said_with_the_file(old: str, new: str, why: str, tmp_path: Path) -> None:
    video = save_video(tmp_path, settled(6), bytes={})
    video.faces.write_text(video.faces.read_text().replace(old, new))
    with pytest.raises(InputError, match=rf"talk.mp4.faces.csv: damaged near line \d+: .*({why})"):
        list(read_settled(video))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"outputs": {"faces": "../x.csv", "frames": "y.csv"}}, "named by a path"),
        ({"outputs": {"faces": "x.csv"}}, "'frames' is missing"),
        ({"models": 3}, "damaged"),
        ({"models": [{"task": "emotion", "labels": 3}]}, "damaged: labels"),
        ({"bytes": []}, "damaged"),
        ({"outputs": {"faces": 1, "frames": 2}}, "damaged"),
        ({"schema": "vidfx.summary/99"}, "not a summary that this version can read"),
        ({"photographs": []}, "of photographs"),
        ({"bytes": {"talk.mp4.faces.csv": 1}}, "changed since it was written"),
    ],
)
def test_wrong_summaries_are_refused(changes: dict[str, Any], why: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=why):
        save_video(tmp_path, settled(3), **changes)


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    video = save_video(tmp_path, settled(3))
    video.frames.unlink()
    with pytest.raises(InputError, match=r"frames\.csv: No such file"):
        load_video(video.path)


def test_a_table_that_is_a_pipe_is_refused(tmp_path: Path) -> None:
    video = save_video(tmp_path, settled(3), bytes={})
    video.frames.unlink()
    os.mkfifo(video.frames)
    with pytest.raises(InputError, match="not a regular file"):
        load_video(video.path)


def test_results_of_version_1_are_read(tmp_path: Path) -> None:
    new = save_video(tmp_path / "new", settled(9))
    old = save_video(tmp_path / "old", settled(9), schema="vidfx.summary/1", bytes={})
    summary = json.loads(old.path.read_text())
    del summary["outputs"]["unshown"]
    old.path.write_text(json.dumps(summary))
    names = {now: then for then, now in schema.VERSION_1_NAMES.items()}
    lines = [*csv.reader(old.faces.read_text().splitlines())]
    gone = lines[0].index("emotion_reason")
    lines[0] = [names.get(name, name) for name in lines[0]]
    assert "lm0_x_px" in lines[0]
    text = "".join(",".join(row[:gone] + row[gone + 1 :]) + "\n" for row in lines)
    old.faces.write_text(text)
    video = load_video(old.path)
    assert video.unshown is None
    for one, other in zip(read_settled(new), read_settled(video), strict=True):
        assert (one.faces.landmarks == other.faces.landmarks).all()
        assert one.faces.emotion and other.faces.emotion
        assert (one.faces.emotion.index == other.faces.emotion.index).all()


def _frames_of_unshown(settled: Settled) -> list[int]:
    indices = np.array([frame.frame.index for frame in settled.frames])
    return indices[settled.unshown.place].tolist()
