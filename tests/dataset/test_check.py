"""The report finds planted faults and FER2013's known ones; the page escapes what it shows."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from vidfx_training.dataset.check import check
from vidfx_training.dataset.duplicates import Duplicates, find_duplicates
from vidfx_training.dataset.index import Dataset, apply_split, read_dataset
from vidfx_training.dataset.measure import Measures, measure
from vidfx_training.dataset.page import page
from vidfx_training.dataset.report import Report
from vidfx_training.dataset.split import Rule, make_split

Draw = Callable[[int], np.ndarray]
Save = Callable[[Path, np.ndarray], Path]
HOSTILE = "<script>alert(1)<"
HEAD = "path,label,source,time_s,track,face_px,score,quality\n"


def look(data: Dataset) -> tuple[Measures, Duplicates, Report]:
    measures = measure(data)
    duplicates = find_duplicates(measures)
    return measures, duplicates, check(data, measures, duplicates)


def texts(report: Report) -> str:
    return "\n".join(problem.text for problem in report.problems)


@pytest.fixture
def parts(tmp_path: Path, draw: Draw, save: Save) -> Path:
    """Train and val of two classes, 24 pictures each."""
    for i in range(96):
        save(tmp_path / ("train", "val")[i // 2 % 2] / ("ann", "bob")[i % 2] / f"{i}.png", draw(i))
    return tmp_path


def test_a_sound_data_set_has_no_problems(parts: Path) -> None:
    report = look(read_dataset(parts))[2]
    assert report.problems == ()
    assert report.counts["ann"] == {"train": 24, "val": 24, "all": 48}
    assert report.imbalance == 1
    assert report.width.median == 64
    assert json.loads(json.dumps(report.as_json()))["schema"] == "vidfx.dataset-check/1"


def test_what_was_planted_is_found_worst_first(parts: Path, draw: Draw, save: Save) -> None:
    save(parts / "val" / "ann" / "copy.png", draw(0))
    save(parts / "val" / "bob" / "near.png", cv2.convertScaleAbs(draw(1), alpha=0.8))
    save(parts / "train" / "bob" / "conflict.png", draw(4))
    save(parts / "train" / "eve" / "only.png", draw(500)[:16, :16])
    (parts / "train" / "ann" / "broken.png").write_text("no picture")
    (parts / "val" / "nobody").mkdir()
    (parts / "faces.csv").write_text(
        HEAD + "train/ann/0.png,ann,party.mp4,,,,,\nval/ann/2.png,ann,party.mp4,,,,,\n"
    )
    report = look(read_dataset(parts))[2]
    assert report.leaks == {"val in train": {"exact": 1, "near": 1}}
    assert report.conflicts == ({"ann": "train/ann/4.png", "bob": "train/bob/conflict.png"},)
    assert [(s.name, s.pictures) for s in report.straddling] == [
        ("party.mp4", {"train": 1, "val": 1})
    ]
    assert report.missing == {"val": ("eve",)}
    assert set(report.broken) == {"train/ann/broken.png"}
    assert report.empty == ("val/nobody",)
    assert report.small == 1
    found = texts(report)
    order = [
        "1 picture of val also in train, pixel for pixel",
        "1 picture of val also in train, as near-duplicates",
        "groups in more than one part: party.mp4",
        "2 pictures with equal pixels have different labels",
        "val has no pictures of eve",
        "1 picture cannot be read: train/ann/broken.png",
        "2 pictures repeated",
        "folders without pictures: val/nobody",
        "classes of fewer than 20 pictures: eve",
        "the largest class has",
        "1 picture smaller than 32 px",
    ]
    places = [found.find(text) for text in order]
    assert -1 not in places, found
    assert places == sorted(places)
    assert report.problems[0].command.endswith("--test-from val")


def test_a_split_file_takes_the_leaks_away(parts: Path, draw: Draw, save: Save) -> None:
    for i in range(6):
        save(parts / "val" / "ann" / f"copy{i}.png", draw(4 * i))
    data = read_dataset(parts)
    measures, duplicates, before = look(data)
    assert before.leaks["val in train"]["exact"] == 6
    split = make_split(data, measures, duplicates, Rule(test_from="val"))
    (parts / "split.json").write_text(split.text())
    after = look(read_dataset(parts))[2]
    assert after.parts == ("train", "val", "test")
    assert not any(n for kinds in after.leaks.values() for n in kinds.values())
    assert after.left_out == {"also in test": 6}
    assert after.problems == ()


def test_one_class_and_no_picture_at_all_readable(folder: Path) -> None:
    shutil.rmtree(folder / "bob")
    for file in (folder / "ann").iterdir():
        file.write_bytes(b"")
    measures, duplicates, report = look(read_dataset(folder))
    assert "one class only: ann" in texts(report)
    assert len(report.broken) == 20
    assert "Not readable" in page(read_dataset(folder), measures, duplicates, report)


def test_disagreement_is_no_problem(voted: Path) -> None:
    measures, duplicates, report = look(read_dataset(voted))
    assert report.problems == ()
    assert report.votes is not None
    assert report.votes.unclear == 6
    assert report.classes == ("happy", "sad")
    assert report.imbalance == 1.25, "of the classes"
    text = page(read_dataset(voted), measures, duplicates, report)
    assert "2 classes" in text and "unknown 8, happy 1, sad 1" not in text
    assert text.count("sad 6, happy 2, unknown 2") == 12
    assert "over 50 to 60 %" in text
    assert json.loads(json.dumps(report.as_json()))["votes"]["answers"]["sad"]["majority"] == 24


def test_what_is_wrong_with_votes(voted: Path, draw: Draw, save: Save) -> None:
    save(voted / "pictures" / "copy.png", draw(0))
    save(voted / "pictures" / "unlisted.png", draw(100))
    (voted / "pictures" / "05.png").write_text("no picture")
    with (voted / "votes.csv").open("a") as stream:
        stream.write("\npictures/copy.png,8,2,0\npictures/gone.png,9,1,0\n")
    rows = (voted / "votes.csv").read_text().replace("2,6,2", "5,5,0").splitlines()
    (voted / "votes.csv").write_text("\n".join(rows))
    data = read_dataset(voted)
    measures, duplicates, report = look(data)
    assert report.conflicts == (
        {"happy 9, sad 1": "pictures/00.png", "happy 8, sad 2": "pictures/copy.png"},
    )
    assert set(report.broken) == {"pictures/05.png"}
    found = texts(report)
    for text in (
        "2 pictures with equal pixels have different votes: pictures/00.png = pictures/copy.png",
        "1 picture cannot be read: pictures/05.png",
        "1 line of votes.csv without a picture: pictures/gone.png",
        "1 picture not in votes.csv, and so left out: pictures/unlisted.png",
        "1 picture repeated, pixel for pixel",
        "classes of fewer than 20 pictures with a majority: sad",
    ):
        assert text in found, found
    assert "The same picture with different votes" in page(data, measures, duplicates, report)


@pytest.mark.parametrize(("sad", "told"), [(3, False), (24, True)])
def test_a_class_that_a_part_lacks_is_told_where_a_split_helps(
    voted: Path, sad: int, told: bool
) -> None:
    rows = (voted / "votes.csv").read_text().splitlines()
    (voted / "pictures").rename(voted / "train")
    (voted / "val").mkdir()
    for i, row in enumerate(rows[1:]):
        part = "train" if ",2,6,2" in row and sad else "val"
        sad -= part == "train"
        votes = row.split(",", 1)[1] if part == "train" else "9,1,0"
        if part == "val":
            (voted / "train" / f"{i:02}.png").rename(voted / "val" / f"{i:02}.png")
        rows[1 + i] = f"{part}/{i:02}.png,{votes}"
    (voted / "votes.csv").write_text("\n".join(rows))
    _, _, report = look(read_dataset(voted))
    assert ("val has no pictures of sad" in texts(report)) is told


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_is_whole_and_hostile_names_are_text(folder: Path, draw: Draw, save: Save) -> None:
    hostile = folder / HOSTILE
    for i in range(3):
        save(hostile / f'"onload="x{i}<img src=x>.png', draw(100 + i // 2))
    save(folder / "ann" / "twin.png", draw(100))
    (hostile / "<b>broken.png").touch()
    data = read_dataset(folder)
    text = page(data, *look(data))
    parser = Tags()
    parser.feed(text)
    names = {tag for tag, _ in parser.tags}
    assert not names & {"script", "link", "iframe", "object", "b"}
    assert {key for _, attrs in parser.tags for key in attrs if key.startswith("on")} == set()
    sources = [attrs["src"] or "" for _, attrs in parser.tags if "src" in attrs]
    assert sources
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)
    assert "&lt;script&gt;alert(1)&lt;" in text
    assert "The same picture under two labels" in text
    assert not re.search(r"https?://", text)


def test_the_page_stays_small_with_many_classes(tmp_path: Path, draw: Draw, save: Save) -> None:
    random = np.random.default_rng(0)
    for i in range(400):
        noise = random.integers(0, 256, (96, 96, 3), np.uint8)
        save(tmp_path / f"person{i // 4}" / f"{i}.png", noise)
    data = read_dataset(tmp_path)
    text = page(data, *look(data))
    assert len(text) < 3_000_000
    assert text.count("<h3>person") == 24
    assert "and 40 smaller classes" in text


@pytest.fixture(scope="module")
def fer(
    test_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Dataset, Measures, Duplicates]:
    root = tmp_path_factory.mktemp("fer")
    with zipfile.ZipFile(test_data / "fer4.zip") as file:
        file.extractall(root)
    data = read_dataset(root / "fer4")
    measures = measure(data)
    return data, measures, find_duplicates(measures)


@pytest.mark.slow
def test_the_traps_of_fer2013(fer: tuple[Dataset, Measures, Duplicates]) -> None:
    report = check(*fer)
    assert report.pictures == 23_627
    assert report.leaks["val in train"]["exact"] == 104
    assert report.exact.across_labels == 42
    assert report.near.across_parts > 250
    assert report.problems[0].text == "104 pictures of val also in train, pixel for pixel"


@pytest.mark.slow
def test_a_fair_split_of_fer2013(fer: tuple[Dataset, Measures, Duplicates], tmp_path: Path) -> None:
    data, measures, duplicates = fer
    split = make_split(data, measures, duplicates, Rule(test_from="val"))
    part = {path: part for part, paths in split.files.items() for path in paths}
    digests: dict[str, set[str]] = {}
    for picture, digest in zip(measures.pictures, measures.digest, strict=True):
        if picture.path in part:
            digests.setdefault(digest, set()).add(picture.path)
    assert all(len(paths) == 1 for paths in digests.values())
    for rows in duplicates.near:
        paths = [measures.pictures[row].path for row in rows]
        assert len({part[path] for path in paths if path in part}) <= 1
    for counts in split.counts.values():
        shares = np.array(list(counts.values())) / sum(counts.values())
        assert shares == pytest.approx([0.185, 0.347, 0.237, 0.231], abs=0.02)
    (tmp_path / "split.json").write_text(split.text())
    mended = apply_split(read_dataset(data.root), tmp_path / "split.json")
    assert len(mended) + len(split.left_out) == len(data)


def test_one_photograph_under_two_names_in_lfw(test_data: Path, tmp_path: Path) -> None:
    people = ("Andrew_Caldecott", "Andrew_Gilligan", "Bart_Hendricks", "Ricky_Ray", "Tony_Blair")
    with zipfile.ZipFile(test_data / "lfw.zip") as file:
        names = [name for name in file.namelist() if Path(name).parent.name in people]
        file.extractall(tmp_path, names)
    data = read_dataset(tmp_path / "lfw")
    measures, duplicates, report = look(data)
    labels = [{measures.pictures[row].label for row in rows} for rows in duplicates.near]
    assert {"Andrew_Caldecott", "Andrew_Gilligan"} in labels
    assert {"Bart_Hendricks", "Ricky_Ray"} in labels
    assert report.near.pictures < 10
