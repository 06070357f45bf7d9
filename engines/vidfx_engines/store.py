"""Engines that were built on this machine, kept in the user's cache and found by what they are of.

    engines/<sha256 of the source>/<key>/NAME.plan or NAME.onnx, NAME.spec.json

The key is made of everything that must match, so that what differs never overwrites another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from vidfx_engines.built import Build
from vidfx_engines.errors import EngineFileError
from vidfx_engines.spec import SUFFIX, EngineSpec
from vidfx_engines.user_cache import user_cache

NOT_IN_KEY = ("date", "parity", "speed", "compared", "calibration", "vidfx")
"""Of a build record: what two builds of the same may differ in."""


def place(build: Build) -> Path:
    """The folder for an engine with this record; it may not be there yet."""
    facts = {name: value for name, value in asdict(build).items() if name not in NOT_IN_KEY}
    key = hashlib.sha256(repr(sorted(facts.items())).encode()).hexdigest()[:16]
    return user_cache("engines") / build.source_sha256 / key


def built_from(sha256: str, backend: str) -> list[tuple[EngineSpec, Path]]:
    """Engines of ``backend`` made of the weights ``sha256``, with their folders, newest first."""
    files = (user_cache("engines") / sha256).glob(f"*/*{SUFFIX}")
    found = [(spec, path.parent) for spec, path in _readable(files) if _is_for(spec, backend)]
    return sorted(found, key=lambda f: f[0].build.date if f[0].build else "", reverse=True)


def everything() -> list[tuple[EngineSpec, Path]]:
    """All kept engines, with their folders, sorted by name."""
    files = user_cache("engines").glob(f"*/*/*{SUFFIX}")
    return sorted(((s, f.parent) for s, f in _readable(files)), key=lambda f: f[0].name)


def _is_for(spec: EngineSpec, backend: str) -> bool:
    return spec.build is not None and spec.build.backend == backend


def _readable(files: Iterable[Path]) -> list[tuple[EngineSpec, Path]]:
    found: list[tuple[EngineSpec, Path]] = []
    for path in files:
        try:
            found.append((EngineSpec.load(path), path))
        except EngineFileError:
            continue
    return found
