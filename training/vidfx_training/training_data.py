"""The classes of a training, and checks that its data can be trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import compress
from pathlib import Path

import numpy as np

from vidfx_engines.names import expression, index_of
from vidfx_engines.spec import OTHER
from vidfx_engines.validation import Label, convert
from vidfx_training.dataset.index import Dataset, empty_folders
from vidfx_training.dataset.votes import agreement
from vidfx_training.dataset.votes_file import VOTES_FILE, names_class
from vidfx_training.errors import DataError
from vidfx_training.picture_array import Pictures


def class_names(data: Dataset, task: str, target: str | None, asked: tuple[str, ...]) -> list[str]:
    """The classes that a network learns, in the order of its outputs.

    Raises DataError for fewer than two classes, for a requested class without pictures, for two
    names of one expression, and for a name that is not a valid label of an engine.
    """
    names = _classes(data, task, target, asked)
    usual: dict[str, str] = {}
    for name in names if task == "emotion" else ():
        other = usual.setdefault(expression(name), name)
        if other != name:
            raise DataError(
                f"{data.root}: {other!r} and {name!r} are one expression",
                hint="put them together, or name the classes in the recipe's labels",
            )
    for name in names:
        try:
            convert(name, Label)
            if task == "recognition" and name == "unknown":
                raise ValueError("unknown is reserved for faces that are not recognised")
        except ValueError as error:
            raise DataError(
                f"{data.root}: the class {name!r}: {error}", hint="rename its folder"
            ) from error
    return names


def _classes(data: Dataset, task: str, target: str | None, asked: tuple[str, ...]) -> list[str]:
    found = data.labels
    if task == "recognition" and target is not None:
        if target not in found:
            raise DataError(
                f"{data.root}: no pictures of {target!r}",
                hint=f"the folders are {', '.join(found[:8])}{', ...' if len(found) > 8 else ''}",
            )
        if target == OTHER:
            raise DataError(
                f"{data.root}: {OTHER!r} is the label of everyone else and cannot be the target",
                hint="name a person's folder",
            )
        if len(found) < 2:
            raise DataError(
                f"{data.root}: {target} is the only class; pictures of other people are needed",
                hint="put them into a second folder",
            )
        return [OTHER, target]
    names = list(asked or found)
    if data.answers:
        names = list(asked or filter(names_class, data.answers))
        votes = np.array([p.votes for p in data], float).sum(0).tolist()
        found = tuple(filter(names_class, compress(data.answers, votes)))
    for name in names:
        known = name in found if task == "recognition" else index_of(name, found) is not None
        if not known:
            raise DataError(
                f"{data.root}: no pictures of the class {name!r}",
                hint=f"the classes are {', '.join(found)}; the recipe's labels must be among them",
            )
    if len(names) < 2:
        raise DataError(
            f"{data.root}: {names[0]!r} is the only class", hint="two or more are needed"
        )
    return names


def agreed(
    data: Dataset, min_agreement: float, warn: Callable[[str], None] = lambda _: None
) -> Dataset:
    """``data`` without pictures whose most frequent answer has less than ``min_agreement``."""
    kept = data.only(p for p in data if agreement(p) >= min_agreement)
    if left_out := len(data) - len(kept):
        warn(
            f"pictures left out of training: {left_out} on which no answer has {min_agreement:.0%}"
            " of the votes"
        )
    return kept


def without_leaks(
    train: Pictures, val: Pictures, warn: Callable[[str], None] = lambda _: None
) -> Pictures:
    """``train`` without pictures that are also in ``val``, repeated, or under two labels.

    Of equal pictures with different votes the first is kept. Raises DataError where a class has no
    pictures left.
    """
    held_out = set(val.digests())
    digests = train.digests()
    names: dict[str, set[int]] = {}
    for digest, label in zip(digests, train.label.tolist(), strict=True):
        names.setdefault(digest, set()).add(label)
    seen: set[str] = set()
    keep = np.zeros(len(train), bool)
    left_out = {"also in val": 0, "with two labels": 0, "repeated": 0}
    for i, digest in enumerate(digests):
        if digest in held_out:
            left_out["also in val"] += 1
        elif len(names[digest]) > 1 and not train.voted:
            left_out["with two labels"] += 1
        elif digest in seen:
            left_out["repeated"] += 1
        else:
            seen.add(digest)
            keep[i] = True
    if keep.all():
        return train
    reasons = ", ".join(f"{n} {why}" for why, n in left_out.items() if n)
    warn(f"pictures left out of training: {reasons}")
    kept = train.subset(keep)
    lost = (train.target.sum(0) > 0) & (kept.target.sum(0) == 0)
    empty = [name for name, gone in zip(train.labels, lost, strict=True) if gone]
    if empty:
        raise DataError(
            f"no pictures of {', '.join(map(repr, empty[:3]))} are left to train on: {reasons}",
            hint="add others, or remove this class; see vidfx dataset check",
        )
    return kept


def refuse_shared_sources(data: Dataset) -> None:
    """Raises DataError where a recording is in train and in another part."""
    parts: dict[str, set[str]] = {}
    for picture in data.pictures:
        if picture.source and picture.part:
            parts.setdefault(picture.source, set()).add(picture.part)
    shared = sorted(s for s, found in parts.items() if "train" in found and len(found) > 1)
    if shared:
        raise DataError(
            f"{data.root}: {len(shared)} recordings are in train and in another part,"
            f" {shared[0]} among them; the measured accuracy would be too high",
            hint="vidfx dataset split DIR --group-by source, or --allow-leaks",
        )


def check_parts(data: Dataset) -> None:
    """Raises DataError where there is no train or no val part."""
    if not {"train", "val"} <= set(data.parts):
        raise DataError(
            f"{data.root}: has no training and validation set",
            hint=f"divide it first: vidfx dataset split {data.root}",
        )


def check_votes(data: Dataset, task: str) -> None:
    """Raises DataError where people are to be recognised and the labels are votes."""
    if data.answers and task != "emotion":
        raise DataError(
            f"{data.root}: {VOTES_FILE} is for expressions; a person is certain",
            hint="lay the pictures out as DIR/<person>/picture.jpg",
        )


def check_folders(data: Dataset, asked: Sequence[str]) -> None:
    """Raises DataError for a class folder without pictures, if the recipe asks for that class."""
    empty = [name for name in empty_folders(data) if not asked or Path(name).name in asked]
    if empty:
        raise DataError(
            f"{data.root}: the folder {empty[0]} has no pictures",
            hint="add pictures, or remove the folder",
        )


def check_same_classes(data: Dataset, asked: Sequence[str], target: str | None) -> None:
    """Raises DataError where val has a class that train lacks.

    Not with a target: the other people differ between the parts on purpose. Not with votes: all
    parts have the same answers.
    """
    if target is not None or asked or data.answers:
        return
    extra = sorted(set(data.part("val").labels) - set(data.part("train").labels))
    if extra:
        raise DataError(
            f"{data.root}: {extra[0]!r} is in val and not in train",
            hint="every class needs pictures in both: vidfx dataset split",
        )
