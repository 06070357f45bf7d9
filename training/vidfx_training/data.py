"""Labelled pictures as one array: decoded and resized once, then mapped from the disk.

The arrays stand in the user's cache folder under a key of everything that decides them.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vidfx_engines.files import AtomicFile, write_atomically
from vidfx_engines.spec import CropSpec
from vidfx_engines.user_cache import make_private, user_cache
from vidfx_engines.validation import Label, convert
from vidfx_training.dataset.index import Dataset, Picture
from vidfx_training.dataset.pictures import as_crop, read_picture
from vidfx_training.errors import DataError, TrainingError
from vidfx_training.recipe import Input

OTHER = "other"


@dataclass(frozen=True)
class Pictures:
    """A labelled set of pictures of one size."""

    pixels: np.ndarray
    "(N, C, S, S) uint8, C = 3 (RGB) or 1 (grey); mapped from the disk, not to be written to"
    label: np.ndarray
    "(N,) int64, an index into `labels`"
    labels: tuple[str, ...]
    "the class names, in the order of the model's outputs"
    paths: tuple[str, ...]
    "where each came from, below the data set's folder"

    def __len__(self) -> int:
        return len(self.pixels)

    def subset(self, keep: np.ndarray) -> Pictures:
        """The rows of a mask or of indices, copied."""
        rows = np.flatnonzero(keep) if keep.dtype == bool else keep
        paths = tuple(self.paths[i] for i in rows)
        return Pictures(self.pixels[rows], self.label[rows], self.labels, paths)

    def digests(self) -> list[str]:
        """One digest per picture; equal digests are equal pixels."""
        return [hashlib.sha256(p.tobytes()).hexdigest() for p in self.pixels]

    def counts(self) -> dict[str, int]:
        return {name: int((self.label == i).sum()) for i, name in enumerate(self.labels)}


def class_names(data: Dataset, task: str, target: str | None, asked: tuple[str, ...]) -> list[str]:
    """The classes that a network learns, in the order of its outputs.

    Raises DataError where there are fewer than two, one that was asked for has no pictures, or
    one bears a name that no engine may give.
    """
    names = _classes(data, task, target, asked)
    for name in names:
        try:
            convert(name, Label)
            if task == "recognition" and name == "unknown":
                raise ValueError("unknown is what a face is called that may be somebody")
        except ValueError as error:
            raise DataError(
                f"{data.root}: the class {name!r}: {error}", hint="give its folder another name"
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
                f"{data.root}: {OTHER!r} is what everyone else is called, not the target",
                hint="name a person's folder",
            )
        if len(found) < 2:
            raise DataError(
                f"{data.root}: {target} is the only class; it takes others to be told from",
                hint="put pictures of other people into a folder beside it",
            )
        return [OTHER, target]
    names = list(asked or found)
    for name in names:
        if name not in found:
            raise DataError(
                f"{data.root}: no pictures of the class {name!r}",
                hint=f"the folders are {', '.join(found)}; the recipe's labels must be among them",
            )
    if len(names) < 2:
        raise DataError(
            f"{data.root}: {names[0]!r} is the only class", hint="two or more are needed"
        )
    return names


def load(
    data: Dataset,
    names: list[str],
    given: Input,
    *,
    target: str | None = None,
    warn: Callable[[str], None] = lambda _: None,
) -> Pictures:
    """The pictures of ``data`` whose label is one of ``names``, as the network sees them.

    With a ``target``, everyone else is ``other``. A picture that cannot be read is left out with
    a warning. Raises DataError where a class has none.
    """
    listed = [p for p in data.pictures if target is not None or p.label in names]
    label = [names.index(p.label if target is None or p.label == target else OTHER) for p in listed]
    pixels, good = _cached(data, listed, given, warn)
    rows = np.flatnonzero(good)
    kept = np.asarray(label, np.int64)[rows]
    found = Pictures(
        pixels if len(rows) == len(listed) else pixels[rows],
        kept,
        tuple(names),
        tuple(listed[i].path for i in rows),
    )
    for name, count in found.counts().items():
        if not count:
            part = listed[0].part if listed else None
            raise DataError(
                f"{data.root}: no pictures of {name!r}" + (f" in {part}" if part else ""),
                hint="add some, or split again: vidfx dataset split",
            )
    return found


def without_leaks(
    train: Pictures, val: Pictures, warn: Callable[[str], None] = lambda _: None
) -> Pictures:
    """``train`` without pictures that stand in ``val``, twice, or under two labels.

    Raises DataError where nothing is left of a class.
    """
    held_out = set(val.digests())
    digests = train.digests()
    names: dict[str, set[int]] = {}
    for digest, label in zip(digests, train.label.tolist(), strict=True):
        names.setdefault(digest, set()).add(label)
    seen: set[str] = set()
    keep = np.zeros(len(train), bool)
    left_out = {"also stand in val": 0, "carry two labels": 0, "are repeated": 0}
    for i, digest in enumerate(digests):
        if digest in held_out:
            left_out["also stand in val"] += 1
        elif len(names[digest]) > 1:
            left_out["carry two labels"] += 1
        elif digest in seen:
            left_out["are repeated"] += 1
        else:
            seen.add(digest)
            keep[i] = True
    if keep.all():
        return train
    told = ", ".join(f"{n} {why}" for why, n in left_out.items() if n)
    warn(f"pictures left out of training: {told}")
    kept = train.subset(keep)
    empty = [name for name, count in kept.counts().items() if not count and train.counts()[name]]
    if empty:
        raise DataError(
            f"no pictures of {', '.join(map(repr, empty[:3]))} are left to train on: {told}",
            hint="add others, or take this class out; see vidfx dataset check",
        )
    return kept


def refuse_shared_sources(data: Dataset) -> None:
    """DataError where one recording stands in train and in another part."""
    parts: dict[str, set[str]] = {}
    for picture in data.pictures:
        if picture.source and picture.part:
            parts.setdefault(picture.source, set()).add(picture.part)
    shared = sorted(s for s, found in parts.items() if "train" in found and len(found) > 1)
    if shared:
        raise DataError(
            f"{data.root}: {len(shared)} recordings stand in train and in another part,"
            f" {shared[0]} among them; the figures would be too good",
            hint="vidfx dataset split DIR --group-by source, or --allow-leaks",
        )


def _cached(
    data: Dataset, listed: list[Picture], given: Input, warn: Callable[[str], None]
) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (N, C, S, S) uint8 and which of them could be read (N,) bool."""
    channels = 1 if given.colour == "grey" else 3
    shape = (len(listed), channels, given.side, given.side)
    want = CropSpec(given.template, given.crop or given.side)
    key = _key(data, listed, want, shape)
    file = cache_folder() / f"{key}.npy"
    try:
        make_private(file.parent)
        pixels = np.load(file, mmap_mode="c", allow_pickle=False)
        good = np.load(file.with_suffix(".good.npy"), allow_pickle=False)
        if pixels.shape == shape and good.shape == shape[:1]:
            for row in np.flatnonzero(~good):
                warn(f"{data.file(listed[row])}: cannot be read as a picture; left out")
            return pixels, good
    except (OSError, ValueError):
        pass
    good = np.zeros(len(listed), bool)
    try:
        make_private(file.parent)
        with AtomicFile(file) as made:
            pixels = np.lib.format.open_memmap(
                made.writable, mode="w+", dtype=np.uint8, shape=shape
            )
            _fill(pixels, good, data, listed, want, warn)
            pixels.flush()
            npy = io.BytesIO()
            np.save(npy, good)
            write_atomically(file.with_suffix(".good.npy"), npy.getvalue())
    except OSError as error:
        raise TrainingError(
            f"{file}: cannot write the decoded pictures: {error.strerror or error}",
            hint="free some space, or set XDG_CACHE_HOME to a folder of your own on a larger disk",
        ) from error
    return np.load(file, mmap_mode="c", allow_pickle=False), good


def _fill(
    pixels: np.ndarray,
    good: np.ndarray,
    data: Dataset,
    listed: list[Picture],
    want: CropSpec,
    warn: Callable[[str], None],
) -> None:
    def one(row: int) -> str | None:
        try:
            crop = as_crop(read_picture(data.file(listed[row])), data.crop, want)
        except DataError as error:
            return str(error)
        if want.size > pixels.shape[-1]:  # as the engine will: an integer share, averaged
            crop = cv2.resize(crop, pixels.shape[-2:], interpolation=cv2.INTER_AREA)
        grey = pixels.shape[1] == 1
        pixels[row] = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY) if grey else crop.transpose(2, 0, 1)
        good[row] = True
        return None

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for problem in pool.map(one, range(len(listed))):
            if problem:
                warn(f"{problem}; left out")


def _key(data: Dataset, listed: list[Picture], want: CropSpec, shape: tuple[int, ...]) -> str:
    digest = hashlib.sha256(repr((3, want, data.crop, shape)).encode())
    for picture in listed:
        file = data.file(picture)
        try:
            state = file.stat()
        except OSError:
            continue
        facts = (str(file.absolute()), state.st_size, state.st_mtime_ns)
        digest.update(repr(facts).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:32]


def cache_folder() -> Path:
    """Where decoded pictures are kept between runs."""
    return user_cache("pictures")
