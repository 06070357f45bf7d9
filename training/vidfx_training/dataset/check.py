"""Find what is wrong with a data set before it is used for training."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from vidfx_training.dataset.agreement import agreement_of, opinions
from vidfx_training.dataset.duplicates import Duplicates, Rows, gather
from vidfx_training.dataset.groups import group_names, strata
from vidfx_training.dataset.index import Dataset, Part, empty_folders, read_dataset, without_votes
from vidfx_training.dataset.measure import Measures, extracted
from vidfx_training.dataset.problems import SMALL, problems
from vidfx_training.dataset.report import Copies, Report, SplitGroup, Spread
from vidfx_training.dataset.votes_file import names_class


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
    classes = [name for name in labels if not data.answers or names_class(name)]
    sizes = [counts[name]["all"] for name in classes] or [1]
    label = strata(pictures, target)
    opinion = opinions(pictures, data.answers, label)
    conflicts = [rows for rows in duplicates.exact if len({opinion[row] for row in rows}) > 1]
    absent = {p for p in measures.broken if data.answers and not (data.root / p).exists()}
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
        broken={path: why for path, why in measures.broken.items() if path not in absent},
        empty=empty_folders(data),
        missing={
            part: lacking
            for part in data.parts
            if (lacking := tuple(name for name in classes if not counts[name][part]))
        },
        votes=agreement_of(pictures, data.answers),
        without_picture=tuple(sorted(absent)),
        without_votes=without_votes(data),
        conflicts=tuple({opinion[row]: pictures[row].path for row in rows} for rows in conflicts),
        conflicting=sum(map(len, conflicts)),
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
    return replace(report, problems=tuple(problems(report, _split_command(data))))


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


def _split_command(data: Dataset) -> str:
    """The command that makes a split without leaks or conflicts."""
    command = f"vidfx dataset split {shlex.quote(str(data.root))}"
    on_disk = read_dataset(data.root, use_split=False).parts
    if on_disk:
        command += f" --test-from {on_disk[-1]}"
    return command + (" --overwrite" if data.split else "")
