"""`vidfx dataset extract`, as it is typed."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.vidfx_command import DEFAULT_SIGINT, start, vidfx
from vidfx_training.dataset.index import read_faces

FAST = ["--size", "64", "--min-face", "10", "--min-quality", "0"]


@pytest.fixture
def people(tmp_path: Path, astronaut: np.ndarray, group: np.ndarray) -> Path:
    """in/Eileen/a.png, one person; in/crew/b.png, six."""
    for name, rgb in (("Eileen/a.png", astronaut), ("crew/b.png", group[::2, ::2])):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(path), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    return tmp_path / "in"


def test_a_line_for_each_label_and_for_what_was_left_out(people: Path, tmp_path: Path) -> None:
    done = vidfx("dataset", "extract", people, "--label-by-folder", "-o", tmp_path / "out", *FAST)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines() == [
        "Eileen: 1 crops, 1 in all",
        "crew: 1 crops, 1 in all",
        "left out: 5 not largest",
        "sources: 2 read",
    ]
    assert "detection: " in done.stderr
    again = vidfx(
        "dataset", "extract", people, "--label-by-folder", "-o", tmp_path / "out", *FAST, "--quiet"
    )
    assert (again.exit_code, again.stdout, again.stderr) == (0, "", "")


def test_json_is_one_object(people: Path, tmp_path: Path) -> None:
    (people / "bad.jpg").write_bytes(b"no picture")
    done = vidfx(
        "dataset",
        "extract",
        people,
        "--label",
        "ana",
        "-o",
        tmp_path / "out",
        *FAST,
        "--faces",
        "all",
        "--json",
    )
    content = json.loads(done.stdout)
    assert done.exit_code == content["exit_code"] == 1
    assert content["sources"] == {"done": 2, "skipped": 0, "failed": 1, "without_crops": 0}
    assert content["crops"] == content["labels"] == {"ana": 7}
    assert not any(content["left_out"].values())
    assert [Path(f["input"]).name for f in content["failed"]] == ["bad.jpg"]
    crop = cv2.imread(str(tmp_path / "out" / read_faces(tmp_path / "out")[0]["path"]))
    assert crop.shape == (64, 64, 3)


def test_colours_and_their_detail_are_kept(tmp_path: Path, astronaut: np.ndarray) -> None:
    """Red lines of one pixel: 4:2:0 would leave half of the colour."""
    striped = astronaut.copy()
    striped[:, ::2] = striped[:, ::2] // 4 * 3 + np.array([63, 0, 0], np.uint8)
    source = tmp_path / "a.png"
    assert cv2.imwrite(str(source), striped[..., ::-1])
    done = vidfx(
        "dataset", "extract", source, "--label", "x", "-o", tmp_path / "out", "--size", "224"
    )
    assert done.exit_code == 0, done.stderr
    data = (tmp_path / "out/x/a-1.jpg").read_bytes()
    frame = data.index(b"\xff\xc0")  # the three components' sampling factors
    assert [data[frame + 11 + 3 * i] for i in range(3)] == [0x11, 0x11, 0x11]


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        ([], 2, "one of --label, --label-by-folder and --from"),
        (["--label", "a", "--label-by-folder"], 2, "one of --label, --label-by-folder and --from"),
        (["--from", "none.xml"], 2, "--from none.xml is of one video, and there are 2"),
        (["--label", "../x"], 2, "--label: "),
        (["--label", "train"], 2, "part of a split"),
        (["--label", "a", "--size", "9"], 2, "--size is 9"),
        (["--label", "a", "--per-second", "nan"], 2, "--per-second is nan"),
        (["--label", "a", "--limit", "0"], 2, "--limit is 0"),
        (["--label", "a", "--start", "soon"], 2, "--start: 'soon' is not a time"),
        (["--label", "a", "--detector", "none.onnx"], 4, "no such file"),
        (["--label", "a", "--backend", "tpu"], 4, "tpu"),
    ],
)
def test_a_mistake_is_one_line_with_a_hint(
    people: Path, tmp_path: Path, args: list[str], code: int, words: str
) -> None:
    done = vidfx("dataset", "extract", people, "-o", tmp_path / "out", *args)
    assert done.exit_code == code, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("vidfx: ")
    assert words in last
    assert last.endswith(")")
    assert not (tmp_path / "out").exists()


def test_nothing_readable_is_3(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    out = tmp_path / "out"
    assert vidfx("dataset", "extract", tmp_path / "a.jpg", "--label", "a", "-o", out).exit_code == 3
    assert (
        vidfx("dataset", "extract", tmp_path / "none.mp4", "--label", "a", "-o", out).exit_code == 3
    )


def test_another_crop_names_the_file(people: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert vidfx("dataset", "extract", people, "--label", "a", "-o", out, *FAST).exit_code == 0
    done = vidfx(
        "dataset", "extract", people, "--label", "b", "-o", out, "--template", "fer", "--size", "64"
    )
    assert done.exit_code == 2
    assert "dataset.json" in done.stderr
    (out / "dataset.json").write_text("{")
    done = vidfx("dataset", "extract", people, "--label", "b", "-o", out, *FAST, "--json")
    assert done.exit_code == json.loads(done.stdout)["exit_code"] == 3
    assert "dataset.json" in done.stderr


def test_ctrl_c_and_kill_leave_what_is_whole(clip: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(12):
        (folder / f"{number:02}.mp4").write_bytes(clip.read_bytes())
    out = tmp_path / "out"
    args = [str(folder), "--label", "a", "-o", str(out), *FAST, "--detector-size", "320"]
    for number in (signal.SIGINT, signal.SIGKILL):
        before = len(read_faces(out))
        process = start("dataset", "extract", *args, first=DEFAULT_SIGINT)
        until = time.monotonic() + 30
        while time.monotonic() < until and len(read_faces(out)) == before:
            time.sleep(0.02)
        process.send_signal(number)
        _, said = process.communicate(timeout=30)
        if number == signal.SIGINT:
            assert process.returncode == 130, said
            assert "run the same command again" in said
            assert not (out / ".extract").exists()
            assert {p.name for p in (out / "a").iterdir()} == {
                Path(row["path"]).name for row in read_faces(out)
            }
    done = vidfx("dataset", "extract", *args, "--json")
    assert done.exit_code == 0, done.stderr
    sources = json.loads(done.stdout)["sources"]
    assert sources["skipped"] >= 2
    assert sources["skipped"] + sources["done"] == 12
    assert not (out / ".extract").exists()
    rows = read_faces(out)
    assert {p.name for p in (out / "a").iterdir()} == {Path(r["path"]).name for r in rows}
    assert len({r["source"] for r in rows}) == 12
