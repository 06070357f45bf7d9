"""Open-set identification: pictures of people of a gallery, and of strangers (ISO/IEC 19795-1).

The false-accept rate is the share of the strangers' pictures that get anybody's name; what counts
as found is a picture of a person of the gallery under the right name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vidfx.evaluate.grouping import Share
from vidfx.evaluate.metrics import interval, resampled_sums
from vidfx.evaluate.verification import Curve, allowed, clopper_pearson, curve

RATES = (0.01, 0.001)
VERDICTS = ("named", "uncertain", "unknown")


@dataclass(frozen=True)
class Identified:
    """N pictures, and whom of the gallery each looks most like."""

    truth: np.ndarray
    "(N,) int, the person of the gallery; -1 for a stranger"
    best: np.ndarray
    "(N,) int, the person with the highest cosine"
    cosine: np.ndarray
    "(N,) float, with ``best``"
    verdict: np.ndarray
    "(N,) int, index in VERDICTS"
    group: np.ndarray
    "(N,) int, 0..G-1, who the pictures show, strangers too: resampled together"

    @property
    def wanted(self) -> np.ndarray:
        """(N,) bool: pictures of people of the gallery."""
        return self.truth >= 0

    @property
    def right(self) -> np.ndarray:
        """(N,) bool: whether ``best`` is the person."""
        return self.best == self.truth


def figures(found: Identified, *, seed: int) -> dict[str, Any]:
    """All figures as a JSON object; None for those that need pictures of the other kind."""
    wanted, named = found.wanted, found.verdict == 0
    right = found.right & wanted
    content: dict[str, Any] = {
        "n": len(wanted),
        "wanted": int(wanted.sum()),
        "strangers": int((~wanted).sum()),
        "rank1": None,
        "named_right_at_far": [],
        "named_right": None,
        "misnamed": None,
        "strangers_named": None,
    }
    if wanted.any():
        content["rank1"] = share(right, wanted, found.group, seed)
        content["named_right"] = share(right & named, wanted, found.group, seed)
        content["misnamed"] = share(wanted & named & ~right, wanted, found.group, seed)
    if not wanted.all():
        content["strangers_named"] = share(~wanted & named, ~wanted, found.group, seed)
        if wanted.any():
            content["named_right_at_far"] = [at_rate(found, rate, seed=seed) for rate in RATES]
    content["verdicts"] = {
        kind: {v: int((found.verdict[rows] == i).sum()) for i, v in enumerate(VERDICTS)}
        for kind, rows in (("wanted", wanted), ("strangers", ~wanted))
    }
    return content


def at_rate(found: Identified, rate: float, *, seed: int) -> dict[str, Any]:
    """Named right where at most ``rate`` of the strangers are named, whatever the thresholds."""
    strangers = np.sort(found.cosine[~found.wanted])[::-1]
    n = allowed(len(strangers), rate)
    limit = strangers[n] if n < len(strangers) else -np.inf
    above = (found.cosine > limit) & found.right
    return {
        "far": rate,
        "strangers_named_at_most": n,
        "far_ci": list(clopper_pearson(n, len(strangers))),
        "cosine": float(limit),
        **share(above & found.wanted, found.wanted, found.group, seed),
    }


def share(part: np.ndarray, whole: np.ndarray, group: np.ndarray, seed: int) -> dict[str, Any]:
    """The share of ``part`` in ``whole``, (N,) bool each, with an interval by ``group``."""
    groups = np.unique(group[whole], return_inverse=True)[1]
    value = float(part[whole].mean())
    if value in (0.0, 1.0):  # all resamples are equal, which is not certainty
        count = int(groups.max()) + 1
        found = Share(value, clopper_pearson(count if value else 0, count))
    else:
        pairs = np.stack([part[whole], np.ones(len(groups))], 1)
        sums = resampled_sums(pairs, groups, seed=seed)
        found = Share(value, interval(sums[:, 0] / sums[:, 1]))
    return {"share": found.value, "ci": list(found.interval)}


def det(found: Identified) -> Curve:
    """Named right over strangers named, at every threshold."""
    return curve(found.cosine, found.wanted, found.right)


def by_person(found: Identified, names: Sequence[str]) -> list[dict[str, Any]]:
    """What became of each person's pictures, those with the fewest right names first."""
    rows: list[dict[str, Any]] = []
    for place, name in enumerate(names):
        own = found.truth == place
        if not own.any():
            continue
        named = found.verdict[own] == 0
        rows.append(
            {
                "name": name,
                "n": int(own.sum()),
                "named": int((named & found.right[own]).sum()),
                "misnamed": int((named & ~found.right[own]).sum()),
                "uncertain": int((found.verdict[own] == 1).sum()),
                "unknown": int((found.verdict[own] == 2).sum()),
            }
        )
    return sorted(rows, key=lambda row: row["named"] / row["n"])
