"""Training images of the detector: mosaics of one or many pictures, degraded as recordings are.

One face of each picture is scaled to a random size, from a few pixels to most of its cell, and
put at a random position. Mosaics are grey, dark, blurred, noisy, compressed or occluded at random.
Faces that are cut in half or too small become ignored regions.
"""

# NumPy leaves the types of some functions open.
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import cv2
import numpy as np

from vidfx_training.detector.labelled_images import FaceLabels, LabelledImage

GRIDS = ((1, 0.36), (2, 0.26), (3, 0.16), (4, 0.14), (6, 0.08))
"""Pictures per row of the mosaic, and the share of such mosaics."""
SMALLEST = 8.0
"""px, the smallest face that is learned."""
WHOLE, BACKGROUND = 0.45, 0.2
"""Visible share of a face: from WHOLE on it is learned, up to BACKGROUND it is background."""
MIRRORED = [1, 0, 2, 4, 3]
"""The order of the landmarks in a mirror image."""


@lru_cache(maxsize=3000)  # per process, about 1 GB
def _pyramid(picture: LabelledImage) -> list[np.ndarray]:
    return picture.pyramid()


@dataclass(frozen=True)
class Mosaic:
    """An image (side, side, 3) uint8 RGB and its faces."""

    pixels: np.ndarray
    faces: FaceLabels


class MosaicMaker:
    """Makes random mosaics of pictures.

    ``shares``: how often a picture is taken, by the first folder of its name.
    """

    def __init__(
        self,
        pictures: Sequence[LabelledImage],
        shares: dict[str, float],
        side: int,
        seed: Sequence[int],
    ) -> None:
        self._kinds = [
            ([p for p in pictures if p.name.split("/")[0] == kind], share)
            for kind, share in shares.items()
        ]
        self._kinds = [(some, share) for some, share in self._kinds if some]
        self._share = np.array([share for _, share in self._kinds])
        self._share /= self._share.sum()
        self._side = side
        self._random = np.random.default_rng(list(seed))

    def draw(self) -> Mosaic:
        random, side = self._random, self._side
        grids, often = zip(*GRIDS, strict=True)
        n = int(random.choice(grids, p=np.array(often) / sum(often)))
        edges = np.linspace(0, side, n + 1).round().astype(int)
        pixels = np.zeros((side, side, 3), np.uint8)
        parts: list[FaceLabels] = []
        for top, bottom in pairwise(edges.tolist()):
            for left, right in pairwise(edges.tolist()):
                piece, faces = self._piece(right - left, bottom - top, n)
                pixels[top:bottom, left:right] = piece
                shift = np.array([left, top], np.float32)
                parts.append(
                    FaceLabels(faces.box + np.tile(shift, 2), faces.marks + shift, faces.has_marks,
                          faces.unsure + np.tile(shift, 2))
                )  # fmt: skip
        joined = FaceLabels(
            np.concatenate([p.box for p in parts]),
            np.concatenate([p.marks for p in parts]),
            np.concatenate([p.has_marks for p in parts]),
            np.concatenate([p.unsure for p in parts]),
        )
        return Mosaic(degraded(random, pixels), joined)

    def _piece(self, width: int, height: int, grid: int) -> tuple[np.ndarray, FaceLabels]:
        """One cell of the mosaic, (height, width, 3), and its visible faces."""
        random = self._random
        some, _ = self._kinds[int(random.choice(len(self._kinds), p=self._share))]
        picture = some[int(random.integers(len(some)))]
        levels = _pyramid(picture)
        matrix, scale, flip = self._place(picture.faces, levels[0].shape, width, height, grid)
        depth = min(int(max(0.0, np.floor(np.log2(1 / scale)))), len(levels) - 1)
        shrunk = matrix.copy()
        shrunk[:, :2] *= 2**depth
        border = (0, 0, 0) if random.random() < 0.5 else tuple(random.integers(0, 256, 3).tolist())
        pixels = cv2.warpAffine(
            levels[depth], shrunk, (width, height), flags=cv2.INTER_LINEAR, borderValue=border
        )
        faces = visible_faces(picture.faces, matrix, scale, (width, height), flip=flip)
        return occluded(random, recoloured(random, pixels), faces), faces

    def _place(
        self, faces: FaceLabels, shape: tuple[int, ...], width: int, height: int, grid: int
    ) -> tuple[np.ndarray, float, bool]:
        """A random placement: matrix (2, 3), scale, and whether the picture is mirrored."""
        random, cell = self._random, min(width, height)
        fills = bool(random.random() < 0.4)
        least = cell / (min(shape[:2]) if fills else max(shape[:2]) * (2.0 if grid == 1 else 1.4))
        if len(faces.box) and random.random() < 0.85:
            box = faces.box[random.integers(len(faces.box))]
            middle = (box[:2] + box[2:]) / 2
            size = float((box[2:] - box[:2]).max())
            wanted = np.exp(random.uniform(np.log(10), np.log(0.9 * cell)))
            scale = float(np.clip(wanted / size, least, 5.0))
            at = random.uniform(0.12, 0.88, 2) * (width, height)
        else:
            middle = random.uniform(0.2, 0.8, 2) * (shape[1], shape[0])
            scale = float(cell / max(shape[:2]) * random.uniform(0.8, 2.0))
            at = random.uniform(0.3, 0.7, 2) * (width, height)
        degrees = float(np.clip(random.normal(0, 14), -40, 40)) if random.random() < 0.4 else 0.0
        flip = bool(random.random() < 0.5)
        turn = np.radians(degrees)
        linear = scale * np.array(
            [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]], np.float64
        )
        linear[:, 0] *= -1 if flip else 1
        if random.random() < 0.7:
            at = _covering(at, middle, scale, shape, (width, height), flip=flip)
        return np.concatenate([linear, (at - linear @ middle)[:, None]], 1), scale, flip


def _covering(
    at: np.ndarray,
    middle: np.ndarray,
    scale: float,
    shape: tuple[int, ...],
    size: tuple[int, int],
    *,
    flip: bool,
) -> np.ndarray:
    """``at`` moved so that the picture covers as much of its cell as possible."""
    extent = np.array([shape[1], shape[0]]) * scale
    inside = np.array([shape[1] - middle[0] if flip else middle[0], middle[1]]) * scale
    corner = at - inside
    rest = np.array(size) - extent
    return np.clip(corner, np.minimum(rest, 0), np.maximum(rest, 0)) + inside


def visible_faces(
    faces: FaceLabels, matrix: np.ndarray, scale: float, size: tuple[int, int], *, flip: bool
) -> FaceLabels:
    """``faces`` transformed by ``matrix`` and clipped to ``size`` (width, height)."""

    def moved(xy: np.ndarray) -> np.ndarray:
        return (xy @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)

    def boxes(box: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Clipped boxes, and the share of each that is left."""
        middle = moved((box[:, :2] + box[:, 2:]) / 2)
        half = (box[:, 2:] - box[:, :2]) / 2 * scale
        whole = np.concatenate([middle - half, middle + half], 1).astype(np.float32)
        cut = np.clip(whole, 0, np.tile(np.array(size, np.float32), 2))
        area = (cut[:, 2:] - cut[:, :2]).clip(0).prod(1)
        return cut, area / np.maximum((whole[:, 2:] - whole[:, :2]).prod(1), 1e-6)

    box, share = boxes(faces.box)
    unsure, left = boxes(faces.unsure)
    large = (box[:, 2:] - box[:, :2]).max(1, initial=0) >= SMALLEST
    sure = (share >= WHOLE) & large
    marks = moved(faces.marks)
    marks = marks[:, MIRRORED] if flip else marks
    return FaceLabels(
        box[sure],
        marks[sure],
        (faces.has_marks & (share > 0.9))[sure],
        np.concatenate([box[~sure & (share > BACKGROUND)], unsure[left > BACKGROUND]]),
    )


def recoloured(random: np.random.Generator, pixels: np.ndarray) -> np.ndarray:
    """Random brightness, gain per channel and gamma; some pictures grey."""
    if random.random() < 0.18:
        pixels = cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    gain = random.uniform(0.7, 1.3)
    if random.random() < 0.12:
        gain *= random.uniform(0.12, 0.5)
    gains = gain * (random.uniform(0.85, 1.15, 3) if random.random() < 0.3 else np.ones(3))
    ramp = np.arange(256, dtype=np.float32)[:, None] / 255
    gamma = float(np.exp(random.uniform(-0.35, 0.35))) if random.random() < 0.4 else 1.0
    table = ramp**gamma * 255 * gains + random.uniform(-20, 20)
    return cv2.LUT(pixels, table.clip(0, 255).astype(np.uint8)[:, None])


def occluded(random: np.random.Generator, pixels: np.ndarray, faces: FaceLabels) -> np.ndarray:
    """Occludes some faces with a rectangle, or their lower half like a mask; changes ``pixels``."""
    for x1, y1, x2, y2 in faces.box.astype(int).tolist():
        if random.random() >= 0.12 or x2 - x1 < 4 or y2 - y1 < 4:
            continue
        if random.random() < 0.6:  # a mask
            top = int(y1 + (y2 - y1) * random.uniform(0.45, 0.65))
            area = (slice(top, y2), slice(x1, x2))
        else:
            width = int((x2 - x1) * random.uniform(0.2, 0.5))
            height = int((y2 - y1) * random.uniform(0.2, 0.5))
            left = int(random.integers(x1, max(x1 + 1, x2 - width)))
            top = int(random.integers(y1, max(y1 + 1, y2 - height)))
            area = (slice(top, top + height), slice(left, left + width))
        pixels[area] = random.integers(0, 256, 3).astype(np.uint8)
    return pixels


def degraded(random: np.random.Generator, pixels: np.ndarray) -> np.ndarray:
    """Random blur, low resolution, noise and JPEG compression."""
    side = len(pixels)
    if random.random() < 0.15:
        pixels = cv2.GaussianBlur(pixels, (0, 0), random.uniform(0.5, 2.0))
    elif random.random() < 0.08:
        length = int(random.integers(3, 10))
        kernel = np.zeros((length, length), np.float32)
        kernel[length // 2] = 1 / length
        pixels = cv2.filter2D(pixels, -1, kernel if random.random() < 0.5 else kernel.T)
    if random.random() < 0.12:
        small = int(side * random.uniform(0.35, 0.8))
        less = cv2.resize(pixels, (small, small), interpolation=cv2.INTER_AREA)
        pixels = cv2.resize(less, (side, side), interpolation=cv2.INTER_LINEAR)
    if random.random() < 0.2:
        noise = np.empty(pixels.shape, np.int16)
        cv2.randn(noise, np.zeros(3), np.full(3, random.uniform(2, 14)))
        pixels = cv2.add(pixels, noise, dtype=cv2.CV_8U)
    if random.random() < 0.25:
        quality = int(random.integers(20, 85))
        done, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        again = cv2.imdecode(data, cv2.IMREAD_COLOR) if done else None
        pixels = pixels if again is None else np.asarray(again)
    return pixels
