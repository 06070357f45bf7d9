"""ONNX operators that work on the rows and columns of pictures: see torch_operators."""

# torch leaves the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch.nn.functional as F
from torch import Tensor

Inputs = Sequence[Any]
Attributes = Mapping[str, Any]
INTERPOLATIONS: dict[tuple[str, str, str], tuple[str, bool | None]] = {
    ("nearest", "asymmetric", "floor"): ("nearest", None),
    ("nearest", "half_pixel", "round_prefer_floor"): ("nearest-exact", None),
    ("nearest", "pytorch_half_pixel", "round_prefer_floor"): ("nearest-exact", None),
    ("linear", "half_pixel", ""): ("bilinear", False),
    ("linear", "pytorch_half_pixel", ""): ("bilinear", False),
    ("linear", "align_corners", ""): ("bilinear", True),
}
"""torch's mode and align_corners, by ONNX's mode, coordinates and rounding."""


def conv(x: Inputs, a: Attributes) -> Tensor:
    picture, weight, bias = x[0], x[1], x[2] if len(x) > 2 else None
    sizes = a.get("kernel_shape", weight.shape[2:])
    picture, padding = _padded(picture, sizes, a, 0.0)
    strides, dilations = a.get("strides", 1), a.get("dilations", 1)
    return F.conv2d(picture, weight, bias, strides, padding, dilations, a.get("group", 1))


def conv_transpose(x: Inputs, a: Attributes) -> Tensor:
    picture, weight, bias = x[0], x[1], x[2] if len(x) > 2 else None
    pads = a.get("pads", [0, 0, 0, 0])
    if a.get("auto_pad", "NOTSET") != "NOTSET" or pads[:2] != pads[2:] or "output_shape" in a:
        raise ValueError("ConvTranspose with padding that differs between two sides")
    return F.conv_transpose2d(
        picture,
        weight,
        bias,
        a.get("strides", 1),
        pads[:2],
        a.get("output_padding", 0),
        a.get("group", 1),
        a.get("dilations", 1),
    )


def max_pool(x: Inputs, a: Attributes) -> Tensor:
    sizes = a["kernel_shape"]
    picture, padding = _padded(x[0], sizes, a, -math.inf)
    strides, dilations = a.get("strides", [1, 1]), a.get("dilations", 1)
    ceil = bool(a.get("ceil_mode", 0))
    return F.max_pool2d(picture, sizes, strides, padding, dilations, ceil)


def average_pool(x: Inputs, a: Attributes) -> Tensor:
    sizes, includes = a["kernel_shape"], bool(a.get("count_include_pad", 0))
    picture, padding = _padded(x[0], sizes, a, 0.0)
    if picture is not x[0] and not includes:
        raise ValueError("AveragePool with padding that differs between two sides")
    ceil = bool(a.get("ceil_mode", 0))
    return F.avg_pool2d(picture, sizes, a.get("strides", [1, 1]), padding, ceil, includes)


def _padded(
    picture: Tensor, sizes: Sequence[int], a: Attributes, value: float
) -> tuple[Tensor, list[int]]:
    """The picture, padded here where its sides differ, and the padding that is left to do."""
    pads, kind = list(a.get("pads", [0, 0, 0, 0])), a.get("auto_pad", "NOTSET")
    if kind.startswith("SAME"):
        strides, dilations = a.get("strides", [1, 1]), a.get("dilations", [1, 1])
        parts = zip(picture.shape[2:], sizes, strides, dilations, strict=True)
        total = [
            max(0, (-(-side // stride) - 1) * stride + (size - 1) * dilation + 1 - side)
            for side, size, stride, dilation in parts
        ]
        small = [t // 2 for t in total]
        large = [t - s for t, s in zip(total, small, strict=True)]
        pads = [*small, *large] if kind == "SAME_UPPER" else [*large, *small]
    if pads[:2] == pads[2:]:
        return picture, pads[:2]
    top, left, bottom, right = pads
    return F.pad(picture, (left, right, top, bottom), value=value), [0, 0]


def batch_normalization(x: Inputs, a: Attributes) -> Tensor:
    picture, scale, bias, mean, variance = x
    return F.batch_norm(picture, mean, variance, scale, bias, eps=a.get("epsilon", 1e-5))


def resize(x: Inputs, a: Attributes) -> Tensor:
    scales = x[1] if len(x) == 2 else x[2] if len(x) > 2 else None
    mode = a.get("mode", "nearest")
    coordinates = a.get("coordinate_transformation_mode", "half_pixel")
    rounding = a.get("nearest_mode", "round_prefer_floor") if mode == "nearest" else ""
    found = INTERPOLATIONS.get((mode, coordinates, rounding))
    if found is None or a.get("antialias", 0):
        raise ValueError(f"Resize in mode {mode}, {coordinates} {rounding}".rstrip())
    options: dict[str, Any] = {"mode": found[0], "align_corners": found[1]}
    if len(x) > 3 and x[3] is not None:
        sides = x[3].tolist()
        if sides[:2] == list(x[0].shape[:2]):
            return F.interpolate(x[0], sides[2:], **options)
    elif scales is not None and scales[:2].tolist() == [1, 1]:
        return F.interpolate(x[0], scale_factor=scales[2:].tolist(), **options)
    raise ValueError("Resize of other axes than height and width")


def upsample(x: Inputs, a: Attributes) -> Tensor:
    floor = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return resize(x, {"mode": a.get("mode", "nearest"), **floor})
