"""A data set that grows: runs that are repeated, killed, at once, and of bad inputs."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import numpy as np
import pytest

from tests.extract.extracting import (
    LARGEST,
    SETTINGS,
    assert_whole,
    pictures,
    run,
    tree,
    write,
)
from vidfx.errors import InputError, OutputError, UsageError
from vidfx.extract.dataset_writer import DatasetWriter
from vidfx.extract.names import check_label, safe_stem, source_name
from vidfx.extract.request import ExtractRequest
from vidfx_engines.spec import CropSpec
from vidfx_training.dataset.index import read_faces


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


@pytest.mark.parametrize(
    "moment",
    [
        "vidfx.extract.dataset_writer.DatasetWriter.keep",
        "vidfx.extract.dataset_writer.DatasetWriter.commit",
        "vidfx.extract.dataset_writer.read_json",
        "vidfx.extract.dataset_writer.append_rows",
        "pathlib.Path.unlink",
    ],
)
def test_a_killed_run_leaves_nothing_unfinished(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Ends the process's work at the third call of ``moment``, without any clean-up."""
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
        patch.setattr(moment, dies(resolve_name(moment)))
        patch.setattr(DatasetWriter, "__exit__", lambda self, *_: self.close())
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


def test_a_row_that_was_cut_off_is_written_again(people: Path, tmp_path: Path) -> None:
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
        DatasetWriter(tmp_path / "out", LARGEST.crop, detector),
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
    other = replace(LARGEST, crop=CropSpec("fer", 64))
    with pytest.raises(UsageError, match=r"dataset\.json.*arcface, 64, not fer, 64"):
        run(tmp_path / "out", people, criteria=other)
    with pytest.raises(UsageError, match=r"no dataset\.json says"):
        run(people, tmp_path / "in/crew/a.png", people / "Eileen", tmp_path / "out/ana")


@pytest.mark.parametrize(
    "label", ["", "a/b", "..", ".a", "a.", " a", "=a", "a|b", "a\nb", "train", "Val", "x" * 65]
)
def test_labels_that_name_no_class(label: str) -> None:
    with pytest.raises(UsageError, match="--label"):
        ExtractRequest(LARGEST, SETTINGS, label)


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
def test_values_out_of_range(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="out of range"):
        replace(LARGEST, **wrong)


def test_names() -> None:
    assert check_label("Ana Ñ") == "Ana Ñ"
    assert safe_stem("..") == "face"
    assert safe_stem("a b/c") == "a_b_c"
    assert len(safe_stem("ü" * 200).encode()) <= 120
    assert source_name(Path("/data/a/x.jpg"), Path("/data/out")) == "../a/x.jpg"
    assert source_name(Path("/data/a/x.jpg"), Path("/elsewhere/out")) == "/data/a/x.jpg"
