"""Compare the outputs of a built engine with those of its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from vidfx.evaluate.metrics import accuracy, balanced_accuracy, confusion_matrix
from vidfx.stages.detect import decode
from vidfx.stages.detector_heads import HEADS, intersection_over_union
from vidfx.stages.embed import unit_rows
from vidfx.stages.engine_faults import are_probabilities
from vidfx_engines.base import Engine
from vidfx_engines.errors import EngineRunError

IOU = 0.5
CLEAR = 0.1
"""A changed label counts only if its probability was ahead of the second by this much."""
Pair = tuple[float, float]
"""(of the source, of the engine)."""


@dataclass(frozen=True)
class Parity:
    """An engine against its source, on the same pictures."""

    pictures: int
    agreement: float
    """share of pictures with the same label, or of faces found by both at an IoU of 0.5; of
    embeddings, the mean cosine between those of one picture, seen from the mean of all"""
    most_difference: float
    "largest difference of a probability, or of a matched face's score; largest 1 - cosine"
    changed: float
    "share with another label although the source was ahead by 0.1; of others, 1 - agreement"
    accuracy: Pair | None = None
    "if the pictures have labels"
    balanced: Pair | None = None
    recall: Mapping[str, Pair] = field(default_factory=dict[str, Pair])
    "by label"
    faulty: int = 0
    "pictures with invalid outputs of the engine: not finite, or no probabilities"

    @property
    def drop(self) -> float:
        """The loss that ``--max-drop`` limits: of accuracy, or without labels ``changed``."""
        if self.faulty:
            return 1.0
        if self.accuracy is None or self.balanced is None:
            return self.changed
        return max(a - b for a, b in (self.accuracy, self.balanced))

    def figures(self) -> dict[str, float]:
        """The figures for a spec's build record, by name."""
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
class DetectedFaces:
    """The faces that a detector found in N pictures."""

    box: tuple[np.ndarray, ...]
    "of each picture, (N, 4) float32 xyxy, px"
    score: tuple[np.ndarray, ...]
    "(N,)"


EngineOutputs = np.ndarray | DetectedFaces
"""Probabilities (N, K) of a classifier, embeddings (N, D), or the faces of a detector."""


def run_engine(engine: Engine, pictures: np.ndarray) -> EngineOutputs:
    """The outputs of ``engine`` for ``pictures`` (N, H, W, 3) uint8 RGB. Raises EngineRunError."""
    family = engine.spec.family
    outputs = engine.run(pictures)
    if family is None:
        return outputs[0]
    head = HEADS[family]
    boxes: list[np.ndarray] = []
    scores: list[np.ndarray] = []
    size = (pictures.shape[1], pictures.shape[2])
    for i in range(len(pictures)):
        (box, score, _), _ = decode(head, [o[i] for o in outputs], size, head.threshold)
        boxes.append(box)
        scores.append(score)
    return DetectedFaces(tuple(boxes), tuple(scores))


def compare(
    before: EngineOutputs, after: EngineOutputs, truth: np.ndarray | None, labels: Sequence[str]
) -> Parity:
    """Compare the outputs of a source and an engine; ``truth`` (N,) int: indices into ``labels``.

    Those without ``labels`` are embeddings. Raises EngineRunError where the source itself gives
    invalid outputs.
    """
    if isinstance(before, DetectedFaces) or isinstance(after, DetectedFaces):
        assert isinstance(before, DetectedFaces)
        assert isinstance(after, DetectedFaces)
        return _compare_faces(before, after)
    if not labels:
        return _compare_embeddings(before, after)
    if unsound := int((~are_probabilities(before)).sum()):
        raise EngineRunError(
            f"the model's outputs for {unsound} of {len(before)} pictures are not probabilities",
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


def _compare_embeddings(before: np.ndarray, after: np.ndarray) -> Parity:
    """Cosines from the mean of all: from zero, even strangers' embeddings may have 0.9."""
    first, second = unit_rows(before), unit_rows(after)
    if unsound := int(np.isnan(first).any(1).sum()):
        raise EngineRunError(
            f"the model's outputs for {unsound} of {len(before)} pictures are not finite",
            hint="export it again",
        )
    middle = first.mean(0)
    cosine = (unit_rows(first - middle) * unit_rows(second - middle)).sum(1)
    good = np.isfinite(cosine)
    agreement = float(cosine[good].mean()) if good.any() else 0.0
    most = float((1 - cosine[good]).max(initial=0))
    return Parity(len(before), agreement, most, 1 - agreement, faulty=int((~good).sum()))


def _compare_faces(before: DetectedFaces, after: DetectedFaces) -> Parity:
    """Match faces greedily by IoU; shares are of the larger number of faces."""
    matched = total = 0
    most = 0.0
    for ours, our_score, theirs, their_score in zip(
        before.box, before.score, after.box, after.score, strict=True
    ):
        total += max(len(ours), len(theirs))
        iou = intersection_over_union(ours, theirs)
        while iou.size and iou.max() >= IOU:
            i, j = divmod(int(iou.argmax()), iou.shape[1])
            iou[i], iou[:, j] = 0, 0
            matched += 1
            most = max(most, abs(float(our_score[i] - their_score[j])))
    agreement = matched / total if total else 1.0
    return Parity(len(before.box), agreement, most, 1 - agreement)
