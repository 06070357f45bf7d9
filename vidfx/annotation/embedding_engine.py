"""The engine that makes embeddings of faces, by the name that a user gives it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from vidfx.annotation.model_pack import PACK, insightface_pack
from vidfx.annotation.selecting import engine_errors, selected
from vidfx.config import Settings
from vidfx.engine_argument import find_engine
from vidfx.errors import UsageError
from vidfx_engines.embedding_files import CROPS, embedding_spec_for
from vidfx_engines.select import Selection
from vidfx_engines.spec import EngineSpec, Template, spec_path


def load_embedding(
    name: str, crop: Template | None, settings: Settings, notices: list[str]
) -> Selection:
    """Load the embedding ``name`` on the device of the settings, which is not chosen here.

    Raises UsageError and UnavailableError, as ``find_embedding`` does.
    """
    path, spec = find_embedding(name, crop, notices)
    with engine_errors("embedding"):
        return selected(path, settings, spec)


def find_embedding(name: str, crop: Template | None, notices: list[str]) -> tuple[Path, EngineSpec]:
    """The weights and the spec of dlib-face, a pack of insightface, an engine or an ONNX file.

    ``crop`` says how faces are cut for a file without a spec, None: as ArcFace does. Terms of use
    are added to ``notices``. Raises UsageError where it is not an embedding, UnavailableError
    where it cannot be had here.
    """
    with engine_errors("embedding"):
        if PACK.fullmatch(name):
            path = insightface_pack(name, notices, "embedding")
            spec = embedding_spec_for(path, crop or CROPS[0])
            return path, replace(spec, licence="insightface: non-commercial research only")
        path = find_engine(name)
        if path.suffix == ".onnx" and not spec_path(path).exists():
            return path, embedding_spec_for(path, crop or CROPS[0])
        spec = EngineSpec.load(path)
    if spec.task != "embedding":
        raise UsageError(
            f"{name}: this is an engine for {spec.task}, not an embedding of faces",
            hint="name dlib-face, or an ONNX file of ArcFace's kind",
        )
    if crop and spec.crop and crop != spec.crop.template:
        raise UsageError(
            f"{name}: it needs {spec.crop.template} crops, as its spec says, not {crop} crops",
            hint="leave --crop out, or name another engine",
        )
    return path, spec
