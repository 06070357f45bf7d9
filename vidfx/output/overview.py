"""What a video shows, in one line: who is in it, and their expressions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any


def overview(tracks: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Of a summary's tracks: the names in it, each expression's share, and the share without one.

    An expression's share is of the time of all faces together with an expression; that without one
    is of all their time, None without an expression engine.
    """
    read = [track for track in tracks if track["unsure_share"] is not None]
    of = sum(track["frames"] for track in read)
    unsure = sum(track["unsure_share"] * track["frames"] for track in read)
    frames: Counter[str] = Counter()
    for track in read:
        sure = (1 - track["unsure_share"]) * track["frames"]
        for label, share in track["emotion_share"].items():
            frames[label] += share * sure
    sure = max(of - unsure, sum(frames.values()))  # shares are rounded
    names = {track["identity"] for track in tracks if is_person(track["identity"])}
    return {
        "identities": sorted(names),
        "emotion_share": {label: round(n / sure, 4) for label, n in frames.most_common() if n},
        "unsure_share": round(unsure / of, 4) if of else None,
    }


def is_person(identity: str | None) -> bool:
    """Whether the identity of a track is a name."""
    return identity not in (None, "other", "unknown")
