"""Files with a face embedding but without a spec: those of ArcFace's kind."""

from __future__ import annotations

import hashlib
from pathlib import Path

from vidfx_engines.errors import EngineFileError
from vidfx_engines.spec import CropSpec, EngineSpec, InputSpec, Template, read_model_file

CROPS: tuple[Template, ...] = ("arcface", "dlib")
"""How faces may be cut for an embedding; the first is what most files expect."""
MIDDLE = (127.5, 127.5, 127.5)
SCALE = (1 / 127.5, 1 / 127.5, 1 / 127.5)
FIRST_NODES = 8
"""Those among which a file that normalises pictures itself has a Sub and a Mul or Div."""
HINT = "an embedding takes (N, 3, S, S) float32 and gives (N, D); others need a .spec.json"


def embedding_spec_for(path: str | Path, template: Template = CROPS[0]) -> EngineSpec:
    """A spec for the face embedding at ``path``, derived from its graph.

    It takes RGB from -1 to 1, as insightface's files do, or 0 to 255 where the graph normalises.
    Raises EngineFileError where it is not an embedding.
    """
    from vidfx_engines.graph import edit as graph  # noqa: PLC0415 - takes 0.1 s

    path = Path(path)
    data = read_model_file(path)
    model = graph.parse(data, path.name)
    names, outputs = graph.inputs(model), graph.shapes(model.graph.output)
    sides = graph.shapes(model.graph.input)[names[0]] if len(names) == 1 else []
    columns = next(iter(outputs.values())) if len(outputs) == 1 else []
    if len(sides) != 4 or sides[1] != 3 or sides[2] != sides[3] or not sides[2]:
        raise EngineFileError(f"{path}: its input is not one square face", hint=HINT)
    if len(columns) != 2 or columns[1] < 16:
        raise EngineFileError(f"{path}: its output is not one vector a face", hint=HINT)
    kinds = {node.op_type for node in model.graph.node[:FIRST_NODES]}
    normalises = "Sub" in kinds and bool(kinds & {"Mul", "Div"})
    plain = InputSpec(names[0], size=sides[2])
    scaled = InputSpec(names[0], mean=MIDDLE, scale=SCALE, size=sides[2])
    return EngineSpec(
        name=path.stem,
        task="embedding",
        weights=path.name,
        sha256=hashlib.sha256(data).hexdigest(),
        labels=(),
        input=plain if normalises else scaled,
        outputs=tuple(outputs),
        licence="not stated; you named this file",
        training_data="not stated; you named this file",
        crop=CropSpec(template, sides[2]),
    )
