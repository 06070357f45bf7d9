"""Draws the boxes of faces: four corners each, all corners of a frame in a few array operations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from vidfx.overlay.colours import PANEL
from vidfx.overlay.drawing import Drawing, Stamp, draw, steps
from vidfx.overlay.faces import PlacedFace
from vidfx.overlay.shapes import box_corner
from vidfx.overlay.yuv import Layer, Rgb, compose, to_overlay, to_stored
from vidfx.types import Stretch

HALO = 0.45
"opacity of the dark rim that keeps a box visible on a bright picture"
CACHED_LOOKS, CACHED_BOXES, CACHED_SIDES = 96, 384, 384


class _Look(NamedTuple):
    """What the corners of a box have in common."""

    arm: int
    "px"
    rgb: Rgb
    strength: float


class _Side(NamedTuple):
    """The corners at one side of a box, along one axis; px of the planes."""

    far: bool
    "whether it is the right or the lower side"
    odd: int
    "1 where a corner begins between two pixels of the chroma planes, else 0"
    length: int
    "of a corner, from the even coordinate before it to the one after it"
    start: int
    stop: int
    "the part of this length that is inside the picture; even"


_Sides = tuple[_Side, ...]


class _Pixels(NamedTuple):
    """The visible pixels of the upper left corner: those of Y, then those of U and V."""

    n_luma: int
    row: np.ndarray
    "(N,) int64, of their plane, as is ``column``"
    column: np.ndarray
    keep: np.ndarray
    "(N,) uint8, as in Overlay"
    add: np.ndarray
    "(N,) uint8, as in Overlay"


class Boxes:
    """Draws boxes on the frames of one video, whose planes have ``size``: width and height, px.

    ``stroke`` (px) is the thickness of a line, ``margin`` (px) is the room for its outer half.
    """

    def __init__(
        self, size: tuple[int, int], matrix: int, stretch: Stretch, stroke: float, margin: int
    ) -> None:
        self._size, self._matrix, self._stretch = size, matrix, stretch
        self._stroke, self._margin = stroke, margin
        self._picture: Callable[[_Look], np.ndarray] = lru_cache(CACHED_LOOKS)(self._new_picture)
        self._pixels: Callable[[_Look, int, int], _Pixels] = lru_cache(4 * CACHED_LOOKS)(
            self._new_pixels
        )
        self._side: Callable[[bool, int, int, int, int], _Side] = lru_cache(CACHED_SIDES)(_side)
        self._corner: Callable[[_Look, _Side, _Side], Stamp] = lru_cache(CACHED_BOXES)(
            self._new_corner
        )
        self._corners: Callable[[_Look, _Sides, _Sides], Stamp] = lru_cache(CACHED_BOXES)(
            self._new_corners
        )

    def paint(self, planes: np.ndarray, faces: Iterable[PlacedFace]) -> None:
        """Draw on a contiguous I420 buffer in place, later boxes over earlier ones."""
        flat = planes.reshape(-1)
        for step in steps(self.drawings(faces)):
            draw(step, flat)

    def drawings(self, faces: Iterable[PlacedFace]) -> list[Drawing]:
        """What is drawn, in this order."""
        return [drawing for face in faces for drawing in self._drawings(face)]

    def _drawings(self, face: PlacedFace) -> list[Drawing]:
        """The corners inside the picture: together, or one by one where they meet each other."""
        box, arm = face.box, face.arm
        look = _Look(arm, face.words.colour, face.strength)
        _, height, width = self._picture(look).shape
        x0, x1, across = self._sides(0, box.x0, box.x1 - arm, width)
        y0, y1, down = self._sides(1, box.y0, box.y1 - arm, height)
        near_x, far_x = across
        near_y, far_y = down
        meet = x0 + near_x.stop > x1 + far_x.start or y0 + near_y.stop > y1 + far_y.start
        if meet:
            return [
                self._drawing(look, (x,), (y,), (horizontal,), (vertical,))
                for x, horizontal in ((x0, near_x), (x1, far_x))
                for y, vertical in ((y0, near_y), (y1, far_y))
            ]
        return [self._drawing(look, (x0, x1), (y0, y1), across, down)]

    def _drawing(
        self, look: _Look, xs: tuple[int, ...], ys: tuple[int, ...], across: _Sides, down: _Sides
    ) -> Drawing:
        row = self._size[0]
        begins: list[int] = []
        for y in ys:
            for x in xs:
                begins += (y * row + x, y // 2 * (row // 2) + x // 2)
        rect = (
            xs[0] + across[0].start,
            ys[0] + down[0].start,
            xs[-1] + across[-1].stop,
            ys[-1] + down[-1].stop,
        )
        return Drawing(self._corners(look, across, down), begins, rect)

    def _sides(self, axis: int, near: int, far: int, length: int) -> tuple[int, int, _Sides]:
        """Where the corners at both sides of a box begin along an axis, in pixels of the planes.

        ``near`` and ``far`` are their tips, ``length`` is that of a corner, px.
        """
        margin, stretch, available = self._margin, self._stretch[axis], self._size[axis]
        begin = round((near - margin) / stretch)
        end = round((far - margin) / stretch)
        odd_begin, odd_end = begin % 2, end % 2
        begin -= odd_begin
        end -= odd_end
        sides = (
            self._side(False, odd_begin, length, min(begin, 0), min(available - begin, length + 2)),
            self._side(True, odd_end, length, min(end, 0), min(available - end, length + 2)),
        )
        return begin, end, sides

    def _new_picture(self, look: _Look) -> np.ndarray:
        """The upper left corner, as ``compose`` returns it."""
        radius = min(0.5 * look.arm, 4 * self._stroke)
        halo = self._stroke + max(2.0, self._stroke)
        layers: list[Layer] = []
        for stroke, opacity, rgb in (
            (halo, HALO * look.strength, PANEL),
            (self._stroke, look.strength, look.rgb),
        ):
            mask = to_stored(box_corner(look.arm, radius, stroke, self._margin), self._stretch)
            layers.append(Layer(mask * np.float32(opacity), rgb))
        return compose(layers, self._matrix)

    def _new_pixels(self, look: _Look, above: int, left: int) -> _Pixels:
        """Those of the upper left corner behind so much padding: 0 or 1 px."""
        picture = self._picture(look)
        _, height, width = picture.shape
        padding = (0, 0), (above, (above + height) % 2), (left, (left + width) % 2)
        shown = to_overlay(np.pad(picture, padding))
        luma = np.nonzero((shown.keep_y < 255) | (shown.add_y > 0))
        chroma = np.nonzero((shown.keep_c < 255) | (shown.add_u > 0) | (shown.add_v > 0))
        keep_c = shown.keep_c[chroma]
        row, column = (np.concatenate([y, c, c]) for y, c in zip(luma, chroma, strict=True))
        return _Pixels(
            len(luma[0]),
            row,
            column,
            np.concatenate([shown.keep_y[luma], keep_c, keep_c]),
            np.concatenate([shown.add_y[luma], shown.add_u[chroma], shown.add_v[chroma]]),
        )

    def _new_corners(self, look: _Look, across: _Sides, down: _Sides) -> Stamp:
        corners = [self._corner(look, x, y) for y in down for x in across]
        return Stamp(*map(np.concatenate, zip(*corners, strict=True)))

    def _new_corner(self, look: _Look, across: _Side, down: _Side) -> Stamp:
        _, height, width = self._picture(look).shape
        pixels = self._pixels(look, _padding(down, height), _padding(across, width))
        n_luma = pixels.n_luma
        scale = np.ones(len(pixels.row), int)
        scale[n_luma:] = 2
        row, inside_row = _along(down, pixels.row, scale)
        column, inside_column = _along(across, pixels.column, scale)
        width, height = self._size
        index = row * (width // scale) + column
        index[n_luma:] += width * height
        index[(n_luma + len(index)) // 2 :] += width * height // 4
        inside = inside_row & inside_column
        counts = np.array([inside[:n_luma].sum(), inside[n_luma:].sum()])
        return Stamp(index[inside], pixels.keep[inside], pixels.add[inside], counts)


def _padding(side: _Side, length: int) -> int:
    """Of the upper left corner, so that its chroma is averaged as at that side."""
    return side.length - side.odd - length if side.far else side.odd


def _along(side: _Side, place: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows or columns at that side instead of the upper or left one, and which are inside."""
    if side.far:
        place = side.length // scale - 1 - place
    return place, (place >= side.start // scale) & (place < side.stop // scale)


def _side(far: bool, odd: int, length: int, begin: int, available: int) -> _Side:
    """A side whose corners begin at ``begin``, if that is outside, before ``available`` px."""
    padded = odd + length + (odd + length) % 2
    start = min(-begin, padded)
    return _Side(far, odd, padded, start, max(start, min(padded, available)))
