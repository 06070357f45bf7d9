"""Which faces become crops, and what the crops are."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.extract.extracting import (
    EVERYONE,
    LARGEST,
    SETTINGS,
    assert_whole,
    pictures,
    read,
    run,
)
from tests.settled_frames import SettledFace, frame_by_frame, settled_of
from vidfx.annotation.models import load_models
from vidfx.annotation.pipeline import Pipeline
from vidfx.annotation.stage_timer import StageTimer
from vidfx.config import Settings
from vidfx.extract.crop_selection import CropSelector, prominence
from vidfx.stages import classify
from vidfx.stages.settled import SettledFaces
from vidfx.types import Detections, Frame
from vidfx.video.read.source import open_source
from vidfx_engines.spec import CropSpec
from vidfx_training.dataset.index import FACE_COLUMNS, read_dataset, read_faces


def test_a_photograph_gives_its_largest_face_or_all(people: Path, tmp_path: Path) -> None:
    one, _ = run(tmp_path / "one", people / "crew")
    every, _ = run(tmp_path / "all", people / "crew", criteria=EVERYONE)
    assert one[0].counts["crops"] == 1
    assert one[0].counts["not_largest"] == 5
    assert every[0].counts["crops"] == 6
    assert pictures(tmp_path / "all") == {f"ana/a-{n}.jpg" for n in range(1, 7)}
    best, first = (read_faces(tmp_path / name)[0] for name in ("one", "all"))
    assert best["face_px"] == first["face_px"]
    assert_whole(tmp_path / "one")


def test_rows_say_where_a_picture_came_from(people: Path, tmp_path: Path) -> None:
    run(tmp_path / "out", people, label=None)
    rows = read_faces(tmp_path / "out")
    assert tuple(rows[0]) == FACE_COLUMNS
    assert {(r["path"], r["label"], r["source"]) for r in rows} == {
        ("Eileen/a-1.jpg", "Eileen", "../in/Eileen/a.png"),
        ("Eileen/b-1.jpg", "Eileen", "../in/Eileen/b.png"),
        ("crew/a-1.jpg", "crew", "../in/crew/a.png"),
    }
    for row in rows:
        assert row["time_s"] == row["track"] == ""
        assert float(row["face_px"]) > 10
        assert 0 < float(row["quality"]) <= 1
        assert 0.5 <= float(row["score"]) <= 1
    about = json.loads((tmp_path / "out/dataset.json").read_text())
    assert about["schema"] == 1
    assert about["crop"] == {"template": "arcface", "size": 64}
    assert about["detector"]["name"] == "detector-embedded"
    assert about["detector"]["checked_by"] == "centerface"
    assert len(about["detector"]["sha256"]) == 64
    data = read_dataset(tmp_path / "out")
    assert data.crop == CropSpec("arcface", 64)
    assert data.counts() == {"Eileen": 2, "crew": 1}
    assert {p.source for p in data} == {r["source"] for r in rows}


def test_crops_are_what_a_classifier_of_annotate_sees(clip: Path, tmp_path: Path) -> None:
    run(tmp_path / "out", clip, criteria=EVERYONE)
    rows = read_faces(tmp_path / "out")
    times = {row["time_s"] for row in rows}
    with load_models(SETTINGS) as models, open_source(clip, planes=False)[0] as source:
        info = source.info
        frames = list(source)
        results = Pipeline(info, SETTINGS, models, StageTimer())(frames)
        seen = {f"{info.seconds(r.frame.pts):.3f}": r for r in frame_by_frame(results)}
    assert times <= seen.keys()
    followed = {f.track_id for r in seen.values() for f in r.faces if f.source == "detected"}
    assert {int(row["track"]) for row in rows} == followed
    for row in rows:
        result = seen[row["time_s"]]
        face = next(f for f in result.faces if f.track_id == int(row["track"]))
        assert face.quality is not None
        found = Detections(
            np.array([result.frame.index]),
            face.box[None],
            np.array([face.score], np.float32),
            face.landmarks[None],
        )
        expected = classify.gather(frames, 2, found, np.array([0]), "arcface", 64).crops[0]
        have = read(tmp_path / "out" / row["path"])
        assert np.abs(have.astype(int) - expected).mean() < 3  # JPEG
        assert float(row["quality"]) == pytest.approx(np.prod(face.quality), abs=1e-4)


@pytest.mark.parametrize("per_second", [2.0, 5.0])
def test_a_track_gives_one_crop_in_a_window(clip: Path, tmp_path: Path, per_second: float) -> None:
    criteria = replace(EVERYONE, per_second=per_second)
    outcomes, _ = run(tmp_path / "out", clip, criteria=criteria)
    rows = read_faces(tmp_path / "out")
    windows = Counter((r["track"], int(float(r["time_s"]) * per_second + 1e-3)) for r in rows)
    assert max(windows.values()) == 1
    counts = outcomes[0].counts
    assert len(rows) == counts["crops"]
    assert_whole(tmp_path / "out")


def test_the_best_picture_of_a_window_is_taken_and_a_still_face_once() -> None:
    rng = np.random.default_rng(0)
    looks = [rng.integers(0, 255, (100, 100, 3), np.uint8) for _ in range(2)]
    points = np.array([[40, 45], [60, 45], [50, 57], [42, 68], [58, 68]], np.float32)

    def face(value: float, side: float = 50) -> SettledFaces:
        box = np.array([30, 30, 30 + side, 30 + side])
        found = SettledFace(1, box, points, score=0.9, quality=(value, 1.0, 1.0))
        return settled_of(Frame(0, 0, looks[0]), [found], ()).faces

    selection = CropSelector(replace(LARGEST, min_face=40.0, min_quality=0.1))
    script = [
        *((0.0, 0, 0.3), (0.2, 0, 0.7), (0.4, 0, 0.5)),
        *((0.5, 0, 0.4), (0.9, 0, 0.4)),  # the same picture again
        *((1.0, 1, 0.4), (1.1, 1, 0.05)),
        (1.5, 0, 0.05),  # worse than min_quality
    ]
    crops = [
        crop
        for time_s, look, quality in script
        for crop in selection.add(time_s, looks[look], face(quality))
    ]
    crops += selection.add(2.0, looks[0], face(0.9, side=20))
    crops += selection.finish()
    assert [(c.time_s, c.quality) for c in crops] == [(0.2, 0.7), (1.0, 0.4)]
    assert selection.left_out == {"repeated": 1, "poor_quality": 1, "too_small": 1}


def test_prominence_falls_with_size_and_from_the_middle() -> None:
    middle, aside, large = (
        np.array(box, np.float32)
        for box in ([40, 40, 60, 60], [80, 40, 100, 60], [70, 30, 100, 60])
    )
    assert prominence(middle, 100, 100) > prominence(aside, 100, 100)
    assert prominence(large, 100, 100) > prominence(aside, 100, 100)
    assert prominence(middle, 100, 100) == pytest.approx(400)


def test_a_limit_spreads_over_the_video(clip: Path, tmp_path: Path) -> None:
    criteria = replace(LARGEST, per_second=10, limit=3)
    outcomes, _ = run(tmp_path / "out", clip, criteria=criteria)
    times = [float(row["time_s"]) for row in read_faces(tmp_path / "out")]
    assert len(times) == 3
    assert outcomes[0].counts["over_limit"] > 0
    assert times[-1] - times[0] > 1
    assert_whole(tmp_path / "out")


def test_start_and_end_are_their_own_work(clip: Path, tmp_path: Path) -> None:
    early = Settings(emotion="none", detector_size=320, every=2, end=0.5)
    late = Settings(emotion="none", detector_size=320, every=2, start=1.5)
    for settings in (early, late):
        outcomes, _ = run(tmp_path / "out", clip, settings=settings)
        assert outcomes[0].status == "done"
        assert run(tmp_path / "out", clip, settings=settings)[0][0].status == "skipped"
    times = [float(row["time_s"]) for row in read_faces(tmp_path / "out")]
    assert all(t < 0.5 or t >= 1.5 for t in times)
    assert times[0] < 0.5 <= times[-1]


def test_real_photographs(test_data: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(test_data / "lfw.zip") as archive:
        wanted = [n for n in archive.namelist() if "/Tony_Blair/" in n or "/Ann_Veneman/" in n]
        chosen = [n for n in wanted if n.endswith(".jpg")][:24]
        archive.extractall(tmp_path, chosen)
    outcomes, _ = run(tmp_path / "out", tmp_path / "lfw", label=None)
    assert [o.counts["crops"] for o in outcomes] == [1] * len(chosen)
    assert_whole(tmp_path / "out")
