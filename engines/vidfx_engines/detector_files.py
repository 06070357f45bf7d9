"""Detector files without a spec, recognised by their graphs."""

from __future__ import annotations

import hashlib
from pathlib import Path

from vidfx_engines.errors import EngineFileError
from vidfx_engines.spec import STRIDES, EngineSpec, Family, InputSpec, read_model_file

YUNET_OUTPUTS = tuple(f"{kind}_{n}" for kind in ("cls", "obj", "bbox", "kps") for n in STRIDES)
CENTERFACE_CHANNELS = (1, 2, 2, 10)
"""Heat map, log size, offset, landmarks."""
SCRFD_COLUMNS = (1, 1, 1, 4, 4, 4, 10, 10, 10)
"""Scores, distances and landmarks, three strides each."""
HINT = "CenterFace, SCRFD with landmarks and YuNet are supported; others need a .spec.json"


def detector_spec_for(path: str | Path) -> EngineSpec:
    """A spec for the face detector at ``path``, derived from its graph.

    Raises EngineFileError where it is not CenterFace, SCRFD with landmarks, or YuNet.
    """
    from vidfx_engines.graph import edit as graph  # noqa: PLC0415 - takes 0.1 s

    path = Path(path)
    data = read_model_file(path)
    model = graph.parse(data, path.name)
    inputs = graph.inputs(model)
    shapes = graph.shapes(model.graph.output)
    if len(inputs) != 1:
        raise EngineFileError(
            f"{path}: a face detector has one input, this file {len(inputs)}", hint=HINT
        )
    name = inputs[0]
    family, given, outputs = _recognise(path, name, shapes)
    return EngineSpec(
        name=path.stem,
        task="detection",
        weights=path.name,
        sha256=hashlib.sha256(data).hexdigest(),
        labels=(),
        input=given,
        outputs=outputs,
        licence="not stated; you named this file",
        training_data="not stated; you named this file",
        family=family,
    )


def _recognise(
    path: Path, name: str, shapes: dict[str, list[int]]
) -> tuple[Family, InputSpec, tuple[str, ...]]:
    columns = tuple(shape[-1] if shape else 0 for shape in shapes.values())
    channels = tuple(shape[1] if len(shape) == 4 else 0 for shape in shapes.values())
    if set(shapes) == set(YUNET_OUTPUTS):
        return "yunet", InputSpec(name, colour="bgr"), YUNET_OUTPUTS
    if channels == CENTERFACE_CHANNELS:
        return "centerface", InputSpec(name), tuple(shapes)
    if columns == SCRFD_COLUMNS:
        scale = (1 / 128, 1 / 128, 1 / 128)
        return "scrfd", InputSpec(name, mean=(127.5, 127.5, 127.5), scale=scale), tuple(shapes)
    if columns == SCRFD_COLUMNS[:6]:
        raise EngineFileError(
            f"{path}: an SCRFD without landmarks; faces cannot be aligned without them",
            hint="take the variant whose name has kps, or bnkps",
        )
    raise EngineFileError(f"{path}: not a face detector that vidfx knows", hint=HINT)
