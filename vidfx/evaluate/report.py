"""All figures of one model as a JSON object, from which page, plots and texts are made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from vidfx.evaluate import metrics
from vidfx.evaluate.calibration import Calibration, calibration, without_temperature
from vidfx.evaluate.metrics import bootstrap, confusion_matrix, interval
from vidfx.evaluate.predict import Predictions
from vidfx.evaluate.thresholds import best_name, decisions
from vidfx.evaluate.verification import allowed, clopper_pearson, curve, recall_at
from vidfx.stages.smooth import DEFAULT_THRESHOLDS, UNKNOWN
from vidfx_engines.spec import OTHER, EngineSpec, Thresholds

RATES = (0.01, 0.001)
"false-accept rates at which the recall is reported"
FEW_GROUPS = 20
MISTAKES = 24
UNMEASURED = Thresholds(
    DEFAULT_THRESHOLDS.accept, DEFAULT_THRESHOLDS.reject, "vidfx's defaults, not measured"
)


def figures(found: Predictions, spec: EngineSpec, *, seed: int) -> dict[str, Any]:
    """All figures of an engine from its predictions; None for those that are undefined."""
    counts = confusion_matrix(found.truth, found.predicted, len(spec.labels))
    classes = metrics.per_class(counts)
    groups = int(found.group.max()) + 1
    content: dict[str, Any] = {
        "n": len(found),
        "groups": groups,
        **_accuracies(found, np.arange(len(found)), seed),
        "per_class": {label: asdict(f) for label, f in zip(spec.labels, classes, strict=True)},
        "macro": asdict(metrics.mean_figures(classes, weighted=False)),
        "weighted": asdict(metrics.mean_figures(classes, weighted=True)),
        "confusion": counts.tolist(),
        **_calibration(found, spec),
        "subsets": list(_subsets(found, seed)),
        "mistakes": _mistakes(found),
        "warnings": [],
    }
    if groups < FEW_GROUPS:
        content["warnings"].append(
            f"only {groups} groups of pictures: the intervals are too narrow"
        )
    if spec.task == "identity":
        content["verification"] = _verification(found)
        content["thresholds"] = _decided(found, spec.thresholds or UNMEASURED)
    return content


def difference(first: Predictions, other: Predictions, *, seed: int) -> dict[str, Any]:
    """Accuracy of ``other`` minus that of ``first``, on their common pictures, with an interval.

    Both values are None without common pictures.
    """
    place = {p.path: row for row, p in enumerate(first.pictures)}
    rows = [(place[p.path], row) for row, p in enumerate(other.pictures) if p.path in place]
    if not rows:
        return {"n": 0, "accuracy_difference": None, "accuracy_difference_ci": None}
    a, b = np.array(rows).T
    group = np.unique(first.group[a], return_inverse=True)[1]

    def samples(right: np.ndarray) -> np.ndarray:
        return bootstrap(np.zeros(len(rows), int), right, group, seed=seed).accuracy

    low, high = interval(samples(other.right[b]) - samples(first.right[a]))
    return {
        "n": len(rows),
        "accuracy_difference": float(other.right[b].mean() - first.right[a].mean()),
        "accuracy_difference_ci": [low, high],
    }


def _accuracies(found: Predictions, rows: np.ndarray, seed: int) -> dict[str, Any]:
    truth, right = found.truth[rows], found.right[rows]
    counts = confusion_matrix(truth, found.predicted[rows], len(found.labels))
    group = np.unique(found.group[rows], return_inverse=True)[1]
    samples = bootstrap(truth, right, group, seed=seed)
    share, balanced = interval(samples.accuracy), interval(samples.balanced)
    if right.all() or not right.any():  # all resamples are equal, which is not certainty
        groups = int(group.max()) + 1
        share = balanced = clopper_pearson(groups if right.all() else 0, groups)
    return {
        "accuracy": metrics.accuracy(counts),
        "accuracy_ci": list(share),
        "balanced_accuracy": metrics.balanced_accuracy(counts),
        "balanced_accuracy_ci": list(balanced),
    }


def _calibration(found: Predictions, spec: EngineSpec) -> dict[str, Any]:
    def of(result: Calibration) -> dict[str, Any]:
        content = asdict(result)
        return {"ece": content["ece"], "brier": content["brier"], "nll": content["nll"]}

    given = calibration(found.prob, found.truth)
    temperature = spec.metrics.get("temperature")
    content: dict[str, Any] = {
        **of(given),
        "reliability": [asdict(b) for b in given.bins],
        "temperature": temperature,
        "uncalibrated": None,
    }
    if temperature is not None and temperature > 0:
        before = calibration(without_temperature(found.prob, temperature), found.truth)
        content["uncalibrated"] = {**of(before), "reliability": [asdict(b) for b in before.bins]}
    return content


def _subsets(found: Predictions, seed: int) -> Iterator[dict[str, Any]]:
    def one(by: str, name: str, rows: np.ndarray) -> dict[str, Any]:
        places = np.flatnonzero(rows)
        return {"by": by, "name": name, "n": len(places), **_accuracies(found, places, seed)}

    hard = np.array([p.hard for p in found.pictures], bool)
    if 0 < hard.sum() < len(hard):
        yield one("hard", "hard", hard)
        yield one("hard", "the rest", ~hard)
    for by, values in (
        (f"shorter side of the {found.size_of}, px", found.size_px),
        ("brightness, grey level", found.brightness),
    ):
        low, high = map(float, np.quantile(values, [1 / 3, 2 / 3]))
        if values.min() < low < high < values.max():
            yield one(by, f"up to {low:.0f}", values <= low)
            yield one(by, f"{low:.0f} to {high:.0f}", (values > low) & (values <= high))
            yield one(by, f"above {high:.0f}", values > high)


def _mistakes(found: Predictions) -> list[dict[str, Any]]:
    """The most confident wrong predictions, worst first."""
    confidence = found.prob.max(1)
    wrong = np.flatnonzero(~found.right)
    worst: list[int] = wrong[np.argsort(-confidence[wrong], kind="stable")][:MISTAKES].tolist()
    return [
        {
            "path": found.pictures[row].path,
            "label": found.labels[int(found.truth[row])],
            "predicted": found.labels[int(found.predicted[row])],
            "probability": float(confidence[row]),
        }
        for row in worst
    ]


def is_wanted(found: Predictions) -> np.ndarray:
    """(N,) bool: pictures of people who have a label of their own, not ``other``."""
    names = np.array([label != OTHER for label in found.labels], bool)
    return names[found.truth]


def _verification(found: Predictions) -> dict[str, Any] | None:
    """Verification figures; None without pictures of both kinds."""
    wanted = is_wanted(found)
    if wanted.all() or not wanted.any():
        return None
    best, score = best_name(found.prob, found.labels)
    points, others = curve(score, wanted), int((~wanted).sum())
    at: list[dict[str, Any]] = []
    for rate in RATES:
        accepted = allowed(others, rate)
        at.append(
            {
                "far": rate,
                "recall": recall_at(score, wanted, best == found.truth, rate),
                "others_accepted_at_most": accepted,
                "far_ci": list(clopper_pearson(accepted, others)),
            }
        )
    return {
        "wanted": int(wanted.sum()),
        "others": others,
        "auc": points.auc,
        "eer": points.eer,
        "recall_at_far": at,
    }


def _decided(found: Predictions, thresholds: Thresholds) -> dict[str, Any]:
    """Decisions by class: own name, another name, other, or unknown."""
    label, _ = decisions(found.prob, found.labels, thresholds)
    by_class: dict[str, dict[str, int]] = {}
    for place, name in enumerate(found.labels):
        of_class = label[found.truth == place]
        named = [i for i, other in enumerate(found.labels) if other != OTHER]
        by_class[name] = {
            "n": len(of_class),
            "accepted": int(((of_class == place) & np.isin(of_class, named)).sum()),
            "misnamed": int(((of_class != place) & np.isin(of_class, named)).sum()),
            UNKNOWN: int((of_class < 0).sum()),
            "rejected": int(len(of_class) - np.isin(of_class, [-1, *named]).sum()),
        }
    content = {**asdict(thresholds), "decisions": by_class, "others_accepted": None}
    if OTHER in by_class and by_class[OTHER]["n"]:
        accepted, others = by_class[OTHER]["misnamed"], by_class[OTHER]["n"]
        content["others_accepted"] = {
            "far": accepted / others,
            "far_ci": list(clopper_pearson(accepted, others)),
        }
    return content
