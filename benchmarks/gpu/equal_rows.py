"""Whether a GPU finds the faces that the CPU finds: figures of anything else are worth nothing."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

Rows = Sequence[Mapping[str, str]]
COUNT, PAIRED, CORNER_PX, LABELS = 0.01, 0.98, 1.0, 0.95
"""Rows may differ by this share; so many must have a partner, with corners this near on average,
and so many with the same expression."""


def read(folder: Path) -> Rows:
    """The rows of the one video that was annotated into ``folder``."""
    (file,) = folder.glob("*.faces.csv")
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def differences(cpu: Rows, gpu: Rows) -> list[str]:
    """What differs by more than rounding, one line each."""
    if not cpu:
        return ["the CPU finds no face"]
    known = {(row["frame"], row["track_id"]): row for row in cpu}
    pairs = [(known[key], row) for row in gpu if (key := (row["frame"], row["track_id"])) in known]
    found: list[str] = []
    if abs(len(gpu) - len(cpu)) > COUNT * len(cpu):
        found.append(f"{len(gpu)} rows on the GPU, {len(cpu)} on the CPU")
    if len(pairs) < PAIRED * len(cpu):
        found.append(f"only {len(pairs)} of {len(cpu)} rows have the same frame and track")
    if pairs:
        off = sum(abs(float(a["x1_px"]) - float(b["x1_px"])) for a, b in pairs) / len(pairs)
        same = sum(a["emotion"] == b["emotion"] for a, b in pairs) / len(pairs)
        if off > CORNER_PX:
            found.append(f"corners are {off:.1f} px apart on average")
        if same < LABELS:
            found.append(f"{same:.0%} of the rows have the same expression")
    return found
