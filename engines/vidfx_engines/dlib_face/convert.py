"""Converts dlib's file once, into the user's cache; its spec and card are those in ``embedded``."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path

from vidfx_engines.errors import EngineFileError, EngineUnavailable
from vidfx_engines.files import write_atomically
from vidfx_engines.spec import SUFFIX, EngineSpec, read_model_file
from vidfx_engines.user_cache import CACHE_HINT, PRIVATE_FILE, make_private, user_cache

DLIB_FACE = "dlib-face"
PACKAGE, FILE = "face_recognition_models", "models/dlib_face_recognition_resnet_model_v1.dat"
FILE_SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"
INSTALL = "pip install 'vidfx[people]'"
SPEC = Path(__file__).parent.with_name("embedded") / f"{DLIB_FACE}{SUFFIX}"


def dlib_face() -> Path:
    """The weights of dlib-face in the user's cache, converted where they are not there yet.

    Raises EngineUnavailable where the package is missing or the cache cannot be used,
    EngineFileError where the package has another file.
    """
    spec = EngineSpec.load(SPEC)
    folder = user_cache("models") / spec.sha256[:16]
    path = folder / spec.weights
    try:
        make_private(folder)
        if not path.is_file() or _sha256(path.read_bytes()) != spec.sha256:
            write_atomically(path, _converted(spec), PRIVATE_FILE)
        beside = folder / SPEC.name
        if not beside.is_file() or beside.read_text(encoding="utf-8") != spec.to_json():
            spec.write(beside, PRIVATE_FILE)
    except OSError as error:
        raise EngineUnavailable(
            f"{path}: cannot be written: {error.strerror or error}", hint=CACHE_HINT
        ) from error
    return path


def _converted(spec: EngineSpec) -> bytes:
    from vidfx_engines.dlib_face.layers import read_layers  # noqa: PLC0415 - onnx takes 0.1 s
    from vidfx_engines.dlib_face.network import network  # noqa: PLC0415

    assert spec.input.size is not None
    source = _source()
    data = read_model_file(source)
    if _sha256(data) != FILE_SHA256:
        raise EngineFileError(
            f"{source}: not the known file (its sha256 differs)",
            hint="pip install --force-reinstall --no-deps face-recognition-models==0.3.0",
        )
    made = network(read_layers(data), spec.input.size).SerializeToString(deterministic=True)
    if _sha256(made) != spec.sha256:
        raise EngineFileError(
            f"{DLIB_FACE}: the conversion of {source.name} gave other bytes than it should",
            hint="install the versions of onnx and numpy that vidfx was tested with, or report it",
        )
    return made


def _source() -> Path:
    """dlib's file; the package is not imported, as it needs pkg_resources for that."""
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise EngineUnavailable(
            f"{DLIB_FACE}: the package face-recognition-models, which has its weights, is not"
            " installed",
            hint=INSTALL,
        )
    return Path(found.submodule_search_locations[0]) / FILE


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
