"""What a video shows, in one line: who is in it, and their expressions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any


def overview(tracks: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Of a summary's tracks: the names in it, and each expression's share.

    A share is of the time of all faces together that were read for expressions.
    """
    read = [track for track in tracks if track["emotion_share"]]
    frames: Counter[str] = Counter()
    for track in read:
        for label, share in track["emotion_share"].items():
            frames[label] += share * track["frames"]
    of = sum(track["frames"] for track in read)
    names = {track["identity"] for track in tracks} - {None, "other", "unknown"}
    return {
        "identities": sorted(names),
        "emotion_share": {label: round(n / of, 4) for label, n in frames.most_common()},
    }
