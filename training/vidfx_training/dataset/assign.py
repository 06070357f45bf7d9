"""Assign groups of pictures to the parts of a split, by shares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from vidfx_training.dataset.index import Part


def assign(groups: Sequence[Counter[str]], shares: Mapping[Part, float], seed: int) -> list[Part]:
    """A part for each of ``groups`` (pictures by class); divides each class by ``shares``.

    The largest groups come first, in seeded random order among equals. Among the parts that a group
    fits in, one is drawn with probabilities proportional to what they still need, so that not all
    large groups go to train. A group that fits nowhere goes to the part that needs most. The last
    groups of a class go to parts that have none of it.
    """
    total: Counter[str] = Counter()
    waiting: Counter[str] = Counter()
    for group in groups:
        total.update(group)
        waiting.update(group.keys())
    need: dict[Part, dict[str, float]] = {
        part: {k: share * n for k, n in total.items()} for part, share in shares.items()
    }
    without = {k: set(shares) for k in total}
    random = np.random.default_rng(seed)
    shuffled: list[int] = random.permutation(len(groups)).tolist()
    found: dict[int, Part] = {}
    for number in sorted(shuffled, key=lambda i: -groups[i].total()):
        group = groups[number]
        urgent = {p for k in group if waiting[k] <= len(without[k]) for p in without[k]}
        lack: dict[Part, float] = {
            p: sum(n * need[p][k] / total[k] for k, n in group.items())
            for p in shares
            if p in urgent or not urgent
        }
        fits: list[Part] = [p for p in lack if all(n <= need[p][k] for k, n in group.items())]
        if fits:
            chances = np.array([lack[p] for p in fits])
            part = fits[random.choice(len(fits), p=chances / chances.sum())]
        else:
            part = max(lack, key=lack.__getitem__)
        found[number] = part
        for k, n in group.items():
            need[part][k] -= n
            without[k].discard(part)
            waiting[k] -= 1
    return [found[number] for number in range(len(groups))]
