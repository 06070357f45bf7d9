"""Match the folders of a data set to an engine's labels, and choose the part to evaluate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from vidfx.errors import UsageError
from vidfx_engines.names import some
from vidfx_engines.spec import OTHER, EngineSpec
from vidfx_training.dataset.index import Dataset, Part


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
    """Index in ``spec.labels`` by folder, without the folders to leave out.

    Case is ignored. For an engine with the label ``other``, folders that match no name are
    ``other``. Raises UsageError where a folder is unknown, or none is named after a label.
    """
    places = {label.casefold(): i for i, label in reversed(list(enumerate(spec.labels)))}
    places |= {label: i for i, label in enumerate(spec.labels)}
    stranger = spec.labels.index(OTHER) if knows_strangers(spec) else None
    found: dict[str, int] = {}
    for folder in data.labels:
        place = places.get(folder, places.get(folder.casefold(), stranger))
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


def knows_strangers(spec: EngineSpec) -> bool:
    """Whether the engine has the label ``other``."""
    return spec.task == "identity" and OTHER in spec.labels


def left_out(data: Dataset, columns: Mapping[str, int]) -> dict[str, int]:
    """Number of pictures that are not evaluated, by folder."""
    return dict(Counter(p.label for p in data if p.label not in columns))
