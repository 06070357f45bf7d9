"""Annotations of CVAT become training pictures; hostile files are refused in one line."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

import cv2
import numpy as np
import pytest

from benchmarks import clips
from tests.export.exported_videos import exported, face, settled
from tests.extract.extracting import LARGEST, SETTINGS, Told, assert_whole
from tests.saved.saved_videos import save_video
from vidfx.errors import InputError
from vidfx.extract.cvat_boxes import read_cvat
from vidfx.extract.extract import extract
from vidfx.extract.request import ExtractRequest
from vidfx.jobs.outcomes import Outcome
from vidfx_training.dataset.index import read_faces

SIDE = 256


def box(frame: int, *values: str, outside: int = 0, keyframe: int = 1, xtl: object = 10) -> str:
    """A box with values of the attributes identity and expression."""
    names = ("identity", "expression")
    attributes = "".join(
        f'<attribute name="{name}">{escape(value)}</attribute>'
        for name, value in zip(names, values, strict=False)
    )
    return (
        f'<box frame="{frame}" outside="{outside}" occluded="0" keyframe="{keyframe}" '
        f'xtl="{xtl}" ytl="20" xbr="50" ybr="70">{attributes}</box>'
    )


def write_annotations(path: Path, *tracks: str, size: tuple[int, int] = (SIDE, SIDE)) -> Path:
    """A file with these boxes, as texts, of each track."""
    width, height = size
    body = "".join(f'<track id="0" label="face">{boxes}</track>' for boxes in tracks)
    path.write_text(
        "<annotations><version>1.1</version><meta><task><original_size>"
        f"<width>{width}</width><height>{height}</height></original_size></task></meta>"
        f"{body}</annotations>"
    )
    return path


def test_key_frames_inside_the_picture_are_read_with_their_labels(tmp_path: Path) -> None:
    file = write_annotations(
        tmp_path / "a.xml",
        box(0, "Ana", "sad") + box(1, "Ana", "sad", keyframe=0) + box(2, "Ana", outside=1),
        box(0, "unknown", "happy"),
    )
    found = read_cvat(file, "identity")
    assert {
        frame: [(b.track, b.label) for b in some] for frame, some in found.by_frame.items()
    } == {0: [(1, "Ana")]}
    assert found.by_frame[0][0].box == (10, 20, 50, 70)
    assert (found.size, found.unlabelled) == ((SIDE, SIDE), 1)
    assert read_cvat(file, "expression").labels() == ["happy", "sad"]
    assert read_cvat(file, "label").labels() == ["face"]


def test_what_is_exported_is_read_back(tmp_path: Path) -> None:
    rows = settled([[face(1, 10 + i, measured=i % 5 == 0)] for i in range(20)], {1: "Zoë & B, 李"})
    (file,) = exported(save_video(tmp_path, rows, recognises=True), "cvat", tmp_path)
    found = read_cvat(file, "identity")
    assert found.size == (640, 360)
    assert list(found.by_frame) == [0, 5, 10, 15, 19]
    assert found.labels() == ["Zoë & B, 李"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("PK\x03\x04", "not well-formed"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><annotations>&b;</annotations>", "a document type"),
        ("<html/>", "'html', not 'annotations'"),
        ("<annotations><image/></annotations>", "of pictures"),
        ("<annotations><track label='f'><box/></track></annotations>", "'keyframe' is missing"),
        (f"<annotations><track label='f'>{box(0, 'a', xtl='nan')}</track></annotations>", "area"),
        (f"<annotations><track label='f'>{box(0, '../a')}</track></annotations>", "'../a'"),
        (f"<annotations><track label='f'>{box(0)}</track></annotations>", "no box has the attri"),
    ],
)
def test_files_that_are_refused(content: str, why: str, tmp_path: Path) -> None:
    file = tmp_path / "a.xml"
    file.write_text(content)
    with pytest.raises(InputError, match=r"a\.xml: .*") as raised:
        read_cvat(file, "identity")
    assert why in str(raised.value) and "\n" not in str(raised.value)


def test_faces_are_cut_where_people_boxed_them(astronaut: np.ndarray, tmp_path: Path) -> None:
    picture = cv2.resize(astronaut, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    video = tmp_path / "talk.mp4"
    clips.write_clip(video, iter([picture] * 10), (SIDE, SIDE))
    at = 'xtl="85" ytl="25" xbr="140" ybr="95"'
    ana = "".join(box(n, "Ana", "happy") for n in (0, 5)).replace(
        'xtl="10" ytl="20" xbr="50" ybr="70"', at
    )
    write_annotations(tmp_path / "talk.mp4.cvat.xml", ana, box(0, "Nobody"))
    outcomes: list[Outcome] = []
    request = ExtractRequest(LARGEST, SETTINGS, annotations=tmp_path)
    extract([str(video)], tmp_path / "out", request, Told(), outcomes)
    (outcome,) = outcomes
    assert outcome.counts["labels"] == {"Ana": 1, "Nobody": 0}  # of two in half a second, the best
    assert outcome.warnings == ("left out: 1 boxes in which the detector finds no face",)
    (row,) = read_faces(tmp_path / "out")
    assert (row["label"], row["time_s"], row["face_px"]) == ("Ana", "0.000", "55.0")
    assert_whole(tmp_path / "out")
    write_annotations(tmp_path / "talk.mp4.cvat.xml", ana, size=(SIDE, 99))
    extract([str(video)], tmp_path / "other", request, Told(), outcomes)
    assert "its annotations are of a video with 256x99 px" in str(outcomes[1].error)
