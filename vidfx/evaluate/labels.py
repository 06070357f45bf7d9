"""Match the classes of a data set to an engine's labels, and choose the part to evaluate."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import get_args

import numpy as np

from vidfx.errors import UsageError
from vidfx_engines.names import index_of, some
from vidfx_engines.spec import OTHER, EngineSpec
from vidfx_training.dataset.index import Dataset, Part
from vidfx_training.dataset.votes import majority
from vidfx_training.dataset.votes_file import VOTES_FILE


@dataclass(frozen=True)
class ChosenPart:
    """The pictures to evaluate."""

    data: Dataset
    part: str
    "test, val, train or all"
    why: str


def choose_part(data: Dataset, asked: str | None, *, option: str = "--part") -> ChosenPart:
    """The part ``asked``, by default test, else val, else all. Raises UsageError if missing."""
    there = data.parts
    if asked is None:
        for part in ("test", "val"):
            if part in there:
                why = "the default" if part == "test" else "there is no test part"
                return ChosenPart(data.part(part), part, why)
        return ChosenPart(data, "all", "there is neither a test nor a val part")
    if asked == "all":
        return ChosenPart(data, "all", "as asked")
    for part in get_args(Part):
        if part == asked and part in there:
            return ChosenPart(data.part(part), part, "as asked")
    have = f"only {', '.join(there)}" if there else "it is not split"
    raise UsageError(
        f"{data.root}: there is no part {asked}: {have}",
        hint=f"make one, `vidfx dataset split`, or name another: {option}",
    )


def columns_of(data: Dataset, spec: EngineSpec, *, ignore_unknown: bool) -> dict[str, int]:
    """Index in ``spec.labels`` by folder or column of the votes, without those to leave out.

    Matched as ``index_of`` does. For an engine with the label ``other``, folders that match no name
    are ``other``. Raises UsageError where a folder is unknown, or nothing is named after a label.
    """
    if data.answers:
        return _columns_of_votes(data, spec)
    stranger = spec.labels.index(OTHER) if knows_strangers(spec) else None
    found: dict[str, int] = {}
    for folder in data.labels:
        place = index_of(folder, spec.labels, expressions=spec.task == "emotion")
        place = stranger if place is None else place
        if place is not None:
            found[folder] = place
    unknown = [folder for folder in data.labels if folder not in found]
    names = f"{spec.name} has the labels {some(spec.labels)}"
    if unknown and not ignore_unknown:
        raise UsageError(
            f"{data.root}: folders without a label of the model: {some(unknown)}; {names}",
            hint="rename them, or leave them out: --ignore-unknown",
        )
    if not set(found.values()) - {stranger}:
        raise UsageError(
            f"{data.root}: no folder is named after a label; {names}", hint="rename the folders"
        )
    return found


def _columns_of_votes(data: Dataset, spec: EngineSpec) -> dict[str, int]:
    file = data.root / VOTES_FILE
    if spec.task == "identity":
        raise UsageError(
            f"{file}: votes are for expressions, and {spec.name} is for identity",
            hint="name a folder of folders, one for each person",
        )
    places = {answer: index_of(answer, spec.labels) for answer in data.answers}
    found = {answer: place for answer, place in places.items() if place is not None}
    if not found:
        raise UsageError(
            f"{file}: no column is named after a label; {spec.name} has the labels"
            f" {some(spec.labels)}, the columns are {some(data.answers)}",
            hint="rename the columns",
        )
    return found


def labelled(
    data: Dataset, spec: EngineSpec, *, ignore_unknown: bool, agreement: float
) -> tuple[Dataset, np.ndarray]:
    """The N pictures to classify, and their labels (N,) int64 as indices in ``spec.labels``.

    Without votes they are the pictures in folders that have a label. With votes they are all
    pictures, and -1 is the label of those on which no label has more than ``agreement`` of the
    votes. Raises UsageError as ``columns_of`` does.
    """
    columns = columns_of(data, spec, ignore_unknown=ignore_unknown)
    if data.answers:  # the columns were only to be checked
        return data, majority(data, spec.labels, agreement)
    data = data.only(p for p in data if p.label in columns)
    return data, np.array([columns[p.label] for p in data], np.int64)


def knows_strangers(spec: EngineSpec) -> bool:
    """Whether the engine has the label ``other``."""
    return spec.task == "identity" and OTHER in spec.labels


def left_out(data: Dataset, spec: EngineSpec) -> dict[str, int]:
    """Number of pictures in each folder without a label; empty for pictures with votes."""
    if data.answers:
        return {}
    columns = columns_of(data, spec, ignore_unknown=True)
    return dict(Counter(p.label for p in data if p.label not in columns))
