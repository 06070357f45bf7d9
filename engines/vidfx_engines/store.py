"""Engines built on this machine, in the user's cache, found by their source model.

    engines/<sha256 of the source>/<key>/NAME.plan or NAME.onnx, NAME.spec.json

The key is a hash of everything that must match, so different builds do not overwrite each other.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from vidfx_engines.built import Build
from vidfx_engines.errors import EngineFileError
from vidfx_engines.spec import SUFFIX, EngineSpec
from vidfx_engines.user_cache import user_cache, why_untrusted

NOT_IN_KEY = ("date", "parity", "speed", "compared", "calibration", "vidfx")
"""Fields of a build record in which equal builds may differ."""
FIXED = ("task", "family", "input", "outputs")
"""Fields of a spec that are fixed in the built engine."""

RUNS_ON = {"onnx": "onnxruntime"}
"""Backend names that differ from those in build records."""


@dataclass(frozen=True)
class CachedEngine:
    """An engine in the cache."""

    path: Path
    "of its spec, or of a folder that is not trusted"
    spec: EngineSpec | None
    "None if it cannot be read"
    fault: str | None = None
    "why it is not used, in one line; None if it can be used"

    @property
    def runs_on(self) -> str | None:
        """The name of the backend that it was built for."""
        build = self.spec.build if self.spec else None
        return RUNS_ON.get(build.backend, build.backend) if build else None

    @property
    def description(self) -> str:
        """Its description in messages."""
        build = self.spec.build if self.spec else None
        return f"{self.runs_on}, built {build.date[:10]}" if build else "the engine in the cache"


def build_folder(build: Build) -> Path:
    """The folder for an engine with this record; it may not exist yet."""
    facts = {name: value for name, value in asdict(build).items() if name not in NOT_IN_KEY}
    key = hashlib.sha256(repr(sorted(facts.items())).encode()).hexdigest()[:16]
    return user_cache("engines") / build.source_sha256 / key


def built_from(source: EngineSpec) -> list[CachedEngine]:
    """The engines built from ``source``, newest first.

    Labels, thresholds and crop are those of ``source`` now, not those at build time.
    """
    found = [_updated(source, kept) for kept in _kept(user_cache("engines") / source.sha256, "*")]
    return sorted(found, key=_date, reverse=True)


def cached_engines() -> list[CachedEngine]:
    """All engines in the cache, sorted by name; unreadable ones last."""
    found = _kept(user_cache("engines"), "*/*")
    return sorted(found, key=lambda k: (k.spec is None, k.spec.name if k.spec else str(k.path)))


def _date(kept: CachedEngine) -> str:
    return kept.spec.build.date if kept.spec and kept.spec.build else ""


def _kept(folder: Path, folders: str) -> list[CachedEngine]:
    if not os.path.lexists(folder):
        return []
    fault = why_untrusted(folder)
    if fault:
        return [CachedEngine(folder, None, fault)]
    return [_read(file) for file in sorted(folder.glob(f"{folders}/*{SUFFIX}"))]


def _read(file: Path) -> CachedEngine:
    fault = why_untrusted(file)
    if fault:
        return CachedEngine(file, None, fault)
    try:
        spec = EngineSpec.load(file)
    except EngineFileError as error:
        return CachedEngine(file, None, str(error))
    weights = file.parent / spec.weights
    if not weights.is_file():
        return CachedEngine(file, spec, f"{weights}: no such file")
    return CachedEngine(file, spec, why_untrusted(weights))


def _updated(source: EngineSpec, kept: CachedEngine) -> CachedEngine:
    """``kept`` with the spec of ``source``, or with the reason why it does not fit."""
    spec = kept.spec
    if spec is None or kept.fault:
        return kept
    if spec.build is None or spec.build.source_sha256 != source.sha256:
        return replace(kept, fault=f"{kept.path}: was not built from this model")
    changed = [name for name in FIXED if getattr(spec, name) != getattr(source, name)]
    if len(spec.labels) != len(source.labels):
        changed.append("labels")
    if changed:
        fault = f"{kept.path}: the model's spec has another {' and '.join(changed)} since"
        return replace(kept, fault=fault)
    own = replace(source, weights=spec.weights, sha256=spec.sha256, build=spec.build)
    return replace(kept, spec=own)
