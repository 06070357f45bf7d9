"""The two files of a built engine, in the user's cache or where the user wants them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from vidfx.compile.request import BuildRequest
from vidfx.errors import OutputError, UsageError
from vidfx_engines.built import Build
from vidfx_engines.files import DEFAULT_MODE, write_atomically
from vidfx_engines.spec import EngineSpec, spec_path
from vidfx_engines.store import build_folder
from vidfx_engines.user_cache import CACHE_HINT, PRIVATE_FILE, make_private


def write_engine(
    request: BuildRequest, spec: EngineSpec, data: bytes, build: Build
) -> tuple[Path, EngineSpec]:
    """Write the weights ``data``, then the spec, without which they are no engine.

    Returns the path of the weights, and the spec. Raises UsageError for a name of another kind of
    file or of the model itself, OutputError where the files cannot be written.
    """
    suffix = ".onnx" if build.profile is None else ".plan"
    out = request.out or build_folder(build) / f"{spec.name}{suffix}"
    if out.suffix != suffix:
        raise UsageError(
            f"{out}: an engine for {build.backend} ends in {suffix}",
            hint=f"name it {out.with_suffix(suffix).name}",
        )
    if out.resolve() == request.model.resolve():
        raise UsageError(f"{out}: is the model itself", hint="name another file: -o FILE")
    digest = hashlib.sha256(data).hexdigest()
    built = replace(spec, weights=out.name, sha256=digest, build=build)
    mode = PRIVATE_FILE if request.out is None else DEFAULT_MODE
    try:
        if request.out is None:
            make_private(out.parent)
        out.parent.mkdir(parents=True, exist_ok=True)
        spec_path(out).unlink(missing_ok=True)
        write_atomically(out, data, mode)
        built.save(out.parent, mode)
    except OSError as error:
        raise OutputError(
            f"{out}: cannot be written: {error.strerror or error}",
            hint=CACHE_HINT
            if isinstance(error, PermissionError) and request.out is None
            else "free some space, or name another file: -o FILE",
        ) from error
    return out, built
