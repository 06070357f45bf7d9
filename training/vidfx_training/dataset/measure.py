"""Measure every picture: digest, size, brightness, contrast, sharpness, thumbnail."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vidfx_engines.cores import available_cores
from vidfx_training.dataset.index import FACES_FILE, Dataset, Picture, read_faces
from vidfx_training.dataset.picture_file import read_picture
from vidfx_training.errors import DataError

THUMBNAIL = 24
"px, side of the thumbnails that are compared"
SHARPNESS_SIDE = 64
"px, side to which pictures are resized for sharpness, so that it does not depend on their size"
BATCH = 64
"pictures per task of the thread pool"


@dataclass(frozen=True)
class Measures:
    """Measures of N readable pictures, one row each, in the order of the data set."""

    pictures: tuple[Picture, ...]
    digest: tuple[str, ...]
    "SHA-256 of the decoded pixels and their shape"
    size: np.ndarray
    "(N, 2) int32, px: width, height, upright"
    brightness: np.ndarray
    "(N,) float32, mean grey level, 0..255"
    contrast: np.ndarray
    "(N,) float32, standard deviation of the grey level"
    sharpness: np.ndarray
    "(N,) float32, variance of the Laplacian of the grey picture at 64 x 64 px"
    thumbnail: np.ndarray
    "(N, 24, 24) float32, grey levels, 0..255"
    broken: Mapping[str, str]
    "why a picture could not be read, by path"

    def __post_init__(self) -> None:
        n = len(self.pictures)
        shapes = {
            "digest": (len(self.digest),),
            "size": self.size.shape,
            "brightness": self.brightness.shape,
            "contrast": self.contrast.shape,
            "sharpness": self.sharpness.shape,
            "thumbnail": self.thumbnail.shape,
        }
        for name, shape in shapes.items():
            if shape[0] != n:
                raise ValueError(f"{name} {shape} is not one row for each of {n} pictures")

    def __len__(self) -> int:
        return len(self.pictures)

    @property
    def side(self) -> np.ndarray:
        """(N,) int32, px, the shorter side."""
        return self.size.min(axis=1)


@dataclass(frozen=True)
class _Measure:
    digest: str
    size: tuple[int, int]
    brightness: float
    contrast: float
    sharpness: float
    thumbnail: np.ndarray


def measure(data: Dataset, advanced: Callable[[int], None] = lambda _: None) -> Measures:
    """Read every picture of ``data`` once, on all cores; unreadable ones are listed in ``broken``.

    ``advanced`` is called with the number of pictures read so far.
    """
    measured: list[tuple[Picture, _Measure]] = []
    broken: dict[str, str] = {}

    def some(start: int) -> list[tuple[Picture, _Measure | str]]:
        pictures = data.pictures[start : start + BATCH]
        return [(picture, _measured(data.file(picture))) for picture in pictures]

    with ThreadPoolExecutor(available_cores()) as pool:
        try:
            for batch in pool.map(some, range(0, len(data), BATCH)):
                for picture, found in batch:
                    if isinstance(found, str):
                        broken[picture.path] = found
                    else:
                        measured.append((picture, found))
                advanced(len(measured) + len(broken))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    rows = [row for _, row in measured]
    return Measures(
        pictures=tuple(picture for picture, _ in measured),
        digest=tuple(row.digest for row in rows),
        size=np.array([row.size for row in rows], np.int32).reshape(-1, 2),
        brightness=_column(row.brightness for row in rows),
        contrast=_column(row.contrast for row in rows),
        sharpness=_column(row.sharpness for row in rows),
        thumbnail=np.array([row.thumbnail for row in rows], np.float32).reshape(
            -1, THUMBNAIL, THUMBNAIL
        ),
        broken=broken,
    )


def _measured(file: Path) -> _Measure | str:
    """The measures, or the reason why the file cannot be read."""
    try:
        return _measure(read_picture(file))
    except DataError as error:
        return str(error).removeprefix(f"{file}: ")


def _measure(pixels: np.ndarray) -> _Measure:
    height, width = pixels.shape[:2]
    digest = hashlib.sha256(f"{width}x{height} ".encode())
    digest.update(np.ascontiguousarray(pixels).data)
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return _Measure(
        digest=digest.hexdigest(),
        size=(width, height),
        brightness=float(grey.mean()),
        contrast=float(grey.std()),
        sharpness=float(cv2.Laplacian(_resized(grey, SHARPNESS_SIDE), cv2.CV_32F).var()),
        thumbnail=_resized(grey, THUMBNAIL),
    )


def _resized(grey: np.ndarray, side: int) -> np.ndarray:
    shrinks = min(grey.shape) > side
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(grey, (side, side), interpolation=method)


def _column(values: Iterable[float]) -> np.ndarray:
    return np.fromiter(values, np.float32)


@dataclass(frozen=True)
class Extracted:
    """Facts of N pictures from ``vidfx dataset extract``; NaN where unknown."""

    face_px: np.ndarray
    "(N,) float32, px, shorter side of the face's box in its source"
    score: np.ndarray
    "(N,) float32, the detector's, 0..1"


def extracted(root: Path, pictures: Sequence[Picture]) -> Extracted:
    """Facts of ``pictures`` from ``root/faces.csv``. Raises DataError for an invalid number."""
    rows = {row["path"]: row for row in read_faces(root)}

    def column(name: str) -> np.ndarray:
        texts = [rows[p.path].get(name) if p.path in rows else None for p in pictures]
        try:
            return np.array([float(text or "nan") for text in texts], np.float32)
        except ValueError as error:
            raise DataError(
                f"{root / FACES_FILE}: {name}: {error}", hint="extract again"
            ) from error

    return Extracted(column("face_px"), column("score"))
