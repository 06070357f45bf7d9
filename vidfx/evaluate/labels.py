"""Which of an engine's labels the folders of a data set stand for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from vidfx.errors import UsageError
from vidfx.stages.decide import OTHER
from vidfx_engines.spec import EngineSpec
from vidfx_training.dataset.index import Dataset, Part

SHOWN = 5
"names that an error spells out"


@dataclass(frozen=True)
class Chosen:
    """The pictures that are looked at."""

    data: Dataset
    part: str
    "test, val, train or all"
    why: str


def choose_part(data: Dataset, asked: str | None, *, option: str = "--part") -> Chosen:
    """The part ``asked`` for, or else the one kept for tests. Raises UsageError."""
    there = data.parts
    if asked is None:
        for part in ("test", "val"):
            if part in there:
                why = "the part kept for this" if part == "test" else "there is no test part"
                return Chosen(data.part(part), part, why)
        return Chosen(data, "all", "there is neither a test nor a val part")
    if asked == "all":
        return Chosen(data, "all", "as asked")
    for part in get_args(Part):
        if part == asked and part in there:
            return Chosen(data.part(part), part, "as asked")
    have = f"only {', '.join(there)}" if there else "it is not split"
    raise UsageError(
        f"{data.root}: there is no part {asked}: {have}",
        hint=f"make one, `vidfx dataset split`, or name another: {option}",
    )


def columns_of(data: Dataset, spec: EngineSpec, *, ignore_unknown: bool) -> dict[str, int]:
    """The label's place in ``spec.labels``, by folder; folders left out are not in it.

    Case does not count. Of an engine that knows ``other``, every folder that is none of its names
    is ``other``. Raises UsageError where a folder is unknown, or all are.
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
    names = f"{spec.name} knows {some(spec.labels)}"
    if unknown and not ignore_unknown:
        raise UsageError(
            f"{data.root}: folders that the model does not know: {some(unknown)}; {names}",
            hint="rename them, or leave them out: --ignore-unknown",
        )
    if not set(found.values()) - {stranger}:
        raise UsageError(
            f"{data.root}: no folder is named after a label; {names}", hint="rename the folders"
        )
    return found


def knows_strangers(spec: EngineSpec) -> bool:
    return spec.task == "identity" and OTHER in spec.labels


def left_out(data: Dataset, columns: Mapping[str, int]) -> dict[str, int]:
    """Pictures in folders that the engine does not know, by folder."""
    return dict(Counter(p.label for p in data if p.label not in columns))


def some(names: Sequence[str]) -> str:
    """The first of ``names``, and how many more."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
