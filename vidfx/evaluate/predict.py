"""Run an engine on labelled pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import cv2
import numpy as np

from vidfx.evaluate.labels import knows_strangers
from vidfx.stages.engine_faults import are_probabilities
from vidfx_engines.base import Engine
from vidfx_engines.cores import available_cores
from vidfx_engines.errors import EngineRunError
from vidfx_engines.spec import OTHER, CropSpec
from vidfx_training.dataset.index import Dataset, Picture
from vidfx_training.dataset.measure import extracted
from vidfx_training.dataset.picture_file import as_crop, read_picture
from vidfx_training.errors import DataError


@dataclass(frozen=True)
class Predictions:
    """Probabilities of N pictures, one row each, sorted by path."""

    pictures: tuple[Picture, ...]
    labels: tuple[str, ...]
    "the engine's K labels"
    truth: np.ndarray
    "(N,) int64, indices into ``labels``; -1 for pictures without one"
    prob: np.ndarray
    "(N, K) float64, rows sum to 1"
    group: np.ndarray
    "(N,) int64, 0..G-1, see ``groups_of``"
    brightness: np.ndarray
    "(N,) float32, mean grey level of the picture, 0..255"
    size_px: np.ndarray
    "(N,) float32, shorter side of the face in its source, or of the picture, see ``size_of``"
    size_of: str
    "what ``size_px`` measures"
    broken: Mapping[str, str]
    "why a picture could not be read, by path"

    def __len__(self) -> int:
        return len(self.pictures)

    @property
    def predicted(self) -> np.ndarray:
        """(N,) int64, index of the most probable label."""
        return self.prob.argmax(1)

    @property
    def right(self) -> np.ndarray:
        """(N,) bool: whether the most probable label is correct."""
        return self.predicted == self.truth

    def of(self, rows: np.ndarray) -> Predictions:
        """The predictions of some pictures; ``rows`` (N,) bool."""
        return replace(
            self,
            pictures=tuple(p for p, kept in zip(self.pictures, rows, strict=True) if kept),
            truth=self.truth[rows],
            prob=self.prob[rows],
            group=np.unique(self.group[rows], return_inverse=True)[1],
            brightness=self.brightness[rows],
            size_px=self.size_px[rows],
        )

    @property
    def with_truth(self) -> Predictions:
        """The predictions of the pictures that have a label."""
        return self.of(self.truth >= 0)


@dataclass(frozen=True)
class _Crop:
    """The crop of one picture (size, size, 3), with its mean grey level and shorter side, px."""

    crop: np.ndarray
    brightness: float
    side: int


def predict(
    engine: Engine,
    data: Dataset,
    truth: np.ndarray,
    *,
    batch: int,
    threads: int | None,
    advanced: Callable[[int], object],
) -> Predictions:
    """Read, cut and classify the N pictures of ``data``.

    ``truth`` (N,) int64: their labels, see Predictions. Unreadable pictures are listed in
    ``broken``; ``advanced`` is called with the number done. Raises DataError where none can be
    read or none of them has a label, EngineRunError where the engine fails or gives invalid
    probabilities.
    """
    crop = engine.spec.crop
    assert crop is not None  # every classifier has one
    rows: list[int] = []
    probs: list[np.ndarray] = []
    measures: list[tuple[float, int]] = []
    broken: dict[str, str] = {}
    done = 0
    for chunk in _read_ahead(data, crop, batch, threads):
        crops: list[np.ndarray] = []
        for row, (picture, read) in enumerate(chunk, done):
            if isinstance(read, str):
                broken[picture.path] = read
                continue
            rows.append(row)
            crops.append(read.crop)
            measures.append((read.brightness, read.side))
        if crops:
            probs.append(engine.run(np.stack(crops))[0].astype(float))
        done += len(chunk)
        advanced(done)
    if not rows:
        raise DataError(
            f"{data.root}: not one of {len(data)} pictures can be read",
            hint="see them with `vidfx dataset check`",
        )
    kept = [data.pictures[row] for row in rows]
    prob, truth = np.concatenate(probs), truth[rows]
    if not (truth >= 0).any():
        raise DataError(
            f"{data.root}: on none of {len(rows)} pictures do most people agree on a label of"
            f" {engine.spec.name}",
            hint="name another --part, or a lower --agreement",
        )
    unsound: list[int] = np.flatnonzero(~are_probabilities(prob)).tolist()
    if unsound:
        raise EngineRunError(
            f"{engine.spec.name}: its outputs for {len(unsound)} of {len(prob)} pictures, first"
            f" {kept[unsound[0]].path}, are not probabilities",
            hint="export it again, with a softmax at its end",
        )
    prob = prob.clip(0, 1)
    measured = np.array(measures, np.float32)
    size_px, size_of = extracted(data.root, kept).face_px, "face in its source"
    if np.isnan(size_px).any():
        size_px, size_of = measured[:, 1], "picture"
    strangers = engine.spec.labels.index(OTHER) if knows_strangers(engine.spec) else None
    return Predictions(
        pictures=tuple(kept),
        labels=engine.spec.labels,
        truth=truth,
        prob=prob / prob.sum(1, keepdims=True),
        group=groups_of(kept, truth == strangers),
        brightness=measured[:, 0],
        size_px=size_px,
        size_of=size_of,
        broken=broken,
    )


def groups_of(pictures: Sequence[Picture], strangers: np.ndarray) -> np.ndarray:
    """(N,) int64: the same number for pictures of one source.

    Pictures of ``strangers`` (N,) bool are grouped by person, if their folder names one. Pictures
    without a known source are groups of their own.
    """
    keys = [
        ("person", p.label)
        if stranger and p.label.casefold() != OTHER
        else ("source", p.source)
        if p.source
        else ("path", p.path)
        for p, stranger in zip(pictures, strangers.tolist(), strict=True)
    ]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    return np.array([numbers[key] for key in keys], np.int64)


def _read_ahead(
    data: Dataset, crop: CropSpec, batch: int, threads: int | None
) -> Iterator[list[tuple[Picture, _Crop | str]]]:
    """Batches of crops, or reasons why a picture cannot be read; reads one batch ahead."""

    def one(picture: Picture) -> _Crop | str:
        file = data.file(picture)
        try:
            pixels = read_picture(file)
        except DataError as error:
            return str(error).removeprefix(f"{file}: ")
        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        return _Crop(as_crop(pixels, data.crop, crop), float(grey.mean()), min(grey.shape))

    with ThreadPoolExecutor(threads or available_cores()) as pool:
        try:
            waiting = None
            for start in range(0, len(data), batch):
                pictures = data.pictures[start : start + batch]
                reads = pictures, [pool.submit(one, p) for p in pictures]
                if waiting:
                    yield [(p, f.result()) for p, f in zip(*waiting, strict=True)]
                waiting = reads
            if waiting:
                yield [(p, f.result()) for p, f in zip(*waiting, strict=True)]
        finally:
            pool.shutdown(cancel_futures=True)
