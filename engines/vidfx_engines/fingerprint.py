"""What of an engine decides results, as one short text."""

from __future__ import annotations

import hashlib
from dataclasses import asdict

from vidfx_engines.spec import EngineSpec

DECIDES = ("task", "sha256", "labels", "input", "outputs", "crop", "family", "min_face_px")


def fingerprint(spec: EngineSpec) -> str:
    """64 hexadecimal digits, the same for engines that give the same results.

    Licence, metrics, the record of a build and the evidence for thresholds decide nothing.
    """
    fields = asdict(spec)
    thresholds = spec.thresholds and (spec.thresholds.accept, spec.thresholds.reject)
    facts = [*((name, fields[name]) for name in DECIDES), ("thresholds", thresholds)]
    return hashlib.sha256(repr(facts).encode()).hexdigest()
