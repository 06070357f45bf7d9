"""The columns of faces that a condition can name, from settled frames."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import numpy as np

from vidfx.stages.settled import Labels, Settled

PROBABILITIES = ("p_", "raw_p_")
"""Before the name of an expression."""


def columns_of(settled: Settled, names: Collection[str]) -> dict[str, np.ndarray]:
    """(N,) of each of ``names``, float64 or text. Raises KeyError for one that is not there."""
    return {name: _column(settled, name) for name in names}


def _column(settled: Settled, name: str) -> np.ndarray:
    if name in TEXTS:
        return np.array([text or "" for text in TEXTS[name](settled)], str)
    if name in NUMBERS:
        return np.asarray(NUMBERS[name](settled), np.float64)
    faces = settled.faces
    emotion = faces.raw_emotion if name.startswith("raw_") else faces.emotion
    label = name.removeprefix("raw_").removeprefix("p_")
    if emotion is None or label not in emotion.names:
        raise KeyError(name)
    return emotion.probs[:, emotion.names.index(label)].astype(np.float64)


def _texts(settled: Settled, labels: Labels | None) -> list[str | None]:
    return labels.texts() if labels else [None] * len(settled.faces)


def _probs(settled: Settled, labels: Labels | None) -> np.ndarray:
    return labels.prob if labels else np.full(len(settled.faces), np.nan)


def _of_frames(settled: Settled, values: list[float]) -> np.ndarray:
    return np.array(values, np.float64)[settled.place]


TEXTS: Mapping[str, Callable[[Settled], list[str | None]]] = {
    "identity": lambda s: _texts(s, s.faces.identity),
    "emotion": lambda s: _texts(s, s.faces.emotion),
    "emotion_reason": lambda s: [*s.faces.emotion_reasons()],
    "raw_identity": lambda s: _texts(s, s.faces.raw_identity),
    "raw_emotion": lambda s: _texts(s, s.faces.raw_emotion),
    "source": lambda s: [*s.faces.sources()],
}
"""Empty where a cell is."""
NUMBERS: Mapping[str, Callable[[Settled], np.ndarray]] = {
    "time_s": lambda s: _of_frames(s, [frame.time_s for frame in s.frames]),
    "frame": lambda s: _of_frames(s, [frame.frame.index for frame in s.frames]),
    "faces": lambda s: s.counts[s.place],
    "track_id": lambda s: s.faces.track,
    "x1_px": lambda s: s.faces.box[:, 0],
    "y1_px": lambda s: s.faces.box[:, 1],
    "x2_px": lambda s: s.faces.box[:, 2],
    "y2_px": lambda s: s.faces.box[:, 3],
    "width_px": lambda s: s.faces.box[:, 2] - s.faces.box[:, 0],
    "height_px": lambda s: s.faces.box[:, 3] - s.faces.box[:, 1],
    "score": lambda s: s.faces.score,
    "identity_prob": lambda s: _probs(s, s.faces.identity),
    "emotion_prob": lambda s: _probs(s, s.faces.emotion),
    "raw_identity_prob": lambda s: _probs(s, s.faces.raw_identity),
    "raw_emotion_prob": lambda s: _probs(s, s.faces.raw_emotion),
    "quality": lambda s: s.faces.quality.prod(1),
    "quality_size": lambda s: s.faces.quality[:, 0],
    "quality_blur": lambda s: s.faces.quality[:, 1],
    "quality_pose": lambda s: s.faces.quality[:, 2],
}
"""NaN where a cell is empty."""
