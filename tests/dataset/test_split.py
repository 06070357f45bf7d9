"""What belongs together is in one part, and every class is in every part."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidfx_training.dataset.assign import assign
from vidfx_training.dataset.duplicates import Duplicates, find_duplicates
from vidfx_training.dataset.index import Dataset, Part, Picture, apply_split, read_dataset
from vidfx_training.dataset.measure import Measures, measure
from vidfx_training.dataset.split import Rule, Split, make_split
from vidfx_training.errors import DataError, RecipeError

Unread = Callable[[Sequence[Picture]], tuple[Dataset, Measures]]
SHARES: dict[Part, float] = {"train": 0.7, "val": 0.15, "test": 0.15}
NONE = Duplicates((), ())


def part_of(split: Split) -> dict[str, Part]:
    return {path: part for part, paths in split.files.items() for path in paths}


def several(label: str, n: int, sources: int = 0, part: Part | None = None) -> list[Picture]:
    below = f"{part}/{label}" if part else label
    return [
        Picture(
            f"{below}/{i:03}.png", label, part, f"{label}{i % sources}.mp4" if sources else None
        )
        for i in range(n)
    ]


def voted_pictures(*votes: tuple[int, int, int]) -> list[Picture]:
    """Pictures with votes for happy, sad and unknown."""
    answers = ("happy", "sad", "unknown")
    return [
        Picture(f"{i:03}.png", answers[row.index(max(row))], votes=row)
        for i, row in enumerate(votes)
    ]


groups_of_classes = st.lists(
    st.lists(st.integers(1, 30), min_size=3, max_size=25), min_size=1, max_size=5
)


@given(groups_of_classes, st.integers(0, 9))
def test_every_class_is_everywhere_in_its_share(sizes: list[list[int]], seed: int) -> None:
    groups = [Counter({f"class{k}": n}) for k, some in enumerate(sizes) for n in some]
    parts = assign(groups, SHARES, seed)
    for k, some in enumerate(sizes):
        got: Counter[Part] = Counter()
        for group, part in zip(groups, parts, strict=True):
            got[part] += group[f"class{k}"]
        for part, share in SHARES.items():
            assert got[part] > 0
            assert abs(got[part] - share * sum(some)) <= 2 * max(some)


@given(st.integers(20, 400), st.integers(0, 9))
def test_single_pictures_are_divided_to_the_picture(n: int, seed: int) -> None:
    parts = Counter(assign([Counter({"ann": 1})] * n, SHARES, seed))
    assert all(abs(parts[part] - share * n) <= 1 for part, share in SHARES.items())


def test_large_groups_are_not_all_in_train() -> None:
    groups = [Counter({"ann": 20 if i < 40 else 1}) for i in range(400)]
    parts = [assign(groups, SHARES, seed)[:40] for seed in range(5)]
    assert all(set(some) == set(SHARES) for some in parts)


@st.composite
def data_sets(draw: st.DrawFn) -> tuple[list[Picture], Duplicates]:
    n = draw(st.integers(40, 90))
    row = st.integers(0, n - 1)
    source = st.one_of(st.none(), st.integers(0, 25).map(str))
    pictures = [
        Picture(f"{label}/{i}.png", label, None, f"{label}{name}" if name else None)
        for i in range(n)
        for label, name in [("ab"[i % 2], draw(source))]
    ]
    exact = draw(st.lists(st.lists(row, min_size=2, max_size=3, unique=True), max_size=4))
    taken: set[int] = set()
    apart: list[tuple[int, ...]] = []
    for rows in exact:
        if not taken & set(rows):
            apart.append(tuple(sorted(rows)))
        taken |= set(rows)
    near = draw(st.lists(st.lists(row, min_size=2, max_size=4, unique=True), max_size=4))
    return pictures, Duplicates(tuple(apart), tuple(tuple(sorted(rows)) for rows in near))


@given(case=data_sets(), seed=st.integers(0, 3))
def test_together_or_left_out_and_nothing_lost(
    unread: Unread, case: tuple[list[Picture], Duplicates], seed: int
) -> None:
    pictures, duplicates = case
    data, measures = unread(pictures)
    try:
        split = make_split(data, measures, duplicates, Rule(seed=seed))
    except DataError as error:  # chains may tie a class into less than three groups
        assert "would have no pictures of" in str(error)
        return
    part = part_of(split)
    assert part.keys() | split.left_out.keys() == {p.path for p in pictures}
    assert not part.keys() & split.left_out.keys()
    for rows in duplicates.all:
        assert len({part[pictures[r].path] for r in rows if pictures[r].path in part}) <= 1
    for source in {p.source for p in pictures} - {None}:
        assert len({part[p.path] for p in pictures if p.source == source and p.path in part}) <= 1
    for rows in duplicates.exact:
        kept = [r for r in rows if pictures[r].path in part]
        assert len(kept) == (len({pictures[r].label for r in rows}) == 1)
    for label in "ab":
        assert {part[p.path] for p in pictures if p.label == label and p.path in part} == set(
            SHARES
        )
    assert set(split.hard) <= set(split.files["test"])
    assert make_split(data, measures, duplicates, Rule(seed=seed)) == split


def test_another_seed_is_another_split(unread: Unread) -> None:
    data, measures = unread(several("ann", 50) + several("bob", 50))
    one, other = (make_split(data, measures, NONE, Rule(seed=seed)) for seed in (0, 1))
    assert one.files != other.files
    assert one.counts == other.counts


def test_the_file_is_what_the_index_reads(unread: Unread, tmp_path: Path) -> None:
    data, measures = unread(several("ann", 50, 20) + several("bob", 40, 20))
    split = make_split(data, measures, NONE, Rule(seed=3))
    file = tmp_path / "split.json"
    file.write_text(split.text())
    read = apply_split(data, file)
    assert {p.path: p.part for p in read} == part_of(split)
    assert {p.path for p in read if p.hard} == set(split.hard)
    assert read.split["seed"] == 3
    assert read.split["counts"] == {k: dict(v) for k, v in split.counts.items()}


def test_a_target_against_people(unread: Unread) -> None:
    people = [p for i in range(30) for p in several(f"person{i}", 1 + i % 4)]
    data, measures = unread(several("ann", 40) + people)
    split = make_split(data, measures, NONE, Rule(target="ann"))
    part = part_of(split)
    for i in range(30):
        assert len({k for path, k in part.items() if path.startswith(f"person{i}/")}) == 1
    assert {path[:3] for path in split.files["test"]} == {"ann", "per"}
    assert split.counts["test"]["ann"] == 6
    assert split.counts["test"]["other"] == pytest.approx(0.15 * len(people), abs=2)


def test_a_test_set_from_disk_stays_and_the_rest_avoids_it(unread: Unread) -> None:
    pictures = [
        *several("ann", 30, part="train"),
        *several("bob", 30, part="train"),
        *several("ann", 10, part="val"),
        *several("bob", 10, part="val"),
        Picture("train/ann/x.png", "ann", "train", "party.mp4"),
        Picture("val/ann/y.png", "ann", "val", "party.mp4"),
    ]
    data, measures = unread(pictures)
    exact = ((0, 60), (1, 2), (61, 62), (3, 70))
    split = make_split(data, measures, Duplicates(exact, ((4, 63),)), Rule(test_from="val"))
    assert split.left_out == {
        "train/ann/000.png": "also in test",
        "train/ann/002.png": "repeated",
        "val/ann/002.png": "repeated",
        "train/ann/003.png": "two labels",
        "val/bob/000.png": "two labels",
        "train/ann/004.png": "also in test",
        "train/ann/x.png": "its group is in test",
    }
    assert all(path.startswith("val/") for path in split.files["test"])
    assert len(split.files["test"]) == 19
    share = len(split.files["val"]) / (len(split.files["train"]) + len(split.files["val"]))
    assert share == pytest.approx(15 / 85, abs=0.02)


@pytest.mark.parametrize(
    ("group_by", "groups"),
    [("folder", {"day1", "day2", "day3", "day4"}), (r"regex:day(\d)", set("1234"))],
)
def test_groups_by_folder_and_by_pattern(unread: Unread, group_by: str, groups: set[str]) -> None:
    pictures = [
        Picture(f"{label}/day{day}/{i}.png", label)
        for label in ("ann", "bob")
        for day in (1, 2, 3, 4)
        for i in range(5)
    ]
    data, measures = unread(pictures)
    split = make_split(data, measures, NONE, Rule(group_by=group_by))
    for part in split.files.values():
        days = {path.split("/")[1] for path in part}
        assert len(part) == 10 * len(days)
    assert sum(split.groups.values()) == len(groups)


def test_a_voted_picture_is_of_the_class_with_the_most_votes(unread: Unread) -> None:
    rows = [(6, 4, 0)] * 40 + [(3, 4, 3)] * 40 + [(1, 1, 8)]
    data, measures = unread(voted_pictures(*rows))
    data = replace(data, answers=("happy", "sad", "unknown"))
    near = Duplicates((), ((0, 40), (1, 2, 3)))
    split = make_split(data, measures, near, Rule())
    part = part_of(split)
    assert len(part) == 81 and split.left_out == {}
    assert part["000.png"] == part["040.png"]
    assert part["001.png"] == part["002.png"] == part["003.png"]
    for name in ("happy", "sad"):
        assert [split.counts[p][name] for p in SHARES] == [28, 6, 6]
    assert sum(counts.get("unknown", 0) for counts in split.counts.values()) == 1


def test_a_class_that_rarely_leads_is_reported_and_not_refused(unread: Unread) -> None:
    data, measures = unread(voted_pictures(*[(6, 4, 0)] * 40, (4, 6, 0), (1, 1, 8)))
    data = replace(data, answers=("happy", "sad", "unknown"))
    split = make_split(data, measures, NONE, Rule())
    assert len(split.notes) == 2
    assert all("has no pictures of 'sad' (groups: 1)" in note for note in split.notes)


def test_of_equal_pictures_with_different_votes_one_is_kept(unread: Unread) -> None:
    data, measures = unread(voted_pictures(*[(6, 4, 0), (4, 6, 0)] * 20))
    data = replace(data, answers=("happy", "sad", "unknown"))
    split = make_split(data, measures, Duplicates(((0, 1),), ()), Rule())
    assert split.left_out == {"001.png": "repeated"}


@pytest.mark.parametrize("part", ["", "train/"])
def test_folders_of_voted_pictures_are_groups(unread: Unread, part: str) -> None:
    votes = [(6, 4, 0), (4, 6, 0), (6, 4, 0)] * 20
    data, measures = unread(
        [
            replace(picture, path=f"{part}clip{i % 12}/{picture.path}")
            for i, picture in enumerate(voted_pictures(*votes))
        ]
    )
    data = replace(data, answers=("happy", "sad", "unknown"))
    files = make_split(data, measures, NONE, Rule(group_by="folder")).files.values()
    clips = [{path.removeprefix(part).split("/")[0] for path in paths} for paths in files]
    assert sum(map(len, clips)) == len(set.union(*clips)) == 12


def test_hard_is_the_worst_tenth_by_measured_rules(unread: Unread) -> None:
    data, measures = unread(several("ann", 400) + several("bob", 400))
    measures = replace(measures, size=np.full((800, 2), 48, np.int32))
    split = make_split(data, measures, NONE, Rule())
    rule, row = split.hard_rule, {p.path: i for i, p in enumerate(measures.pictures)}
    assert rule["dark"]["pictures"] == rule["blurred"]["pictures"] == 12
    assert rule["small"]["not_measured"] == "the same for all test pictures"
    assert "not known" in rule["covered"]["not_measured"]
    for path in split.files["test"]:
        dark = measures.brightness[row[path]] < rule["dark"]["below"]
        blurred = measures.sharpness[row[path]] < rule["blurred"]["below"]
        assert (path in split.hard) == (dark or blurred)


def test_covered_and_small_come_from_faces_csv(unread: Unread, tmp_path: Path) -> None:
    data, measures = unread(several("ann", 40) + several("bob", 40))
    lines = [f"{p.path},{p.label},,,,{30 + i},{i / 100},0.5" for i, p in enumerate(data)]
    head = "path,label,source,time_s,track,face_px,score,quality"
    (tmp_path / "faces.csv").write_text("\n".join([head, *lines]))
    split = make_split(replace(data, root=tmp_path), measures, NONE, Rule())
    assert split.hard_rule["covered"]["pictures"] == split.hard_rule["small"]["pictures"] == 2
    assert "face" in split.hard_rule["small"]["measure"]


@pytest.mark.parametrize(
    ("pictures", "rule", "kind", "said"),
    [
        (
            several("ann", 9) + several("bob", 2),
            {},
            DataError,
            r"test would have no .*'bob' \(groups: 2",
        ),
        (several("ann", 9) + several("bob", 9, 1), {}, DataError, "'bob'"),
        (several("ann", 9), {}, DataError, "'ann' is the only class"),
        (several("ann", 9, part="train"), {}, RecipeError, "split on disk already"),
        (several("ann", 9), {"test_from": "val"}, RecipeError, "no part 'val' on disk"),
        (several("ann", 9), {"target": "eve"}, RecipeError, "no pictures of 'eve'"),
        (several("a", 9) + several("b", 9), {"group_by": "regex:x(.)"}, RecipeError, "a/000.png"),
    ],
)
def test_impossible_requests_are_refused(
    unread: Unread, pictures: list[Picture], rule: dict[str, str], kind: type[Exception], said: str
) -> None:
    data, measures = unread(pictures)
    with pytest.raises(kind, match=said) as error:
        make_split(data, measures, NONE, Rule(**rule))
    assert getattr(error.value, "hint", "")


@pytest.mark.parametrize(
    "rule",
    [
        {"ratios": (70, 0, 30)},
        {"ratios": (100,)},
        {"ratios": (1, float("nan"))},
        {"group_by": "person"},
        {"group_by": "regex:"},
        {"group_by": "regex:("},
    ],
)
def test_invalid_rules(rule: dict[str, object]) -> None:
    with pytest.raises(RecipeError) as error:
        Rule(**rule)  # pyright: ignore[reportArgumentType]
    assert error.value.hint


def test_broken_pictures_are_left_out(folder: Path) -> None:
    (folder / "ann" / "00.png").write_bytes(b"no picture")
    data = read_dataset(folder)
    measures = measure(data)
    split = make_split(data, measures, find_duplicates(measures), Rule())
    assert split.left_out == {"ann/00.png": "cannot be read"}
    assert json.loads(split.text())["left_out"] == split.left_out
