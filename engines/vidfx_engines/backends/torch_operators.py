"""ONNX operators as torch functions: those of face detectors and classifiers.

A function takes the inputs of a node, None for one that is left out, and its attributes. Inputs
that PARAMETERS lists are on the host, so that reading them does not wait for a GPU.
"""

# torch leaves the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from vidfx_engines.backends.torch_pictures import (
    Attributes,
    Inputs,
    average_pool,
    batch_normalization,
    conv,
    conv_transpose,
    max_pool,
    resize,
    upsample,
)

Operator = Callable[[Inputs, Attributes], Tensor]

PARAMETERS: dict[str, tuple[int, ...]] = {
    "Clip": (1, 2),
    "ConstantOfShape": (0,),
    "Expand": (1,),
    "Pad": (1, 2),
    "ReduceMax": (1,),
    "ReduceMean": (1,),
    "ReduceMin": (1,),
    "ReduceSum": (1,),
    "Reshape": (1,),
    "Resize": (1, 2, 3),
    "Slice": (1, 2, 3, 4),
    "Squeeze": (1,),
    "Unsqueeze": (1,),
    "Upsample": (1,),
}
TYPES = {
    1: torch.float32,
    2: torch.uint8,
    3: torch.int8,
    6: torch.int32,
    7: torch.int64,
    9: torch.bool,
    10: torch.float16,
    11: torch.float64,
    16: torch.bfloat16,
}
"""By the numbers of ONNX."""


def _list(x: Inputs, place: int, attributes: Attributes, name: str) -> list[Any] | None:
    """A parameter that older versions of ONNX have as an attribute."""
    if len(x) > place and x[place] is not None:
        return x[place].reshape(-1).tolist()
    given = attributes.get(name)
    return None if given is None else list(given)


def _gemm(x: Inputs, a: Attributes) -> Tensor:
    left = x[0].T if a.get("transA", 0) else x[0]
    right = x[1].T if a.get("transB", 0) else x[1]
    alpha, beta = a.get("alpha", 1.0), a.get("beta", 1.0)
    if len(x) > 2 and x[2] is not None:
        return torch.addmm(x[2], left, right, beta=beta, alpha=alpha)
    return alpha * (left @ right)


def _softmax(x: Inputs, a: Attributes) -> Tensor:
    return F.softmax(x[0], a["axis"])


def _reduced(function: Callable[..., Tensor]) -> Operator:
    def run(x: Inputs, a: Attributes) -> Tensor:
        axes = _list(x, 1, a, "axes")
        if not axes:
            if a.get("noop_with_empty_axes", 0):
                return x[0]
            axes = list(range(x[0].dim()))
        return function(x[0], axes, bool(a.get("keepdims", 1)))

    return run


def _divided(x: Inputs, a: Attributes) -> Tensor:
    whole = not (x[0].is_floating_point() or x[1].is_floating_point())
    return torch.div(x[0], x[1], rounding_mode="trunc" if whole else None)


def _clip(x: Inputs, a: Attributes) -> Tensor:
    least, most = (_list(x, 1, {}, ""), _list(x, 2, {}, ""))
    return x[0].clamp(
        least[0] if least else a.get("min"),
        most[0] if most else a.get("max", math.inf),
    )


def _pad(x: Inputs, a: Attributes) -> Tensor:
    if a.get("mode", "constant") != "constant" or len(x) > 3:
        raise ValueError("Pad with another mode than constant, or with axes")
    pads, value = _list(x, 1, a, "pads") or [], _list(x, 2, a, "value")
    before, after = pads[: len(pads) // 2], pads[len(pads) // 2 :]
    sides = [side for pair in zip(before, after, strict=True) for side in pair[::-1]]
    return F.pad(x[0], sides[::-1], value=float(value[0]) if value else 0.0)


def _prelu(x: Inputs, a: Attributes) -> Tensor:
    return torch.where(x[0] < 0, x[0] * x[1], x[0])


def _cast(x: Inputs, a: Attributes) -> Tensor:
    return x[0].to(TYPES[a["to"]])


def _shape(x: Inputs, a: Attributes) -> Tensor:
    return torch.tensor(x[0].shape[a.get("start", 0) : a.get("end")], dtype=torch.int64)


def _constant(x: Inputs, a: Attributes) -> Tensor:
    for name, kind in (("int", torch.int64), ("float", torch.float32)):
        for form in (f"value_{name}", f"value_{name}s"):
            if form in a:
                return torch.tensor(a[form], dtype=kind)
    return a["value"]


def _constant_of_shape(x: Inputs, a: Attributes) -> Tensor:
    value = a.get("value", torch.zeros(1))
    return value.reshape(()).expand(x[0].tolist()).clone()


def _reshape(x: Inputs, a: Attributes) -> Tensor:
    shape = x[1].tolist()
    if not a.get("allowzero", 0):
        shape = [side or x[0].shape[axis] for axis, side in enumerate(shape)]
    return x[0].reshape(shape)


def _flatten(x: Inputs, a: Attributes) -> Tensor:
    axis = a.get("axis", 1)
    return x[0].reshape(math.prod(x[0].shape[:axis]), -1)


def _transpose(x: Inputs, a: Attributes) -> Tensor:
    return x[0].permute(a.get("perm") or list(range(x[0].dim()))[::-1])


def _squeeze(x: Inputs, a: Attributes) -> Tensor:
    axes = _list(x, 1, a, "axes")
    return x[0].squeeze() if axes is None else x[0].squeeze(axes)


def _unsqueeze(x: Inputs, a: Attributes) -> Tensor:
    axes = _list(x, 1, a, "axes") or []
    rank = x[0].dim() + len(axes)
    return reduce(Tensor.unsqueeze, sorted(axis % rank for axis in axes), x[0])


def _gather(x: Inputs, a: Attributes) -> Tensor:
    data, index, axis = x[0], x[1], a.get("axis", 0) % x[0].dim()
    found = data.index_select(axis, index.reshape(-1) % data.shape[axis])
    return found.reshape([*data.shape[:axis], *index.shape, *data.shape[axis + 1 :]])


def _gather_nd(x: Inputs, a: Attributes) -> Tensor:
    if a.get("batch_dims", 0):
        raise ValueError("GatherND with batch_dims")
    return x[0][tuple(x[1].unbind(-1))]


def _slice(x: Inputs, a: Attributes) -> Tensor:
    data = x[0]
    starts, ends = _list(x, 1, a, "starts") or [], _list(x, 2, a, "ends") or []
    axes = _list(x, 3, a, "axes") or list(range(len(starts)))
    steps = _list(x, 4, a, "") or [1] * len(starts)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        first, last, by = slice(start, end, step).indices(data.shape[axis])
        if by < 0:
            places = range(first, last, by)
            data = data.flip(axis)
            first, last, by = data.shape[axis] - 1 - first, data.shape[axis] - 1 - last, -by
            last = first + by * len(places)
        data = data.narrow(axis, first, max(0, min(last, data.shape[axis]) - first))
        if by > 1:
            data = data[(slice(None),) * (axis % data.dim()) + (slice(None, None, by),)]
    return data


OPERATORS: dict[str, Operator] = {
    "Abs": lambda x, a: x[0].abs(),
    "Add": lambda x, a: x[0] + x[1],
    "AveragePool": average_pool,
    "BatchNormalization": batch_normalization,
    "Cast": _cast,
    "Clip": _clip,
    "Concat": lambda x, a: torch.cat(list(x), a["axis"]),
    "Constant": _constant,
    "ConstantOfShape": _constant_of_shape,
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "Div": _divided,
    "Dropout": lambda x, a: x[0],
    "Equal": lambda x, a: x[0] == x[1],
    "Exp": lambda x, a: x[0].exp(),
    "Expand": lambda x, a: x[0].expand(torch.broadcast_shapes(x[0].shape, x[1].tolist())),
    "Flatten": _flatten,
    "Gather": _gather,
    "GatherND": _gather_nd,
    "Gemm": _gemm,
    "GlobalAveragePool": lambda x, a: x[0].mean((2, 3), keepdim=True),
    "Greater": lambda x, a: x[0] > x[1],
    "HardSigmoid": lambda x, a: (x[0] * a.get("alpha", 0.2) + a.get("beta", 0.5)).clamp(0, 1),
    "HardSwish": lambda x, a: F.hardswish(x[0]),
    "Identity": lambda x, a: x[0],
    "LeakyRelu": lambda x, a: F.leaky_relu(x[0], a.get("alpha", 0.01)),
    "Less": lambda x, a: x[0] < x[1],
    "MatMul": lambda x, a: x[0] @ x[1],
    "Max": lambda x, a: reduce(torch.maximum, x),
    "MaxPool": max_pool,
    "Min": lambda x, a: reduce(torch.minimum, x),
    "Mul": lambda x, a: x[0] * x[1],
    "PRelu": _prelu,
    "Pad": _pad,
    "Pow": lambda x, a: x[0].pow(x[1]),
    "ReduceMax": _reduced(torch.amax),
    "ReduceMean": _reduced(torch.mean),
    "ReduceMin": _reduced(torch.amin),
    "ReduceSum": _reduced(torch.sum),
    "Relu": lambda x, a: x[0].relu(),
    "Reshape": _reshape,
    "Resize": resize,
    "Shape": _shape,
    "Sigmoid": lambda x, a: x[0].sigmoid(),
    "Slice": _slice,
    "Softmax": _softmax,
    "Softplus": lambda x, a: F.softplus(x[0]),
    "Sqrt": lambda x, a: x[0].sqrt(),
    "Squeeze": _squeeze,
    "Sub": lambda x, a: x[0] - x[1],
    "Tanh": lambda x, a: x[0].tanh(),
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
    "Upsample": upsample,
    "Where": lambda x, a: torch.where(x[0], x[1], x[2]),
}
