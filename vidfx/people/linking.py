"""From which cosine on two tracks are of one person, in a video and over many."""

from __future__ import annotations

from dataclasses import dataclass

from vidfx.errors import UsageError


@dataclass(frozen=True)
class Linking:
    """How tracks are grouped; see ``clusters``."""

    threshold: float
    "average cosine of two clusters that are merged"
    margin: float
    "how much more alike a track is to its own cluster than to another one"


LINKINGS = {
    # dlib-face: LFW, one picture a track; see docs/decisions/0024-people.md
    "61b024a74dbaa4f33a99afcd636644ddba9b4f6831c4ead6ec8bcbde938d8666": Linking(0.93, 0.005),
}
"""By ``EngineSpec.embedding_model``."""


def linking_of(model: str, threshold: float | None) -> Linking:
    """That of a model, or with the ``threshold`` that was asked for. Raises UsageError."""
    known = LINKINGS.get(model)
    if threshold is not None:
        return Linking(threshold, known.margin if known else 0.0)
    if known is None:
        raise UsageError(
            "no threshold is known for the model of these embeddings",
            hint="give --threshold: the cosine from which two tracks are of one person",
        )
    return known
