"""Import of ONNX Runtime, which running and quantising need."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from vidfx_engines.libraries import importing

INSTALL = 'pip install "vidfx[onnxruntime]"'


@cache
def import_onnxruntime() -> Any:
    """The library, with its telemetry (of the Windows build) disabled. Raises EngineUnavailable."""
    with importing("onnxruntime", INSTALL):
        onnxruntime = import_module("onnxruntime")
    onnxruntime.disable_telemetry_events()
    return onnxruntime
