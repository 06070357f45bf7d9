"""A hash of the fields of a spec that change results."""

from __future__ import annotations

import hashlib
from dataclasses import asdict

from vidfx_engines.spec import EngineSpec

RELEVANT = (
    "task", "sha256", "labels", "input", "outputs", "crop", "family", "min_prob", "min_face_px",
)  # fmt: skip


def spec_fingerprint(spec: EngineSpec) -> str:
    """64 hexadecimal digits, equal for engines with equal results.

    Ignores licence, metrics, the build record and the evidence for thresholds.
    """
    fields = asdict(spec)
    thresholds = spec.thresholds and (spec.thresholds.accept, spec.thresholds.reject)
    facts = [*((name, fields[name]) for name in RELEVANT), ("thresholds", thresholds)]
    return hashlib.sha256(repr(facts).encode()).hexdigest()
