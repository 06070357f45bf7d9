"""Quantise an ONNX graph to int8 with quantise/dequantise pairs.

The ranges come from pictures like those of later use. One calibration serves both kinds of
hardware: TensorRT needs signed, symmetric numbers everywhere; CPUs are faster with unsigned
activations.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vidfx_engines.backends.onnxruntime_library import INSTALL, import_onnxruntime
from vidfx_engines.errors import EngineFileError, first_line
from vidfx_engines.libraries import importing
from vidfx_engines.spec import InputSpec

Activations = Literal["signed", "unsigned"]
LAYERS = ["Conv", "ConvTranspose", "Gemm", "MatMul"]
CHUNK = 16
"""Pictures per calibration step."""


def quantise(
    data: bytes, given: InputSpec, pictures: np.ndarray, activations: Activations
) -> bytes:
    """The ONNX file ``data`` with its convolutions and matrix products in int8.

    ``pictures`` (N, H, W, 3) uint8 RGB, N > 0, set the ranges. The first layer keeps its precision:
    it is cheap, and its errors cost most. Raises EngineFileError where the graph cannot be
    quantised, EngineUnavailable without ONNX Runtime.
    """
    import_onnxruntime()
    with importing("onnxruntime", INSTALL):
        quantization: Any = import_module("onnxruntime.quantization")
        pre_process: Any = import_module("onnxruntime.quantization.shape_inference")
    signed = activations == "signed"
    with tempfile.TemporaryDirectory(prefix="vidfx-") as folder, _quiet():
        before, clean, after = (Path(folder) / f"{n}.onnx" for n in ("before", "clean", "after"))
        before.write_bytes(data)
        try:
            pre_process.quant_pre_process(str(before), str(clean), skip_symbolic_shape=True)
            quantization.quantize_static(
                str(clean),
                str(after),
                _Reader(given, pictures),
                quant_format=quantization.QuantFormat.QDQ,
                op_types_to_quantize=LAYERS,
                nodes_to_exclude=_first_layer(clean),
                per_channel=True,
                activation_type=quantization.QuantType.QInt8
                if signed
                else quantization.QuantType.QUInt8,
                weight_type=quantization.QuantType.QInt8,
                extra_options={
                    "ActivationSymmetric": signed,
                    "WeightSymmetric": True,
                    "QuantizeBias": not signed,
                },
            )
        except Exception as error:
            raise EngineFileError(
                f"it cannot be converted to int8: {first_line(error)}", hint="use --precision fp16"
            ) from error
        return after.read_bytes()


def as_own_input(given: InputSpec, pictures: np.ndarray) -> np.ndarray:
    """Pictures (N, H, W, 3) uint8 RGB as the file's own input."""
    x = pictures[..., ::-1] if given.colour == "bgr" else pictures
    if given.dtype == "float32":
        x = (x - np.array(given.mean, np.float32)) * np.array(given.scale, np.float32)
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2) if given.layout == "NCHW" else x)


class _Reader:
    """ONNX Runtime's calibration data reader."""

    def __init__(self, given: InputSpec, pictures: np.ndarray) -> None:
        self._given, self._pictures = given, pictures
        self.rewind()

    def rewind(self) -> None:
        self._feeds: Iterator[dict[str, np.ndarray]] = (
            {self._given.name: as_own_input(self._given, self._pictures[start : start + CHUNK])}
            for start in range(0, len(self._pictures), CHUNK)
        )

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self._feeds, None)

    def set_range(self, start_index: int, end_index: int) -> None:
        raise NotImplementedError


def _first_layer(path: Path) -> list[str]:
    """The name of the first layer; names all nodes, in the file, because it is excluded by name."""
    import onnx  # noqa: PLC0415 - takes 0.1 s

    model = onnx.load_model_from_string(path.read_bytes())
    for number, node in enumerate(model.graph.node):
        node.name = node.name or f"node_{number}"
    path.write_bytes(model.SerializeToString())
    return [node.name for node in model.graph.node if node.op_type in LAYERS][:1]


class _quiet:  # noqa: N801 - reads as a clause of the with statement
    """Silences the quantiser's messages on the root logger."""

    def __enter__(self) -> None:
        self._before = logging.root.manager.disable
        logging.disable(logging.WARNING)

    def __exit__(self, *_: object) -> None:
        logging.disable(self._before)
