"""Batches of mosaics, made by worker processes while the network trains."""

# torch leaves the types of many functions open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from vidfx_training.detector.labelled_images import LabelledImage
from vidfx_training.detector.loss import Truth
from vidfx_training.detector.mosaic import Mosaic, MosaicMaker

MOST = 64
"""Faces learned per mosaic; the smallest of more become ignored regions."""
EVERYWHERE = -1
"""The fold of pictures that are never used for measuring."""


@dataclass(frozen=True)
class Batch:
    """Mosaics of the pictures of one fold."""

    fold: int
    pixels: Tensor
    "(N, 3, side, side) uint8 RGB"
    truth: Truth

    def to(self, device: torch.device) -> Batch:
        def sent(x: Tensor) -> Tensor:
            return x.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else x

        truth = Truth(*(sent(getattr(self.truth, f.name)) for f in fields(self.truth)))
        return Batch(self.fold, sent(self.pixels), truth)


class _MosaicStream(IterableDataset[Batch]):
    def __init__(
        self,
        pictures: Sequence[LabelledImage],
        shares: dict[str, float],
        side: int,
        batch: int,
        folds: Sequence[int],
        seed: int,
    ) -> None:
        self._pictures, self._shares, self._folds = pictures, shares, folds
        self._side, self._batch, self._seed = side, batch, seed

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        number = worker.id if worker else 0
        cv2.setNumThreads(1)
        cv2.setRNGSeed(self._seed * 1000 + number)
        painters = {
            fold: MosaicMaker(
                [p for p in self._pictures if p.fold in (EVERYWHERE, fold)],
                self._shares, self._side, (self._seed, number, fold),
            )
            for fold in self._folds
        }  # fmt: skip
        turn = number
        while True:
            fold = self._folds[turn % len(self._folds)]
            yield stacked(fold, [painters[fold].draw() for _ in range(self._batch)])
            turn += 1


def stacked(fold: int, mosaics: Sequence[Mosaic]) -> Batch:
    """``mosaics`` as one batch, with faces padded to the largest number."""
    order = [np.argsort(-(f[:, 2:] - f[:, :2]).prod(1)) for f in (c.faces.box for c in mosaics)]
    most = max(1, min(MOST, max(map(len, order))))
    n = len(mosaics)
    box, marks = np.zeros((n, most, 4), np.float32), np.zeros((n, most, 5, 2), np.float32)
    has, is_face = np.zeros((n, most), bool), np.zeros((n, most), bool)
    doubts: list[np.ndarray] = []
    for i, (mosaic, rows) in enumerate(zip(mosaics, order, strict=True)):
        faces, kept = mosaic.faces, rows[:most]
        count = len(kept)
        box[i, :count], marks[i, :count] = faces.box[kept], faces.marks[kept]
        has[i, :count], is_face[i, :count] = faces.has_marks[kept], True
        doubts.append(np.concatenate([faces.unsure, faces.box[rows[most:]]]))
    unsure = np.zeros((n, max(1, *map(len, doubts)), 4), np.float32)
    for i, some in enumerate(doubts):
        unsure[i, : len(some)] = some
    pixels = torch.from_numpy(np.stack([c.pixels for c in mosaics])).permute(0, 3, 1, 2)
    arrays = (box, marks, has, is_face, unsure)
    return Batch(fold, pixels, Truth(*(torch.from_numpy(a) for a in arrays)))


def batches(
    pictures: Sequence[LabelledImage],
    shares: dict[str, float],
    *,
    side: int,
    batch: int,
    folds: Sequence[int],
    seed: int,
    workers: int,
) -> Iterator[Batch]:
    """Endless batches, alternating between ``folds``; each includes the pictures without a fold."""
    mosaics = _MosaicStream(pictures, shares, side, batch, folds, seed)
    loader = DataLoader(
        mosaics, batch_size=None, num_workers=workers, prefetch_factor=3 if workers else None
    )
    return iter(loader)
