"""Find what is wrong with a data set before it is used for training."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from vidfx_engines.names import some
from vidfx_training.dataset.duplicates import Duplicates, Rows, gather
from vidfx_training.dataset.groups import group_names, strata
from vidfx_training.dataset.index import Dataset, Part, empty_folders, read_dataset
from vidfx_training.dataset.measure import Measures, extracted

SCHEMA = "vidfx.dataset-check/1"
SMALL = 32
"px, the shorter side below which a face is small"
UNEVEN = 5.0
"times as many pictures in the largest class as in the smallest, from which it is a problem"
FEW = 20
"pictures, below which a class is a problem"


@dataclass(frozen=True)
class Problem:
    """One sentence, and the command that fixes the problem; empty where there is none."""

    text: str
    command: str = ""


@dataclass(frozen=True)
class Copies:
    """Sets of duplicates: how many, and how many pictures they contain."""

    sets: int
    pictures: int
    across_labels: int
    "pictures in sets that have more than one label"
    across_parts: int
    "pictures in sets that have more than one part"


@dataclass(frozen=True)
class SplitGroup:
    """A group with pictures in several parts."""

    name: str
    pictures: Mapping[Part, int]


@dataclass(frozen=True)
class Spread:
    """Quantiles over the readable pictures."""

    least: float
    low: float
    "5 % quantile"
    median: float
    high: float
    "95 % quantile"
    most: float


@dataclass(frozen=True)
class Report:
    """What a check found. Labels are the target and ``other`` where the split has a target."""

    root: str
    pictures: int
    labels: tuple[str, ...]
    parts: tuple[Part, ...]
    counts: Mapping[str, Mapping[str, int]]
    "pictures by label, then by part, and under ``all``"
    left_out: Mapping[str, int]
    "pictures that the split file leaves out, by reason"
    imbalance: float
    "pictures of the largest class divided by those of the smallest"
    broken: Mapping[str, str]
    "reason by path"
    empty: tuple[str, ...]
    "class folders without pictures"
    missing: Mapping[str, tuple[str, ...]]
    "missing classes by part"
    conflicts: tuple[Mapping[str, str], ...]
    "for each set of equal pictures with different labels, one path by label"
    exact: Copies
    near: Copies
    leaks: Mapping[str, Mapping[str, int]]
    "duplicate pictures by 'val in train' and so on; an exact one does not count as near"
    groups: int | None
    "number of recordings, folders or people; None if unknown"
    straddling: tuple[SplitGroup, ...]
    width: Spread
    height: Spread
    brightness: Spread
    sharpness: Spread
    small: int
    "pictures whose face, or shorter side if the face is unknown, is below 32 px"
    problems: tuple[Problem, ...]
    "worst first"

    def as_json(self) -> dict[str, Any]:
        return {"schema": SCHEMA, **asdict(self)}


def check(data: Dataset, measures: Measures, duplicates: Duplicates) -> Report:
    """Check for everything that spoils a training or its figures.

    Raises DataError where ``faces.csv`` is wrong, RecipeError where the pattern of the split does
    not match.
    """
    left_out: Mapping[str, str] = data.split.get("left_out", {})
    target: str | None = data.split.get("target")
    group_by: str = data.split.get("group_by") or "source"
    pictures = measures.pictures
    every = Counter(zip(strata(data.pictures, target), [p.part for p in data], strict=True))
    labels = tuple(sorted({label for label, _ in every}))
    counts = {
        label: {part: every[label, part] for part in data.parts}
        | {"all": sum(n for (name, _), n in every.items() if name == label)}
        for label in labels
    }
    sizes = [counts[label]["all"] for label in labels]
    label = strata(pictures, target)
    part: list[Part | None] = [p.part for p in pictures]
    names = group_names(pictures, group_by, target)
    known = extracted(data.root, pictures).face_px
    side = np.where(np.isnan(known), measures.side, known)
    report = Report(
        root=str(data.root),
        pictures=len(data),
        labels=labels,
        parts=data.parts,
        counts=counts,
        left_out=dict(Counter(left_out.values()).most_common()),
        imbalance=round(max(sizes) / min(sizes), 2),
        broken=measures.broken,
        empty=empty_folders(data),
        missing={p: lacking for p in data.parts if (lacking := _lacking(counts, p))},
        conflicts=tuple(
            {label[row]: pictures[row].path for row in rows}
            for rows in duplicates.exact
            if len({label[row] for row in rows}) > 1
        ),
        exact=_copies(duplicates.exact, label, part),
        near=_copies(duplicates.near, label, part),
        leaks=_leaks(data, duplicates, part),
        groups=len(set(names) - {None}) or None,
        straddling=_straddling(names, part),
        width=_spread(measures.size[:, 0]),
        height=_spread(measures.size[:, 1]),
        brightness=_spread(measures.brightness),
        sharpness=_spread(measures.sharpness),
        small=int((side < SMALL).sum()),
        problems=(),
    )
    return replace(report, problems=tuple(_problems(report, _split_command(data))))


def _lacking(counts: Mapping[str, Mapping[str, int]], part: Part) -> tuple[str, ...]:
    return tuple(label for label, by_part in counts.items() if not by_part[part])


def _copies(sets: Sequence[Rows], label: Sequence[str], part: Sequence[Part | None]) -> Copies:
    def across(column: Sequence[Hashable]) -> int:
        return sum(len(rows) for rows in sets if len({column[row] for row in rows}) > 1)

    return Copies(len(sets), sum(map(len, sets)), across(label), across(part))


def _leaks(
    data: Dataset, duplicates: Duplicates, part: Sequence[Part | None]
) -> dict[str, dict[str, int]]:
    """For each pair of parts, the number of pictures of the later one that the earlier one has."""
    found: dict[str, dict[str, int]] = {}
    for i, later in enumerate(data.parts):
        for earlier in data.parts[:i]:
            exact, near = (
                {
                    row
                    for rows in sets
                    if any(part[row] == earlier for row in rows)
                    for row in rows
                    if part[row] == later
                }
                for sets in (duplicates.exact, duplicates.near)
            )
            found[f"{later} in {earlier}"] = {"exact": len(exact), "near": len(near - exact)}
    return found


def _straddling(
    names: Sequence[Hashable | None], part: Sequence[Part | None]
) -> tuple[SplitGroup, ...]:
    found: list[SplitGroup] = []
    for rows in gather(names):
        name = names[rows[0]]
        by_part: Counter[Part] = Counter(p for row in rows if (p := part[row]) is not None)
        if name is not None and len(by_part) > 1:
            found.append(SplitGroup(str(name), dict(by_part)))
    return tuple(sorted(found, key=lambda group: -sum(group.pictures.values())))


def _spread(values: np.ndarray) -> Spread:
    if not len(values):
        return Spread(*[float("nan")] * 5)
    return Spread(*(round(float(q), 2) for q in np.quantile(values, (0, 0.05, 0.5, 0.95, 1))))


def _problems(report: Report, command: str) -> Iterator[Problem]:
    """Worst first: what makes figures wrong, then what makes training worse."""
    yield from _leaking(report, command)
    if report.conflicts:
        n, example = report.exact.across_labels, " = ".join(report.conflicts[0].values())
        yield Problem(f"{n} pictures with equal pixels have different labels: {example}", command)
    if len(report.labels) == 1:
        yield Problem(f"there is one class only: {report.labels[0]}")
    for part, lacking in report.missing.items():
        yield Problem(f"{part} has no pictures of {some(lacking)}", command)
    if report.broken:
        text = f"{_pictures(len(report.broken))} cannot be read: {some(list(report.broken))}"
        yield Problem(text, command)
    yield from _weakening(report, command)


def _leaking(report: Report, command: str) -> Iterator[Problem]:
    for kind, how in (("exact", "pixel for pixel"), ("near", "as near-duplicates")):
        for where, n in report.leaks.items():
            later, _, earlier = where.split()
            if n[kind]:
                yield Problem(f"{_pictures(n[kind])} of {later} also in {earlier}, {how}", command)
    if report.straddling:
        names = some([group.name for group in report.straddling])
        yield Problem(f"groups in more than one part: {names}", command)


def _weakening(report: Report, command: str) -> Iterator[Problem]:
    if repeated := report.exact.pictures - report.exact.sets:
        yield Problem(f"{_pictures(repeated)} repeated, pixel for pixel", command)
    if n := report.near.across_labels:
        yield Problem(f"{_pictures(n)} in sets of near-duplicates with different labels")
    if report.empty:
        yield Problem(f"folders without pictures: {some(report.empty)}")
    if few := [name for name, by_part in report.counts.items() if by_part["all"] < FEW]:
        yield Problem(f"classes of fewer than {FEW} pictures: {some(few)}")
    if report.imbalance >= UNEVEN:
        times = f"{report.imbalance:g} times"
        yield Problem(f"the largest class has {times} the pictures of the smallest")
    if report.small:
        yield Problem(f"{_pictures(report.small)} smaller than {SMALL} px")


def _split_command(data: Dataset) -> str:
    """The command that makes a split without leaks or conflicts."""
    command = f"vidfx dataset split {shlex.quote(str(data.root))}"
    on_disk = read_dataset(data.root, use_split=False).parts
    if on_disk:
        command += f" --test-from {on_disk[-1]}"
    return command + (" --overwrite" if data.split else "")


def _pictures(n: int) -> str:
    return f"{n} picture{'s' if n > 1 else ''}"
