"""Folders of face pictures, one folder a class, as arrays; and what must not be trusted in them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})


@dataclass(frozen=True)
class Pictures:
    """A labelled set of pictures of one size."""

    pixels: np.ndarray
    "(N, S, S) uint8, grey"
    label: np.ndarray
    "(N,) int64, an index into `labels`"
    labels: tuple[str, ...]
    "the class names, in the order of the model's outputs"

    def __len__(self) -> int:
        return len(self.pixels)

    def subset(self, keep: np.ndarray) -> Pictures:
        return Pictures(self.pixels[keep], self.label[keep], self.labels)

    def digests(self) -> list[str]:
        """One digest per picture; equal digests are equal pixels."""
        return [hashlib.sha256(p.tobytes()).hexdigest() for p in self.pixels]

    def counts(self) -> dict[str, int]:
        return {name: int((self.label == i).sum()) for i, name in enumerate(self.labels)}


def read_folder(folder: Path, labels: tuple[str, ...], size: int) -> Pictures:
    """Read ``folder/<label>/*`` as grey pictures of ``size`` x ``size``, in sorted order.

    Raises FileNotFoundError where a class has no picture, ValueError where a file is none.
    """
    pixels: list[np.ndarray] = []
    label: list[int] = []
    for index, name in enumerate(labels):
        files = sorted(p for p in (folder / name).glob("*") if p.suffix.lower() in PICTURE_SUFFIXES)
        if not files:
            raise FileNotFoundError(f"{folder / name}: no pictures of the class {name!r}")
        for file in files:
            pixels.append(_read(file, size))
            label.append(index)
    return Pictures(np.stack(pixels), np.asarray(label, np.int64), labels)


def _read(file: Path, size: int) -> np.ndarray:
    try:
        with Image.open(file) as picture:
            # Telephones store pictures as the sensor lay, and how to turn them.
            grey = ImageOps.exif_transpose(picture).convert("L")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"{file}: cannot be read as a picture: {error}") from error
    if grey.size != (size, size):
        grey = grey.resize((size, size), Image.Resampling.BOX)
    return np.asarray(grey)


@dataclass(frozen=True)
class CleanSplit:
    """A training and a validation set that share no picture, and what was taken out."""

    train: Pictures
    val: Pictures
    val_as_given: Pictures
    removed: dict[str, int]


def clean_split(train: Pictures, val: Pictures) -> CleanSplit:
    """Make the two sets disjoint, pixel for pixel.

    Pictures that stand in both are taken out of both; in the training set a repeated picture
    counts once, and one that carries two labels is taken out, since neither can be believed.
    Raises ValueError where nothing is left of one of them.
    """
    train_digest, val_digest = train.digests(), val.digests()
    shared = set(train_digest) & set(val_digest)
    names: dict[str, set[int]] = {}
    for digest, label in zip(train_digest, train.label.tolist(), strict=True):
        names.setdefault(digest, set()).add(label)
    seen: set[str] = set()
    keep: list[int] = []
    removed = {"train_in_val": 0, "train_two_labels": 0, "train_repeated": 0, "val_in_train": 0}
    for i, digest in enumerate(train_digest):
        if digest in shared:
            removed["train_in_val"] += 1
        elif len(names[digest]) > 1:
            removed["train_two_labels"] += 1
        elif digest in seen:
            removed["train_repeated"] += 1
        else:
            seen.add(digest)
            keep.append(i)
    clean_val = np.asarray([d not in shared for d in val_digest], bool)
    removed["val_in_train"] = int((~clean_val).sum())
    for name, left in (("training", len(keep)), ("validation", int(clean_val.sum()))):
        if not left:
            raise ValueError(f"nothing is left of the {name} set; taken out: {removed}")
    return CleanSplit(train.subset(np.asarray(keep)), val.subset(clean_val), val, removed)
