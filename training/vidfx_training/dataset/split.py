"""Divide a data set into train, val and test without leaks between the parts.

Pictures of one group (one recording, or as ``group_by`` says) and exact and near-duplicates stay in
one part. Each class is divided in the given ratios; the class of a voted picture is the answer with
the most votes. Of equal pictures one is kept; without votes, none if they have different labels.
Pictures are not moved; the result is one file, ``DIR/split.json``::

    {"schema": 1, "seed": 0, "ratios": [70, 15, 15], "group_by": "source", "target": null,
     "test_from": null, "near_duplicates_from": 0.8,
     "counts": {"train": {"happy": 700, ...}, ...}, "groups": {"train": 812, ...},
     "left_out": {"happy/7.jpg": "repeated", ...}, "hard_rule": {...},
     "files": {"train": ["happy/1.jpg", ...], "val": [...], "test": [...]}, "hard": [...]}
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vidfx_engines.names import some
from vidfx_training.dataset.assign import assign
from vidfx_training.dataset.duplicates import NEAR, Duplicates, Unions, gather
from vidfx_training.dataset.groups import group_names, strata
from vidfx_training.dataset.hard import hard_pictures
from vidfx_training.dataset.index import PART_FOLDERS, PARTS, Dataset, Part
from vidfx_training.dataset.measure import Measures
from vidfx_training.dataset.votes_file import names_class
from vidfx_training.errors import DataError, RecipeError

SCHEMA = 1


@dataclass(frozen=True)
class Rule:
    """How to divide a data set. Raises RecipeError for an invalid value."""

    ratios: tuple[float, ...] = (70, 15, 15)
    "of train, val and, optionally, test"
    group_by: str = "source"
    "source, folder (the one below the label's) or regex:PATTERN on the path"
    target: str | None = None
    "one label; all other labels are other people, each in one part only"
    test_from: str | None = None
    "the part on disk that is the test set; the rest is divided into train and val"
    seed: int = 0
    near: float = NEAR
    "correlation from which two pictures are near-duplicates; at 1, only equal pictures"

    def __post_init__(self) -> None:
        if len(self.ratios) not in (2, 3) or not all(0 < r < np.inf for r in self.ratios):
            raise RecipeError(
                "ratios: two or three numbers above 0 are needed", hint="as in --ratios 70/15/15"
            )
        if not 0.3 <= self.near <= 1:
            raise RecipeError(f"near: {self.near:g} is out of range", hint="use 0.3 to 1")
        kind, _, pattern = self.group_by.partition(":")
        if self.group_by not in ("source", "folder") and not (kind == "regex" and pattern):
            raise RecipeError(
                f"group by: {self.group_by!r} is unknown", hint="source, folder or regex:PATTERN"
            )
        try:
            re.compile(pattern)
        except re.error as error:
            raise RecipeError(f"group by: {pattern!r}: {error}", hint="fix the pattern") from error

    def check(self, data: Dataset) -> Part | None:
        """The part on disk that is the test set. Raises RecipeError where the rule does not fit."""
        if self.target is not None and self.target not in data.labels:
            raise RecipeError(
                f"target: {data.root} has no pictures of {self.target!r}",
                hint=f"one of {some(data.labels)}",
            )
        group_names(data.pictures, self.group_by, self.target)
        there = ", ".join(data.parts)
        if self.test_from is None:
            if data.parts:
                raise RecipeError(
                    f"{data.root} is split on disk already, into {there}",
                    hint=f"name the part to use as the test set: --test-from {data.parts[-1]}",
                )
            return None
        part = PART_FOLDERS.get(self.test_from.lower())
        if part not in data.parts:
            raise RecipeError(
                f"test from: {data.root} has no part {self.test_from!r} on disk",
                hint=f"one of {there}" if there else "leave --test-from out",
            )
        if len(data.parts) == 1:
            raise RecipeError(
                f"test from: {data.root} has no other part", hint="add pictures to train on"
            )
        return part

    @property
    def shares(self) -> dict[Part, float]:
        """What each part that is to be filled gets of the pictures; sums to 1."""
        ratios = self.ratios[:2] if self.test_from else self.ratios
        return {part: ratio / sum(ratios) for part, ratio in zip(PARTS, ratios, strict=False)}


@dataclass(frozen=True)
class Split:
    """The part of each picture, and why some were left out."""

    rule: Rule
    files: Mapping[Part, tuple[str, ...]]
    counts: Mapping[Part, Mapping[str, int]]
    "pictures by label, or of the target and of others, by part"
    groups: Mapping[Part, int]
    left_out: Mapping[str, str]
    "reason by path"
    hard: tuple[str, ...]
    hard_rule: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    "the classes that a part lacks, which is allowed with votes"

    def as_json(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "seed": self.rule.seed,
            "ratios": list(self.rule.ratios),
            "group_by": self.rule.group_by,
            "target": self.rule.target,
            "test_from": self.rule.test_from,
            "near_duplicates_from": self.rule.near,
            "counts": {part: dict(counts) for part, counts in self.counts.items()},
            "groups": dict(self.groups),
            "left_out": dict(self.left_out),
            "hard_rule": dict(self.hard_rule),
            "files": {part: list(files) for part, files in self.files.items()},
            "hard": list(self.hard),
        }

    def text(self) -> str:
        """The content of ``split.json``."""
        return json.dumps(self.as_json(), indent=1) + "\n"


def make_split(data: Dataset, measures: Measures, duplicates: Duplicates, rule: Rule) -> Split:
    """Divide ``data``, read without its split file, by ``rule``.

    Raises RecipeError where the rule does not fit the data, and DataError where a class cannot be
    in every part, unless the pictures are voted: a rare class has votes on pictures of others.
    """
    fixed = rule.check(data)
    classes = sorted(set(strata(data.pictures, rule.target)))
    if len(classes) < 2:
        raise DataError(f"{data.root}: {classes[0]!r} is the only class", hint="add another")
    pictures = measures.pictures
    label = strata(pictures, rule.target)
    in_test = np.array([fixed is not None and p.part == fixed for p in pictures], bool)
    left_out = dict.fromkeys(measures.broken, "cannot be read")
    left_out |= {
        pictures[row].path: reason
        for rows in duplicates.exact
        for row, reason in _copies(rows, None if data.answers else label, in_test)
    }
    alike = Unions(len(pictures))
    alike.join_all(duplicates.all)
    copies = alike.roots()
    names = group_names(pictures, rule.group_by, rule.target)
    alike.join_all(gather(row if name is None else name for row, name in enumerate(names)))
    groups = alike.roots()

    kept = np.array([p.path not in left_out for p in pictures], bool)
    twice = np.isin(copies, copies[in_test & kept])
    known = np.isin(groups, groups[in_test & kept])
    for row in np.flatnonzero(kept & known & ~in_test):
        left_out[pictures[row].path] = "also in test" if twice[row] else "its group is in test"
    free = np.flatnonzero(kept & ~known)

    members: list[list[int]] = [free[list(r)].tolist() for r in gather(groups[free].tolist())]
    contents = [Counter([label[row] for row in rows]) for rows in members]
    parts = assign(contents, rule.shares, rule.seed)
    rows_of: dict[Part, list[int]] = {part: [] for part in rule.shares}
    for rows, part in zip(members, parts, strict=True):
        rows_of[part] += rows
    if fixed is not None:
        rows_of["test"] = np.flatnonzero(in_test & kept).tolist()
    counts: dict[Part, Counter[str]] = {
        part: Counter(label[row] for row in rows) for part, rows in rows_of.items()
    }
    n_groups = Counter(name for content in contents for name in content)
    if data.answers:
        classes = [name for name in classes if names_class(name)]
    lacking = _lacking(counts, n_groups, classes)
    if lacking and not data.answers:
        part, what = next(iter(lacking.items()))
        raise DataError(
            f"{part} would have {what}",
            hint="add pictures of other recordings, group by something smaller, or split one "
            "person from all others with --target",
        )

    hard, hard_rule = hard_pictures(
        data, measures, np.array(sorted(rows_of.get("test", [])), np.int64)
    )
    return Split(
        rule,
        files={k: tuple(sorted(pictures[i].path for i in rows)) for k, rows in rows_of.items()},
        counts={part: dict(sorted(found.items())) for part, found in counts.items()},
        groups={part: len(set(groups[rows].tolist())) for part, rows in rows_of.items()},
        left_out=dict(sorted(left_out.items())),
        hard=hard,
        hard_rule=hard_rule,
        notes=tuple(f"{part} has {what}" for part, what in lacking.items()),
    )


def _copies(
    rows: Sequence[int], label: Sequence[str] | None, in_test: np.ndarray
) -> list[tuple[int, str]]:
    """(row, reason) of the equal pictures to leave out: all but one, or all if labels differ."""
    if label is not None and len({label[row] for row in rows}) > 1:
        return [(row, "two labels") for row in rows]
    kept, *others = sorted(rows, key=lambda row: (not in_test[row], row))
    outside = "also in test" if in_test[kept] else "repeated"
    return [(row, "repeated" if in_test[row] else outside) for row in others]


def _lacking(
    counts: Mapping[Part, Counter[str]], groups: Counter[str], classes: Sequence[str]
) -> dict[Part, str]:
    """The classes without pictures, as text, for each part that lacks some."""
    found: dict[Part, str] = {}
    for part, pictures in counts.items():
        lacking = [f"{name!r} (groups: {groups[name]})" for name in classes if not pictures[name]]
        if lacking:
            found[part] = f"no pictures of {some(lacking)}"
    return found
