"""Labelled pictures as one array: decoded and resized once, then memory-mapped from the disk.

The arrays lie in the user's cache folder, under a key of all that they depend on.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np

from vidfx_engines.cores import available_cores
from vidfx_engines.files import AtomicFile, write_atomically
from vidfx_engines.names import some
from vidfx_engines.spec import CropSpec
from vidfx_engines.user_cache import make_private, user_cache
from vidfx_training.dataset.index import Dataset, Picture
from vidfx_training.dataset.picture_file import as_crop, read_picture
from vidfx_training.dataset.votes import class_of, majority, shares
from vidfx_training.errors import DataError, TrainingError
from vidfx_training.recipe import Recipe


@dataclass(frozen=True)
class Pictures:
    """A labelled set of pictures of one size."""

    pixels: np.ndarray
    "(N, C, S, S) uint8, C = 3 (RGB) or 1 (grey); memory-mapped, do not write to it"
    target: np.ndarray
    "(N, K) float32, what the network is to answer: rows sum to 1"
    label: np.ndarray
    "(N,) int64, index into `labels` of the label that most people chose; -1 without a majority"
    labels: tuple[str, ...]
    "the class names, in the order of the model's outputs"
    paths: tuple[str, ...]
    "(N), relative to the data set's folder"

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def voted(self) -> bool:
        """Whether people gave different answers about some picture."""
        return bool((self.target.max(1) < 1).any())

    def subset(self, keep: np.ndarray) -> Pictures:
        """A copy with the rows of ``keep``, a mask (N,) bool or indices."""
        rows = np.flatnonzero(keep) if keep.dtype == bool else keep
        paths = tuple(self.paths[i] for i in rows)
        target, label = self.target[rows], self.label[rows]
        return Pictures(self.pixels[rows], target, label, self.labels, paths)

    def digests(self) -> list[str]:
        """SHA-256 of the pixels of each picture."""
        return [hashlib.sha256(p.tobytes()).hexdigest() for p in self.pixels]

    def counts(self) -> dict[str, int]:
        """Pictures with a majority, by label."""
        return {name: int((self.label == i).sum()) for i, name in enumerate(self.labels)}


def load(
    data: Dataset,
    names: list[str],
    recipe: Recipe,
    *,
    warn: Callable[[str], None] = lambda _: None,
) -> Pictures:
    """The pictures of ``data`` for a network with the outputs ``names``, cut and resized for it.

    Where pictures have one label each, those whose label means none of ``names`` (see ``class_of``)
    are left out. Unreadable pictures are left out with a warning. Raises DataError where no picture
    is left, or, where pictures have one label each, none of a class, and TrainingError where the
    cache cannot be written.
    """
    people = recipe.task == "recognition"
    if not data.answers:
        meant = {label: class_of(label, names, people=people) for label in data.labels}
        data = data.only(p for p in data if meant[p.label] is not None)
    listed = list(data)
    if not listed:
        raise DataError(
            f"{data.root}: no pictures of {some(names)} are left",
            hint="add some, or split again: vidfx dataset split",
        )
    pixels, good = _cached(data, listed, recipe)
    found = Pictures(
        pixels,
        shares(data, names, people=people),
        majority(data, names, people=people),
        tuple(names),
        tuple(p.path for p in data),
    )
    if not good.all():
        missing = [found.paths[row] for row in np.flatnonzero(~good)]
        warn(f"pictures left out: {len(missing)} that cannot be read: {some(missing)}")
        found = found.subset(good)
    for name, count in found.counts().items():
        if not count and not data.answers:  # a class may have votes and no majority
            part = listed[0].part
            raise DataError(
                f"{data.root}: no pictures of {name!r}" + (f" in {part}" if part else ""),
                hint="add some, or split again: vidfx dataset split",
            )
    return found


def _cached(data: Dataset, listed: list[Picture], recipe: Recipe) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (N, C, S, S) uint8, and (N,) bool: which pictures could be read."""
    given = recipe.input
    channels = 1 if given.colour == "grey" else 3
    shape = (len(listed), channels, given.side, given.side)
    want = CropSpec(given.template, recipe.crop)
    key = _key(data, listed, want, shape)
    file = user_cache("pictures") / f"{key}.npy"
    try:
        make_private(file.parent)
        pixels = np.load(file, mmap_mode="c", allow_pickle=False)
        good = np.load(file.with_suffix(".good.npy"), allow_pickle=False)
        if pixels.shape == shape and good.shape == shape[:1]:
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
            _fill(pixels, good, data, listed, want)
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
) -> None:
    def one(row: int) -> None:
        try:
            crop = as_crop(read_picture(data.file(listed[row])), data.crop, want)
        except DataError:
            return
        if want.size > pixels.shape[-1]:  # as the engine does: area average
            crop = cv2.resize(crop, pixels.shape[-2:], interpolation=cv2.INTER_AREA)
        grey = pixels.shape[1] == 1
        pixels[row] = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY) if grey else crop.transpose(2, 0, 1)
        good[row] = True

    with ThreadPoolExecutor(available_cores()) as pool:
        for _ in pool.map(one, range(len(listed))):
            pass


def _key(data: Dataset, listed: list[Picture], want: CropSpec, shape: tuple[int, ...]) -> str:
    digest = hashlib.sha256(repr((3, want, data.crop, shape)).encode())
    for picture in listed:
        file = data.file(picture)
        try:
            state = file.stat()
            facts = (str(file.absolute()), state.st_size, state.st_mtime_ns)
        except OSError:
            facts = (str(file.absolute()), None)
        digest.update(repr(facts).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:32]
