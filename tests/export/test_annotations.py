"""Tracks as annotation tools and benchmarks read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.export.exported_videos import HOSTILE, exported, face, settled, two_people
from tests.saved.saved_videos import save_video
from vidfx.export.elan import Elan
from vidfx.export.thumbnails import ThumbnailVtt
from vidfx.export.video import export_video

SHOWN = HOSTILE.replace("\n", " ")


def test_elan_has_a_tier_for_each_person(tmp_path: Path) -> None:
    elan = pytest.importorskip("pympi.Elan")
    (file,) = exported(two_people(tmp_path / "in"), "elan", tmp_path)
    read = elan.Eaf(str(file))
    tiers = {
        name: [found[:3] for found in sorted(read.get_annotation_data_for_tier(name))]
        for name in read.get_tier_names()
    }
    assert tiers == {
        SHOWN: [(0, 1600, "happy"), (2400, 4000, "happy")],
        "unknown 2": [(400, 2000, "happy"), (2000, 4000, "sad")],
    }
    (media,) = read.media_descriptors
    assert media["RELATIVE_MEDIA_URL"] == "./in/talk.mp4"
    assert media["MIME_TYPE"] == "video/mp4"


def test_elan_is_in_the_order_of_its_schema_and_refers_to_what_is_there(tmp_path: Path) -> None:
    (file,) = exported(two_people(tmp_path), "elan", tmp_path)
    root = ElementTree.parse(file).getroot()
    assert [child.tag for child in root] == [
        *("HEADER", "TIME_ORDER", "TIER", "TIER", "LINGUISTIC_TYPE")
    ]
    slots = [slot.attrib["TIME_SLOT_ID"] for slot in root.iter("TIME_SLOT")]
    times = [int(slot.attrib["TIME_VALUE"]) for slot in root.iter("TIME_SLOT")]
    assert times == sorted(times) and len(set(slots)) == len(slots)
    annotations = list(root.iter("ALIGNABLE_ANNOTATION"))
    used = [a.attrib[f"TIME_SLOT_REF{end}"] for a in annotations for end in (1, 2)]
    assert sorted(used) == sorted(slots)
    assert len({a.attrib["ANNOTATION_ID"] for a in annotations}) == len(annotations)


def test_files_that_name_others_have_the_bytes_of_their_names(tmp_path: Path) -> None:
    video = save_video(tmp_path, settled([[face(1, 10)]]), name="caf\udce9.mp4")
    files = export_video(video, {".eaf": Elan, ".thumbnails.vtt": ThumbnailVtt}, tmp_path / "out")
    elan, thumbnails = (file.read_text() for file in files)
    assert 'RELATIVE_MEDIA_URL="./../caf%E9.mp4"' in elan
    assert "\ncaf%E9.mp4.thumbnails.jpg#xywh=0,0," in thumbnails


def test_one_who_is_seen_twice_at_a_time_has_a_second_tier(tmp_path: Path) -> None:
    rows = settled([[face(1, 10), face(2, 90)]] * 10, {1: "Ana", 2: "Ana"})
    (file,) = exported(save_video(tmp_path, rows, recognises=True), "elan", tmp_path)
    tiers = ElementTree.parse(file).getroot().iter("TIER")
    assert [tier.attrib["TIER_ID"] for tier in tiers] == ["Ana", "Ana (2)"]


def test_cvat_has_measured_rows_as_key_frames_and_ends_each_gap(tmp_path: Path) -> None:
    (file,) = exported(two_people(tmp_path), "cvat", tmp_path)
    root = ElementTree.parse(file).getroot()
    one, two = root.iter("track")
    boxes = list(one)
    keys = [int(b.attrib["frame"]) for b in boxes if b.attrib["keyframe"] == "1"]
    assert keys == [*range(0, 40, 5), 39, 40, *range(60, 100, 5), 99]
    assert [b.attrib["frame"] for b in boxes if b.attrib["outside"] == "1"] == ["40"]
    assert [b.attrib["outside"] for b in two] == ["0"] * 90  # it is there at the end of the video
    assert [boxes[3].attrib[side] for side in ("xtl", "ytl", "xbr", "ybr")] == [
        *("13.00", "20.00", "53.00", "70.00")
    ]
    assert {a.attrib["name"]: a.text for a in boxes[0]} == {
        "identity": SHOWN,
        "expression": "happy",
    }
    values = root.find("meta/task/labels/label/attributes/attribute[2]/values")
    assert values is not None and values.text == "unsure\nangry\nhappy\nneutral\nsad"
    assert root.findtext("meta/task/original_size/width") == "640"


def test_cvat_closes_a_track_at_the_end_of_a_part(tmp_path: Path) -> None:
    rows = settled([[face(1, 10)]] * 4)
    part = {"settings": {"end": 0.16}}
    (file,) = exported(save_video(tmp_path, rows, fingerprint=part), "cvat", tmp_path)
    last = list(ElementTree.parse(file).getroot().iter("box"))[-1]
    assert (last.attrib["frame"], last.attrib["outside"]) == ("4", "1")


def test_label_studio_counts_from_1_and_in_per_cent(tmp_path: Path) -> None:
    (file,) = exported(two_people(tmp_path), "label-studio", tmp_path)
    ((task,),) = [json.loads(file.read_text())]
    assert task["data"] == {"video": "talk.mp4"}
    one, two = task["predictions"][0]["result"]
    assert (one["value"]["labels"], two["value"]["labels"]) == ([SHOWN], ["unknown"])
    assert (one["value"]["framesCount"], one["value"]["duration"]) == (100, 4.0)
    keys = one["value"]["sequence"]
    assert [k["frame"] for k in keys] == [*range(1, 41, 5), 40, *range(61, 101, 5), 100]
    assert [k["frame"] for k in keys if not k["enabled"]] == [40, 100]
    assert keys[0] == {
        **{"frame": 1, "time": 0.0, "enabled": True, "rotation": 0},
        **{"x": 1.5625, "y": 5.5556, "width": 6.25, "height": 13.8889},
    }


def test_coco_is_read_by_its_own_library(tmp_path: Path) -> None:
    coco = pytest.importorskip("pycocotools.coco")
    (file,) = exported(two_people(tmp_path), "coco", tmp_path)
    read: Any = coco.COCO(str(file))
    assert len(read.getImgIds()) == 100
    assert read.loadCats(read.getCatIds())[0]["keypoints"][0] == "left_eye"
    (image,) = read.loadImgs(45)
    assert image["file_name"] == "talk.mp4/000045.jpg"
    (annotation,) = read.loadAnns(read.getAnnIds(imgIds=45))
    assert annotation["bbox"] == [300.0, 20.0, 40.0, 50.0]
    assert (annotation["score"], annotation["track_id"]) == (0.75, 2)
    assert min(read.getAnnIds()) == 1
    (interpolated,) = read.loadAnns(read.getAnnIds(imgIds=2))
    assert "score" not in interpolated
    first = read.loadAnns(1)[0]
    assert first["attributes"] == {
        **{"identity": HOSTILE, "emotion": "happy", "source": "detected"}
    }


@pytest.mark.parametrize("kind", ["coco", "label-studio"])
def test_a_video_without_a_face_is_valid_json(kind: str, tmp_path: Path) -> None:
    (file,) = exported(save_video(tmp_path, settled([[], []])), kind, tmp_path)
    assert json.loads(file.read_text())


def test_mot_counts_frames_and_pixels_from_1(tmp_path: Path) -> None:
    (file,) = exported(two_people(tmp_path), "mot", tmp_path)
    rows = np.loadtxt(file, delimiter=",")
    assert rows.shape == (170, 10)
    assert rows[0].tolist() == [1, 1, 11, 21, 40, 50, 0.75, -1, -1, -1]
    assert rows[1].tolist() == [2, 1, 12, 21, 40, 50, -1, -1, -1, -1]
    assert (np.diff(rows[:, 0]) >= 0).all()
