"""Pictures for building an engine: some set int8's ranges, others compare the precisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from vidfx.errors import NothingReadableError, UsageError
from vidfx.evaluate.labels import choose_part, columns_of
from vidfx.stages.detect import Letterbox
from vidfx.types import Colour, Frame
from vidfx_engines.spec import EngineSpec
from vidfx_training.dataset.index import PICTURE_SUFFIXES, Dataset, Picture, read_dataset
from vidfx_training.dataset.picture_file import as_crop, read_picture
from vidfx_training.errors import DataError

T = TypeVar("T")
TO_CALIBRATE = 256
TO_COMPARE = 2048
FRAMES = 128
"""The most to calibrate and to compare a detector, whose pictures are large."""
NOISE = 128


@dataclass(frozen=True)
class BuildSamples:
    """Pictures as an engine takes them, uint8 RGB."""

    calibration: np.ndarray
    "(M, H, W, 3); empty where there are no faces"
    test: np.ndarray
    "(N, H, W, 3), none of which is in ``calibration``"
    truth: np.ndarray | None
    "(N,) int64, indices into the spec's labels"
    origin: str
    "where the pictures are from, for the user"


def faces(folder: Path, spec: EngineSpec) -> BuildSamples:
    """Face pictures in ``folder``/<label>, divided by its split, or else alternately.

    Raises DataError, UsageError, and NothingReadableError where there are too few.
    """
    assert spec.crop is not None
    data = read_dataset(folder)
    columns = columns_of(data, spec, ignore_unknown=True)
    if data.parts:
        chosen = choose_part(data, None)
        source = data.part("train") if "train" in data.parts else data
        kept = {p.path for p in chosen.data}
        first, second = [p for p in source if p.path not in kept], list(chosen.data)
        origin = f"{folder.name}: ranges from train, compared on {chosen.part}"
    else:
        first, second = list(data)[0::2], list(data)[1::2]
        origin = f"{folder.name}: every second picture each"
    calibration, _ = _read(data, first, spec, columns, TO_CALIBRATE)
    test, truth = _read(data, second, spec, columns, TO_COMPARE)
    if not len(calibration) or not len(test):
        raise NothingReadableError(
            f"{folder}: {len(data)} pictures are too few to set ranges and compare on others",
            hint="give some hundred faces",
        )
    return BuildSamples(calibration, test, truth, origin)


def frames(folder: Path, size: tuple[int, int]) -> BuildSamples:
    """Pictures anywhere below ``folder``, fitted into ``size``, px, with black borders.

    Raises NothingReadableError where there are fewer than two.
    """
    first, second = (
        np.stack([_letterboxed(picture, size) for picture in _pictures(files)])
        for files in _halves(folder, FRAMES)
    )
    return BuildSamples(first, second, None, _every_second(folder))


def _every_second(folder: Path) -> str:
    return f"{folder.name}: every second picture each"


def _halves(folder: Path, limit: int) -> list[list[Path]]:
    """Every second picture below ``folder`` and the others, at most ``limit`` each.

    Raises NothingReadableError where there are fewer than two.
    """
    files = sorted(
        p for p in folder.rglob("*") if p.suffix.lower() in PICTURE_SUFFIXES and p.is_file()
    )
    if len(files) < 2:
        raise NothingReadableError(
            f"{folder}: holds {len(files)} pictures; at least two are needed",
            hint="give some hundred photographs or frames with faces",
        )
    return [_spread(files[start::2], limit) for start in (0, 1)]


def _pictures(files: Sequence[Path]) -> list[np.ndarray]:
    """Each (H, W, 3); files that cannot be read are skipped. Raises NothingReadableError."""
    found: list[np.ndarray] = []
    for file in files:
        try:
            found.append(read_picture(file))
        except DataError:
            continue
    if not found:
        raise NothingReadableError(f"{files[0].parent}: no picture can be read")
    return found


def faces_without_labels(folder: Path, spec: EngineSpec) -> BuildSamples:
    """Face pictures anywhere below ``folder``, cut as the engine wants them.

    Raises NothingReadableError where there are fewer than two.
    """
    crop = spec.crop
    assert crop is not None
    first, second = (
        np.stack([as_crop(picture, None, crop) for picture in _pictures(files)])
        for files in _halves(folder, TO_COMPARE)
    )
    return BuildSamples(first[:TO_CALIBRATE], second, None, _every_second(folder))


def noise(spec: EngineSpec, size: tuple[int, int]) -> BuildSamples:
    """Smooth noise from a fixed seed: enough to compare sums where there are no faces."""
    width, height = (spec.crop.size,) * 2 if spec.crop else size
    count = NOISE if spec.crop else 4
    random = np.random.default_rng(0)
    test = np.empty((count, height, width, 3), np.uint8)
    for picture in test:
        coarse = random.integers(0, 256, (12, 12, 3), np.uint8)
        picture[:] = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return BuildSamples(
        test[:0], test, None, f"{count} pictures of noise, since no faces were given"
    )


def _read(
    data: Dataset,
    pictures: Sequence[Picture],
    spec: EngineSpec,
    columns: dict[str, int],
    limit: int,
) -> tuple[np.ndarray, np.ndarray]:
    """(N, S, S, 3) crops and (N,) labels; files that cannot be read are skipped."""
    assert spec.crop is not None
    crops: list[np.ndarray] = []
    truth: list[int] = []
    for picture in _spread([p for p in pictures if p.label in columns], limit):
        try:
            pixels = read_picture(data.file(picture))
        except DataError:
            continue
        crops.append(as_crop(pixels, data.crop, spec.crop))
        truth.append(columns[picture.label])
    size = spec.crop.size
    stacked = np.stack(crops) if crops else np.empty((0, size, size, 3), np.uint8)
    return stacked, np.array(truth, np.int64)


def _spread(items: Sequence[T], limit: int) -> list[T]:
    """At most ``limit`` of ``items``, evenly spread."""
    if len(items) <= limit:
        return list(items)
    return [items[int(i)] for i in np.linspace(0, len(items) - 1, limit)]


def _letterboxed(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    width, height = size
    scale = min(width / pixels.shape[1], height / pixels.shape[0])
    box = Letterbox(
        width,
        height,
        scale,
        max(1, int(pixels.shape[1] * scale)),
        max(1, int(pixels.shape[0] * scale)),
    )
    canvas = np.zeros((height, width, 3), np.uint8)
    box(Frame(0, 0, pixels), Colour().matrix, canvas)
    return canvas


def require_folder(folder: Path | None) -> None:
    """Raises UsageError where int8's ranges cannot be set: ``folder`` is missing."""
    if folder is None:
        raise UsageError(
            "int8 needs pictures to set its ranges by",
            hint="add --calibration DIR, a folder of some hundred faces (DIR/<label>/*.jpg)",
        )
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder", hint="name a folder of pictures")
