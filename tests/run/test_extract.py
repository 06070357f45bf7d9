"""From media with faces to a data set of crops."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from vidfx.config import Settings
from vidfx.errors import InputError, OutputError, UsageError, VidfxError
from vidfx.run import gallery as gallery_module
from vidfx.run.clock import Clock
from vidfx.run.extract import Request, extract
from vidfx.run.gallery import Gallery
from vidfx.run.models import load_models
from vidfx.run.names import check_label, safe_stem, source_name
from vidfx.run.outcome import Outcome
from vidfx.run.pipeline import Pipeline
from vidfx.run.selection import Criteria, Selection, prominence
from vidfx.stages import classify
from vidfx.types import Detections, Face, Quality
from vidfx.video.source import open_source
from vidfx_engines import CropSpec
from vidfx_training.dataset.index import FACE_COLUMNS, read_dataset, read_faces

SETTINGS = Settings(emotion="none", detector_size=640, every=2)
EVERYONE = Criteria(crop=CropSpec("arcface", 64), faces="all", min_face=10, min_quality=0)
LARGEST = Criteria(crop=CropSpec("arcface", 64), min_face=10, min_quality=0)


class Told:
    def __init__(self) -> None:
        self.notices: list[str] = []
        self.errors: list[VidfxError] = []

    def notice(self, text: str) -> None:
        self.notices.append(text)

    def failed(self, name: str, error: VidfxError) -> None:
        self.errors.append(error)

    def advanced(self, name: str, done: float, total: int) -> None:
        assert 0 <= done <= total


def run(
    out: Path,
    *inputs: Path,
    criteria: Criteria = LARGEST,
    label: str | None = "ana",
    settings: Settings = SETTINGS,
) -> tuple[list[Outcome], Told]:
    outcomes: list[Outcome] = []
    told = Told()
    request = Request(criteria, settings, label)
    extract([str(i) for i in inputs], out, request, told, outcomes)
    return outcomes, told


def write(path: Path, rgb: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    whole, data = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    assert whole
    path.write_bytes(data.tobytes())
    return path


def read(path: Path) -> np.ndarray:
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def tree(root: Path) -> set[str]:
    return {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()}


def pictures(root: Path) -> set[str]:
    return {name for name in tree(root) if name.endswith(".jpg")}


def assert_whole(root: Path) -> None:
    """Pictures and rows are the same, and nothing else is left."""
    assert pictures(root) == {row["path"] for row in read_faces(root)}
    rest = tree(root) - pictures(root)
    assert rest == {"faces.csv", "sources.csv", "dataset.json"}
    assert not (root / ".extract").exists()


@pytest.fixture
def people(tmp_path: Path, astronaut: np.ndarray, group: np.ndarray) -> Path:
    """in/Eileen/{a,b}.png, one person; in/crew/a.png, six."""
    write(tmp_path / "in/Eileen/a.png", astronaut)
    write(tmp_path / "in/Eileen/b.png", np.ascontiguousarray(astronaut[:, ::-1]))
    write(
        tmp_path / "in/crew/a.png",
        cv2.resize(group, None, fx=0.75, fy=0.75, interpolation=cv2.INTER_AREA),
    )
    return tmp_path / "in"


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
        results = Pipeline(info, SETTINGS, models, Clock())(frames)
        seen = {f"{info.seconds(r.frame.pts):.3f}": r for r in results}
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
        assert float(row["quality"]) == pytest.approx(face.quality.value, abs=1e-4)


@pytest.mark.parametrize("per_second", [2.0, 5.0])
def test_a_track_gives_one_crop_in_a_window(clip: Path, tmp_path: Path, per_second: float) -> None:
    criteria = Criteria(EVERYONE.crop, "all", per_second, 10, 0)
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

    def face(value: float, side: float = 50) -> Face:
        box = np.array([30, 30, 30 + side, 30 + side], np.float32)
        quality = Quality(value, 1, 1)
        return Face(1, box, "detected", 0.9, points, quality, None, None, None, None)

    selection = Selection(Criteria(CropSpec("arcface", 64)))
    script = [
        *((0.0, 0, 0.3), (0.2, 0, 0.7), (0.4, 0, 0.5)),
        *((0.5, 0, 0.4), (0.9, 0, 0.4)),  # the same picture again
        *((1.0, 1, 0.4), (1.1, 1, 0.05)),
        (1.5, 0, 0.05),  # worse than min_quality
    ]
    crops = [
        crop
        for time_s, look, quality in script
        for crop in selection.add(time_s, looks[look], [face(quality)])
    ]
    crops += selection.add(2.0, looks[0], [face(0.9, side=20)])
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
    criteria = Criteria(EVERYONE.crop, "largest", 10, 10, 0, limit=3)
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


def test_again_adds_nothing_and_another_label_adds(people: Path, tmp_path: Path) -> None:
    write(people / "crew/nobody.png", np.zeros((64, 64, 3), np.uint8))
    out = tmp_path / "out"
    first, _ = run(out, people, label=None)
    before = {name: (out / name).read_bytes() for name in tree(out)}
    again, _ = run(out, people, label=None)
    assert {o.status for o in first} == {"done"}
    assert {o.status for o in again} == {"skipped"}
    assert {name: (out / name).read_bytes() for name in tree(out)} == before
    run(out, people / "crew", label="others")
    assert {row["label"] for row in read_faces(out)} == {"Eileen", "crew", "others"}
    (out / "sources.csv").unlink()
    third, _ = run(out, people, label=None)
    assert Counter(o.status for o in third) == {"skipped": 3, "done": 1}
    assert_whole(out)


def test_a_data_set_below_its_inputs_is_not_read(people: Path) -> None:
    run(people / "crops", people, label=None)
    again, told = run(people / "crops", people, label=None)
    assert {o.status for o in again} == {"skipped"}
    assert any("are results" in notice for notice in told.notices)


@pytest.mark.parametrize("moment", ["keep", "commit", "_carry_out", "_append", "unlink"])
def test_a_killed_run_leaves_nothing_unfinished(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Ends the process's work at the third call of ``moment``, with no clean-up at all."""
    whole, out = tmp_path / "whole", tmp_path / "out"
    run(whole, people, label=None)
    calls: Iterator[int] = iter(range(1000))

    def dies(original):
        def call(*args, **kwargs):
            if next(calls) == 2:
                raise KeyboardInterrupt
            return original(*args, **kwargs)

        return call

    with monkeypatch.context() as patch:
        owner = {"_append": gallery_module, "unlink": Path}.get(moment, Gallery)
        patch.setattr(owner, moment, dies(getattr(owner, moment)))
        patch.setattr(Gallery, "__exit__", lambda self, *_: gallery_module.os.close(self._lock))
        with pytest.raises(KeyboardInterrupt):
            run(out, people, label=None)
    assert all(
        (out / name).read_bytes() == (whole / name).read_bytes()
        for name in pictures(out)
        if not name.startswith(".")
    )
    run(out, people, label=None)
    assert_whole(out)
    for name in ("faces.csv", "sources.csv"):
        assert sorted((out / name).read_text().splitlines()) == sorted(
            (whole / name).read_text().splitlines()
        )


def test_a_torn_row_is_written_again(people: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(out, people / "Eileen/a.png")
    rows = (out / "faces.csv").read_text()
    sources = (out / "sources.csv").read_text()
    row = read_faces(out)[0]
    source = next(csv.DictReader(sources.splitlines()))
    (out / ".extract").mkdir()
    commit = {"moves": {"1.jpg": row["path"]}, "faces": [row], "source": source}
    (out / ".extract/commit.json").write_text(json.dumps(commit))
    (out / "faces.csv").write_text(rows[:-20])
    (out / "sources.csv").write_text(sources[:-5])
    run(out, people / "Eileen/a.png")
    assert (out / "faces.csv").read_text() == rows
    assert (out / "sources.csv").read_text() == sources


def test_two_runs_do_not_write_at_once(tmp_path: Path, people: Path) -> None:
    detector = {"name": "x", "sha256": None}
    with (
        Gallery(tmp_path / "out", LARGEST.crop, detector),
        pytest.raises(OutputError, match="another run"),
    ):
        run(tmp_path / "out", people)
    run(tmp_path / "out", people)


def test_a_bad_input_costs_no_other(people: Path, tmp_path: Path, clip: Path) -> None:
    (people / "Eileen/broken.jpg").write_bytes(b"\xff\xd8 no picture")
    (people / "Eileen/broken.mp4").write_bytes(clip.read_bytes()[:1000])
    outcomes, told = run(tmp_path / "out", people / "Eileen", tmp_path / "missing.mp4")
    assert Counter(o.status for o in outcomes) == {"done": 2, "failed": 3}
    assert len(told.errors) == 3
    assert all(error.hint for error in told.errors)
    assert_whole(tmp_path / "out")


HOSTILE = ["-rf.png", "a..png", "=cmd()|.png", "a\nb.png", "é\u202egnp.png", "x" * 240 + ".png"]


def test_hostile_file_names(astronaut: np.ndarray, tmp_path: Path) -> None:
    media = write(tmp_path / "in/a.png", astronaut[::2, ::2])
    for name in HOSTILE:
        shutil.copy(media, tmp_path / "in" / name)
    raw = bytes(tmp_path / "in") + b"/\xff\xfe.png"
    Path(raw.decode(errors="surrogateescape")).write_bytes(media.read_bytes())
    outcomes, _ = run(tmp_path / "out", tmp_path / "in", criteria=LARGEST)
    assert {o.status for o in outcomes} == {"done"}
    names = [Path(name).name for name in pictures(tmp_path / "out")]
    assert len(names) == len(HOSTILE) + 2  # and a.png, and one in no encoding
    for name in names:
        assert name.isprintable()
        assert not set(name) & set(' \\/:*?"<>|=()')
        assert name[0] not in "-."
    assert all(row["source"].isprintable() for row in read_faces(tmp_path / "out"))
    again, _ = run(tmp_path / "out", tmp_path / "in")
    assert {o.status for o in again} == {"skipped"}


def test_sources_of_one_stem_share_no_name(astronaut: np.ndarray, tmp_path: Path) -> None:
    for name in ("x/a.png", "y/a.png", "z/A.png"):
        write(tmp_path / "in" / name, astronaut[::2, ::2])
    (tmp_path / "out/ana").mkdir(parents=True)
    run(tmp_path / "out", tmp_path / "in/x")
    (tmp_path / "out/ana/a-1-2.jpg").write_bytes(b"mine")
    run(tmp_path / "out", tmp_path / "in")
    names = [row["path"].casefold() for row in read_faces(tmp_path / "out")]
    assert len(set(names)) == 3
    assert names[:2] == ["ana/a-1.jpg", "ana/a-1-3.jpg"]
    assert (tmp_path / "out/ana/a-1-2.jpg").read_bytes() == b"mine"


def test_another_crop_or_unknown_pictures_are_refused(people: Path, tmp_path: Path) -> None:
    run(tmp_path / "out", people / "Eileen/a.png")
    other = Criteria(crop=CropSpec("fer", 64))
    with pytest.raises(UsageError, match=r"dataset\.json.*arcface, 64, not fer, 64"):
        run(tmp_path / "out", people, criteria=other)
    with pytest.raises(UsageError, match=r"no dataset\.json says"):
        run(people, tmp_path / "in/crew/a.png", people / "Eileen", tmp_path / "out/ana")


@pytest.mark.parametrize(
    "label", ["", "a/b", "..", ".a", "a.", " a", "=a", "a|b", "a\nb", "train", "Val", "x" * 65]
)
def test_labels_that_name_no_class(label: str) -> None:
    with pytest.raises(UsageError, match="--label"):
        Request(LARGEST, SETTINGS, label)


def test_a_folder_that_is_no_label_costs_its_own(people: Path, tmp_path: Path) -> None:
    (people / "crew").rename(people / "test")
    outcomes, told = run(tmp_path / "out", people, label=None)
    assert Counter(o.status for o in outcomes) == {"done": 2, "failed": 1}
    assert isinstance(told.errors[0], InputError)
    assert "'test'" in str(told.errors[0])


@pytest.mark.parametrize(
    "wrong",
    [
        {"per_second": 0},
        {"per_second": float("nan")},
        {"min_quality": 2},
        {"limit": 0},
        {"min_face": -1},
        {"crop": CropSpec("arcface", 8)},
    ],
)
def test_values_out_of_range(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="out of range"):
        Criteria(**wrong)


def test_names() -> None:
    assert check_label("Ana Ñ") == "Ana Ñ"
    assert safe_stem("..") == "face"
    assert safe_stem("a b/c") == "a_b_c"
    assert len(safe_stem("ü" * 200).encode()) <= 120
    assert source_name(Path("/data/a/x.jpg"), Path("/data/out")) == "../a/x.jpg"
    assert source_name(Path("/data/a/x.jpg"), Path("/elsewhere/out")) == "/data/a/x.jpg"


def test_real_photographs(test_data: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(test_data / "lfw.zip") as archive:
        wanted = [n for n in archive.namelist() if "/Tony_Blair/" in n or "/Ann_Veneman/" in n]
        chosen = [n for n in wanted if n.endswith(".jpg")][:24]
        archive.extractall(tmp_path, chosen)
    outcomes, _ = run(tmp_path / "out", tmp_path / "lfw", label=None)
    assert [o.counts["crops"] for o in outcomes] == [1] * len(chosen)
    assert_whole(tmp_path / "out")
