"""`vidfx dataset recut`: pictures of faces, as they are and cut again."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.vidfx_command import vidfx
from vidfx.config import Settings
from vidfx.extract.recut import recut
from vidfx.stages.align import crops, sharpness
from vidfx.stages.detect import Detector
from vidfx.types import Frame
from vidfx_engines.embedded import embedded
from vidfx_engines.select import select
from vidfx_engines.spec import CropSpec
from vidfx_training.dataset.index import read_dataset, read_faces
from vidfx_training.dataset.votes_file import read_votes


@pytest.fixture(scope="module")
def face(astronaut: np.ndarray) -> np.ndarray:
    """(150, 150, 3) BGR, one face."""
    return np.ascontiguousarray(astronaut[50:200, 150:300, ::-1])


def save(path: Path, pixels: np.ndarray, side: int = 48) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    small = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA)
    assert cv2.imwrite(str(path), small)


@pytest.fixture
def folders(tmp_path: Path, face: np.ndarray) -> Path:
    """in/happy: a face in grey, and one twice as wide; in/sad: one in colour, one without."""
    save(tmp_path / "in/happy/grey.png", cv2.cvtColor(face, cv2.COLOR_BGR2GRAY))
    save(tmp_path / "in/sad/colour.jpg", face[:, ::-1], 96)
    save(tmp_path / "in/sad/none.png", np.full((48, 48, 3), 128, np.uint8))
    assert cv2.imwrite(str(tmp_path / "in/happy/wide.png"), np.hstack([face[:, ::-1], face[:, :1]]))
    return tmp_path / "in"


def test_each_picture_is_copied_and_its_face_cut_beside_it(folders: Path, tmp_path: Path) -> None:
    out = tmp_path / "new/out"
    (folders / "split.json").write_text("{}")
    done = vidfx("dataset", "recut", folders, "-o", out, "--threads", "1")
    assert done.exit_code == 0, done.stderr
    assert done.stdout == "pictures: 4 copied, 3 of them also cut again, no face found in 1\n"
    assert "split.json is not copied" in done.stderr
    assert {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()} == {
        *("happy/grey.png", "happy/grey.cut.png", "happy/wide.png", "happy/wide.cut.png"),
        *("sad/colour.jpg", "sad/colour.cut.png", "sad/none.png", "faces.csv"),
    }
    for path in ("happy/grey.png", "sad/colour.jpg", "sad/none.png"):
        assert (out / path).read_bytes() == (folders / path).read_bytes()
    assert cv2.imread(str(out / "happy/grey.cut.png"), -1).shape == (96, 96)
    assert cv2.imread(str(out / "sad/colour.cut.png"), -1).shape == (96, 96, 3)
    assert {
        (r["path"], r["label"], r["source"]) for r in read_faces(out) if r["label"] == "sad"
    } == {
        ("sad/colour.jpg", "sad", "sad/colour.jpg"),
        ("sad/colour.cut.png", "sad", "sad/colour.jpg"),
        ("sad/none.png", "sad", "sad/none.png"),
    }
    assert read_dataset(out).counts() == {"happy": 4, "sad": 3}


def test_the_crop_is_the_one_of_a_frame(
    astronaut: np.ndarray, face: np.ndarray, tmp_path: Path
) -> None:
    """Aligned in the same way; a large picture is cut from its own pixels."""
    engine = select(embedded("detector-embedded"), device="cpu", threads=1).engine
    found = Detector(engine, threshold=0.5, long_side=512)([Frame(0, 0, astronaut)])
    frame = crops(astronaut, found.landmarks[:1], "fer", 96)[0]
    cuts: list[np.ndarray] = []
    for side in (150, 48):
        save(tmp_path / f"{side}/happy/a.png", face, side)
        out = tmp_path / f"out{side}"
        done = vidfx("dataset", "recut", tmp_path / f"{side}", "-o", out, "--quiet")
        assert (done.exit_code, done.output) == (0, "")
        cuts.append(cv2.imread(str(out / "happy/a.cut.png"))[..., ::-1])
        assert np.corrcoef(coarse(cuts[-1]), coarse(frame))[0, 1] > 0.95
    assert np.corrcoef(coarse(face[..., ::-1]), coarse(frame))[0, 1] < 0.8
    assert sharpness(cuts[0]) == pytest.approx(sharpness(frame), rel=0.3)
    assert sharpness(cuts[1]) < sharpness(frame) / 2


def coarse(rgb: np.ndarray) -> np.ndarray:
    """Grey levels of 12 x 12 px."""
    grey = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY)
    return cv2.resize(grey, (12, 12), interpolation=cv2.INTER_AREA).ravel().astype(float)


def test_votes_are_those_of_the_picture_and_a_split_keeps_both_together(
    face: np.ndarray, tmp_path: Path
) -> None:
    rows = [["picture", "happy", "sad"]]
    for number in range(12):
        path = f"{'val' if number > 9 else 'train'}/{number:02}.png"
        save(tmp_path / "in" / path, np.roll(face, 3 * number - 18, 1))
        rows.append([path, str(number % 2), "0.25"])
    with (tmp_path / "in/votes.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    out = tmp_path / "out"
    out.mkdir()
    done = vidfx("dataset", "recut", tmp_path / "in", "-o", out, "--json")
    made = json.loads(done.stdout)
    assert (done.exit_code, made["pictures"], made["unreadable"]) == (0, 12, [])
    answers, votes = read_votes(out)
    assert answers == ("happy", "sad")
    assert len(votes) == 12 + made["cut"] >= 18
    for path, given in votes:
        assert given == (int(Path(path).name[:2]) % 2, 0.25)
    assert "train/04.png,0,0.25\n" in (out / "votes.csv").read_text()
    ratios = ("--test-from", "val", "--ratios", "50/50", "--near", "1")
    assert vidfx("dataset", "split", out, *ratios).exit_code == 0
    parts = {(picture.source, picture.part) for picture in read_dataset(out)}
    assert len(parts) == len({source for source, _ in parts}) == 12
    assert len({part for _, part in parts}) == 3


def test_unreadable_pictures_are_left_out(folders: Path, tmp_path: Path) -> None:
    (folders / "sad/bad.png").write_bytes(b"no picture")
    done = vidfx("dataset", "recut", folders, "-o", tmp_path / "out", "--json")
    made = json.loads(done.stdout)
    assert done.exit_code == 1
    assert (made["pictures"], made["cut"], made["without_face"]) == (4, 3, 1)
    assert made["unreadable"] == ["sad/bad.png"]
    lines = [line for line in done.stderr.splitlines() if "bad.png" in line]
    assert len(lines) == 1
    assert lines[0].startswith("vidfx: ")
    assert not (tmp_path / "out/sad/bad.png").exists()


@pytest.mark.parametrize(
    ("prepare", "code", "words"),
    [
        (lambda root: (root / "../out").mkdir() or (root / "../out/x").touch(), 2, "not empty"),
        (lambda root: (root / "../out").touch(), 2, "not empty"),
        (lambda root: (root / "../out").symlink_to(root / "happy"), 2, "in the data set itself"),
        (
            lambda root: (root / "dataset.json").write_text(
                json.dumps({"schema": 1, "crop": {"template": "fer", "size": 96}})
            ),
            2,
            "were cut by `vidfx dataset extract`",
        ),
        (
            lambda root: (root / "happy/grey.cut.png").write_bytes(
                (root / "happy/grey.png").read_bytes()
            ),
            3,
            "the name happy/grey.cut.png",
        ),
        (
            lambda root: [p.write_bytes(b"none") for p in root.glob("*/*")],
            3,
            "no picture can be read",
        ),
    ],
)
def test_a_mistake_is_one_line_with_a_hint(
    folders: Path, tmp_path: Path, prepare, code: int, words: str
) -> None:
    prepare(folders)
    before = set(tmp_path.rglob("*"))
    done = vidfx("dataset", "recut", folders, "-o", tmp_path / "out")
    assert done.exit_code == code, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("vidfx: ")
    assert words in last
    assert last.endswith(")")
    assert set(tmp_path.rglob("*")) == before


class Stops:
    """Progress that is interrupted at its last report."""

    def notice(self, text: str) -> None:
        pass

    def failed(self, name: str, error: Exception) -> None:
        raise AssertionError(name)

    def advanced(self, name: str, done: float, total: int) -> None:
        if done == total:
            raise KeyboardInterrupt


def test_an_interrupted_run_leaves_nothing(folders: Path, tmp_path: Path) -> None:
    settings = Settings(emotion="none", threads=1)
    with pytest.raises(KeyboardInterrupt):
        recut(folders, tmp_path / "out", CropSpec("fer", 96), settings, Stops())
    assert list(tmp_path.iterdir()) == [folders]
