"""Reads the layers of a network that dlib serialized, without dlib.

First come the versions of all layers, from the loss down to the input; then the layers, from the
input up. An integer is its number of bytes, with 0x80 as its sign, and those bytes, little-endian.
A real number is a mantissa and an exponent of 2, a tensor four sizes and its float32 values.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

TAG, LAYER, INPUT_LAYER = 1, 2, 3
"""Versions of what is in a network: a tag or a skip, a layer, the layer on the input."""


@dataclass(frozen=True)
class Window:
    """What a convolution or a pool moves over the picture."""

    size: int
    "px, the side; 0: everything"
    stride: int
    padding: int


@dataclass(frozen=True)
class Convolution:
    window: Window
    filters: np.ndarray
    "(out, in, size, size) float32"
    bias: np.ndarray
    "(out,)"


@dataclass(frozen=True)
class Affine:
    """y = gamma x + beta, by channel."""

    gamma: np.ndarray
    beta: np.ndarray


@dataclass(frozen=True)
class Connected:
    """y = x @ weights."""

    weights: np.ndarray
    "(in, out) float32"


@dataclass(frozen=True)
class Pool:
    kind: str
    "max or avg"
    window: Window


@dataclass(frozen=True)
class Simple:
    """A layer without numbers: relu or add_prev."""

    kind: str


Layer = Convolution | Affine | Connected | Pool | Simple


def read_layers(data: bytes) -> Iterator[Layer]:
    """The layers of a metric network on RGB pictures, from the input up.

    ``data`` must be known: what is not such a network raises some ValueError or IndexError.
    """
    file = _Reader(data)
    file.integer()
    file.text()
    file.reals(2)
    layers = 0
    while (version := file.integer()) != INPUT_LAYER:
        layers += version == LAYER
    _picture_input(file)
    for number in range(layers + 1):
        yield _layer(file)
        file.skip(3)
        for _ in range(3):
            file.tensor()
        if number == 0:
            file.integer()


def _picture_input(file: _Reader) -> None:
    if file.text() != "input_rgb_image_sized":
        raise ValueError("a network on other inputs")
    file.reals(3)
    file.integers(2)


def _layer(file: _Reader) -> Layer:
    name = file.text()
    kind = name.rstrip("0123456789").rstrip("_")
    if kind == "con":
        values = file.tensor().ravel()
        file.integer()
        window = _window(file)
        shape = file.alias()
        file.alias()
        file.reals(4)
        filters = values[: math.prod(shape)].reshape(shape)
        return Convolution(window, filters, values[len(values) - shape[0] :])
    if kind == "affine":
        gamma, beta = np.split(file.tensor().ravel(), 2)
        file.aliases(2)
        file.integer()
        return Affine(gamma, beta)
    if kind == "fc":
        file.integers(2)
        weights = file.tensor()
        shape = file.alias()
        file.alias()
        file.integer()
        file.reals(4)
        return Connected(weights.reshape(shape[0], shape[1]))
    if kind in ("max_pool", "avg_pool"):
        return Pool(kind[:3], _window(file))
    if kind in ("relu", "add_prev"):
        return Simple(kind)
    raise ValueError(f"a layer {name!r}")


def _window(file: _Reader) -> Window:
    sides = file.integers(6)
    if sides[::2] != sides[1::2]:
        raise ValueError("a window that is not square")
    return Window(*sides[::2])


class _Reader:
    """A place in the file."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, count: int) -> bytes:
        self._at += count
        return self._data[self._at - count : self._at]

    def skip(self, count: int) -> None:
        self._at += count

    def integer(self) -> int:
        head = self.take(1)[0]
        value = int.from_bytes(self.take(head & 0x0F), "little")
        return -value if head & 0x80 else value

    def integers(self, count: int) -> list[int]:
        return [self.integer() for _ in range(count)]

    def reals(self, count: int) -> None:
        """Skip real numbers: mantissas and exponents."""
        self.integers(2 * count)

    def text(self) -> str:
        return self.take(self.integer()).decode("ascii")

    def tensor(self) -> np.ndarray:
        """A tensor of four sizes."""
        shape = self.alias()
        raw = self.take(4 * math.prod(shape))
        return np.frombuffer(raw, "<f4").reshape(shape)

    def alias(self) -> list[int]:
        """The four sizes of a tensor, or of a part of one, after a version."""
        return self.integers(5)[1:]

    def aliases(self, count: int) -> None:
        for _ in range(count):
            self.alias()
