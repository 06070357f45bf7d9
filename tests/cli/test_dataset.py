"""`vidfx dataset`, as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import Result

from tests.vidfx_command import run_python, vidfx


def fill(folder: Path, label: str, seeds: range) -> None:
    (folder / label).mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        coarse = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)
        cv2.imwrite(str(folder / label / f"{seed}.png"), cv2.resize(coarse, (64, 64)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill(tmp_path / "faces", "ann", range(40))
    fill(tmp_path / "faces", "bob", range(40, 80))
    return tmp_path / "faces"


def one_line(result: Result, code: int, *said: str) -> None:
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert result.stderr.endswith(")\n")
    for text in said:
        assert text in result.stderr


def test_split_then_check(folder: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in folder.rglob("*.png")}
    split = vidfx("dataset", "split", folder, "--seed", 5)
    assert split.exit_code == 0, split.output
    assert "class  train  val  test" in split.stdout
    assert "split.json" in split.stderr
    content = json.loads((folder / "split.json").read_text())
    assert {part: len(paths) for part, paths in content["files"].items()} == {
        "train": 56,
        "val": 12,
        "test": 12,
    }
    checked = vidfx("dataset", "check", folder, "--strict")
    assert checked.exit_code == 0, checked.output
    assert "no problems" in checked.stdout
    assert (folder / "check.html").read_text().startswith("<!doctype html>")
    assert before == {p: p.stat().st_mtime_ns for p in folder.rglob("*.png")}
    assert not list(folder.rglob("*.part"))


def test_check_and_split_need_no_torch(folder: Path) -> None:
    code = """if True:
        import sys
        from importlib.abc import MetaPathFinder
        from typer.testing import CliRunner
        class Without(MetaPathFinder):
            def find_spec(self, name, *_):
                if name.split(".")[0] in ("torch", "torchvision", "scipy", "matplotlib"):
                    raise ImportError(name)
        sys.meta_path.insert(0, Without())
        from vidfx.cli.app import app
        for command in ("split", "check"):
            done = CliRunner().invoke(app, ["dataset", command, sys.argv[1]])
            assert done.exit_code == 0, done.output
        """
    done = run_python(code, folder)
    assert done.returncode == 0, done.stderr


def test_json_is_one_object_on_stdout(folder: Path, tmp_path: Path) -> None:
    made = vidfx(
        "dataset", "split", folder, "--json", "--ratios", "80/20", "-o", tmp_path / "other.json"
    )
    assert json.loads(made.stdout) == json.loads((tmp_path / "other.json").read_text())
    assert set(json.loads(made.stdout)["files"]) == {"train", "val"}
    page = tmp_path / "page.html"
    found = vidfx(
        "dataset", "check", folder, "--split", tmp_path / "other.json", "--json", "--html", page
    )
    assert json.loads(found.stdout)["parts"] == ["train", "val"]
    assert page.is_file()
    assert not (folder / "check.html").exists()


def test_strict_is_for_problems(folder: Path) -> None:
    fill(folder, "bob", range(1))  # a picture of ann
    assert vidfx("dataset", "check", folder, "--no-html").exit_code == 0
    found = vidfx("dataset", "check", folder, "--no-html", "--strict")
    assert found.exit_code == 1
    assert "2 pictures with equal pixels have different labels" in found.stdout
    assert f"fix: vidfx dataset split {folder}" in found.stdout
    assert not (folder / "check.html").exists()


def test_an_old_split_stays(folder: Path) -> None:
    assert vidfx("dataset", "split", folder).exit_code == 0
    old = (folder / "split.json").read_text()
    one_line(
        vidfx("dataset", "split", folder, "--seed", 1),
        1,
        "split.json exists already",
        "--overwrite",
    )
    assert (folder / "split.json").read_text() == old
    assert vidfx("dataset", "split", folder, "--seed", 1, "--overwrite").exit_code == 0
    assert (folder / "split.json").read_text() != old


def test_one_person_against_the_others(folder: Path) -> None:
    for i in range(12):
        fill(folder, f"guest\x1b[31m{i}", range(100 + i, 101 + i))
    done = vidfx("dataset", "split", folder, "--target", "ann")
    assert done.exit_code == 0, done.output
    assert "other" in done.stdout
    assert "\x1b" not in vidfx("dataset", "check", folder, "--no-html").output


def test_a_data_set_with_votes(folder: Path) -> None:
    rows = [f"{p.relative_to(folder)},{p.parent.name}" for p in sorted(folder.rglob("*.png"))]
    votes = {"ann": "7,2,1", "bob": "3,6,1"}
    lines = [f"{path},{votes[name]}" for path, name in (row.split(",") for row in rows)]
    (folder / "votes.csv").write_text("\n".join(["picture,ann,bob,unknown", *lines]))
    split = vidfx("dataset", "split", folder)
    assert split.exit_code == 0, split.output
    assert "ann       28    6     6" in split.stdout
    checked = vidfx("dataset", "check", folder, "--strict")
    assert checked.exit_code == 0, checked.output
    assert "votes a picture: 10 (10 to 10)  majority: 100.0%  ties: 0" in checked.stdout
    assert "confused most: ann / bob 35.6%" in checked.stdout
    assert "no problems" in checked.stdout
    (folder / "votes.csv").write_text(
        "\n".join(["picture,ann,bob,unknown", *lines[1:], lines[0].split(",")[0] + ",1,0,0"])
    )
    single = vidfx("dataset", "check", folder, "--no-html").stdout
    assert " (left out: 1 with one vote)" in single
    found = json.loads(vidfx("dataset", "check", folder, "--json", "--no-html").stdout)
    assert found["votes"]["answers"]["bob"]["majority"] == 40
    assert "Least agreed on" in (folder / "check.html").read_text()


def test_a_class_with_few_votes_is_a_warning(folder: Path) -> None:
    paths = [str(p.relative_to(folder)) for p in sorted(folder.rglob("*.png"))]
    lines = [f"{path},{'2,7' if i == 0 else '7,2'}" for i, path in enumerate(paths)]
    (folder / "votes.csv").write_text("\n".join(["picture,happy,sad", *lines]))
    split = vidfx("dataset", "split", folder)
    assert split.exit_code == 0, split.output
    assert "has no pictures of 'sad' (groups: 1)" in split.stderr


def test_data_split_on_disk(tmp_path: Path) -> None:
    for k, part in enumerate(("train", "val")):
        for j, label in enumerate(("ann", "bob")):
            fill(tmp_path / part, label, range(1000 * k + 100 * j, 1000 * k + 100 * j + 20))
    one_line(vidfx("dataset", "split", tmp_path), 2, "split on disk already", "--test-from val")
    one_line(
        vidfx("dataset", "split", tmp_path, "--test-from", "test"),
        2,
        "no part 'test'",
        "train, val",
    )
    assert vidfx("dataset", "split", tmp_path, "--test-from", "val").exit_code == 0
    files = json.loads((tmp_path / "split.json").read_text())["files"]
    assert len(files["test"]) == 40
    assert all(path.startswith("val/") for path in files["test"])


def test_every_mistake_is_one_line(folder: Path, tmp_path: Path) -> None:
    one_line(vidfx("dataset", "check", tmp_path / "nowhere"), 3, "nowhere", "no such folder")
    one_line(vidfx("dataset", "split", tmp_path / "nowhere"), 3, "nowhere", "no such folder")
    one_line(vidfx("dataset", "split", folder, "--ratios", "much"), 2, "much", "70/15/15")
    one_line(vidfx("dataset", "split", folder, "--ratios", "70/-1"), 2, "70/15/15")
    one_line(vidfx("dataset", "split", folder, "--group-by", "regex:("), 2, "fix the pattern")
    one_line(vidfx("dataset", "split", folder, "--group-by", "regex:z(.)"), 2, "ann/0.png")
    one_line(vidfx("dataset", "split", folder, "--target", "eve"), 2, "'eve'", "ann, bob")
    one_line(vidfx("dataset", "check", folder, "--split", tmp_path / "no.json"), 3, "no.json")
    one_line(
        vidfx("dataset", "split", folder, "-o", tmp_path / "no" / "s.json"),
        1,
        "make the output folder",
    )
    fill(folder, "eve", range(900, 902))
    one_line(vidfx("dataset", "split", folder), 3, "'eve'", "--target")
