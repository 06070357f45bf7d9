"""Whether an engine still says what its source says: by this a build stands or falls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from vidfx.evaluate.metrics import accuracy, balanced_accuracy, confusion_matrix
from vidfx.stages.detector_heads import HEADS, non_maximum_suppression
from vidfx.stages.engine_faults import are_faces, are_probabilities
from vidfx_engines.base import Engine
from vidfx_engines.errors import EngineRunError

IOU = 0.5
CLEAR = 0.1
"""By how much a label must be ahead for a change of it to count: ties fall either way."""
Pair = tuple[float, float]
"""Before and after: of the source, of the engine."""


@dataclass(frozen=True)
class Parity:
    """An engine against its source, on the same pictures."""

    pictures: int
    agreement: float
    "share of pictures with the same label, or of faces found by both at an IoU of 0.5"
    most_difference: float
    "of a probability, or of a matched face's score"
    changed: float
    "share with another label where the source preferred its own by 0.1; of faces, 1 - agreement"
    accuracy: Pair | None = None
    "where the pictures have labels"
    balanced: Pair | None = None
    recall: Mapping[str, Pair] = field(default_factory=dict[str, Pair])
    "by label"
    faulty: int = 0
    "pictures for which the engine gave what can be no probabilities: NaN, or sums that are not 1"

    @property
    def drop(self) -> float:
        """What is held against ``--max-drop``: accuracy lost, or without labels ``changed``."""
        if self.faulty:
            return 1.0
        if self.accuracy is None or self.balanced is None:
            return self.changed
        return max(a - b for a, b in (self.accuracy, self.balanced))

    def figures(self) -> dict[str, float]:
        """For a spec's build record."""
        found = {
            "pictures": float(self.pictures),
            "agreement": self.agreement,
            "most_difference": self.most_difference,
        }
        named = {"accuracy": self.accuracy, "balanced_accuracy": self.balanced}
        named |= {f"recall_{label}": pair for label, pair in self.recall.items()}
        for name, pair in named.items():
            if pair is not None:
                found |= {f"{name}_before": pair[0], name: pair[1]}
        return {name: round(value, 6) for name, value in list(found.items())[:500]}


@dataclass(frozen=True)
class Faces:
    """What a detector found in some pictures."""

    box: tuple[np.ndarray, ...]
    "of each picture, (N, 4) float32 xyxy, px"
    score: tuple[np.ndarray, ...]
    "(N,)"


Said = np.ndarray | Faces
"""Of a classifier probabilities (N, K), of a detector faces."""


def said(engine: Engine, pictures: np.ndarray) -> Said:
    """What ``engine`` makes of ``pictures`` (N, H, W, 3) uint8 RGB."""
    family = engine.spec.family
    outputs = engine.run(pictures)
    if family is None:
        return outputs[0]
    head = HEADS[family]
    boxes: list[np.ndarray] = []
    scores: list[np.ndarray] = []
    for i in range(len(pictures)):
        size = (pictures.shape[1], pictures.shape[2])
        with np.errstate(all="ignore"):
            box, score, marks = head.decode([o[i] for o in outputs], size, head.threshold)
        good = are_faces(box, score, marks, size)
        box, score = box[good], score[good]
        keep = non_maximum_suppression(box, score, head.iou, head.pixel)
        boxes.append(box[keep])
        scores.append(score[keep])
    return Faces(tuple(boxes), tuple(scores))


def compare(before: Said, after: Said, truth: np.ndarray | None, labels: Sequence[str]) -> Parity:
    """What a source and an engine said; ``truth`` (N,) int are places in ``labels``.

    Raises EngineRunError where the source itself gives what can be no probabilities.
    """
    if isinstance(before, Faces) or isinstance(after, Faces):
        assert isinstance(before, Faces)
        assert isinstance(after, Faces)
        return _compare_faces(before, after)
    if unsound := int((~are_probabilities(before)).sum()):
        raise EngineRunError(
            f"what the model gives for {unsound} of {len(before)} pictures can be no probabilities",
            hint="export it again, with a softmax at its end",
        )
    good = are_probabilities(after)
    same = good & (before.argmax(1) == after.argmax(1))
    second_best, best = np.sort(before, axis=1)[:, -2:].T
    found = Parity(
        len(before),
        float(same.mean()),
        float(np.abs(before - after)[good].max(initial=0)),
        float((~same & (best - second_best > CLEAR)).mean()),
        faulty=int((~good).sum()),
    )
    if truth is None:
        return found
    first, second = (confusion_matrix(truth, p.argmax(1), len(labels)) for p in (before, after))
    recall = {
        label: (float(first[i, i] / total), float(second[i, i] / total))
        for i, label in enumerate(labels)
        if (total := first[i].sum())
    }
    return replace(
        found,
        accuracy=(accuracy(first), accuracy(second)),
        balanced=(balanced_accuracy(first), balanced_accuracy(second)),
        recall=recall,
    )


def _compare_faces(before: Faces, after: Faces) -> Parity:
    """Greedily matched by IoU; the share is of the larger number of faces."""
    matched = total = 0
    most = 0.0
    for ours, our_score, theirs, their_score in zip(
        before.box, before.score, after.box, after.score, strict=True
    ):
        total += max(len(ours), len(theirs))
        iou = _iou(ours, theirs)
        while iou.size and iou.max() >= IOU:
            i, j = divmod(int(iou.argmax()), iou.shape[1])
            iou[i], iou[:, j] = 0, 0
            matched += 1
            most = max(most, abs(float(our_score[i] - their_score[j])))
    agreement = matched / total if total else 1.0
    return Parity(len(before.box), agreement, most, 1 - agreement)


def _iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(N, M) of boxes (N, 4) and (M, 4), xyxy."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared: np.ndarray = (high - low).clip(0).prod(2)
    first, second = ((x[:, 2:] - x[:, :2]).prod(1) for x in (a, b))
    return shared / (first[:, None] + second[None] - shared).clip(1e-9)
