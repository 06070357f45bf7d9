"""Thresholds that turn a name's probability into a decision: the name, ``other`` or ``unknown``.

Both follow from one rate. At most that share of other people's pictures reaches ``accept``; at most
that share of the named people's pictures falls to ``reject`` or below and becomes ``other``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vidfx.errors import UsageError, output_errors
from vidfx.evaluate.verification import allowed, clopper_pearson
from vidfx.notation import clean
from vidfx_engines.spec import OTHER, EngineSpec, Thresholds


@dataclass(frozen=True)
class ThresholdChoice:
    """Thresholds, and their effect on the pictures that set them."""

    accept: float
    reject: float
    others: int
    "pictures of other people"
    others_accepted: int
    wanted: int
    "pictures of people whom the engine names"
    wanted_accepted: int
    wanted_rejected: int


def choose(score: np.ndarray, wanted: np.ndarray, rate: float) -> ThresholdChoice:
    """The thresholds for ``score`` (N,), the best name's probability, and ``wanted`` (N,) bool.

    A face is accepted from ``accept`` on, and is other up to ``reject``. ``accept`` accepts as many
    wanted pictures as possible with at most floor(rate * others) others, and then as few others as
    possible. ``reject`` is the largest value up to ``accept`` at which at most floor(rate * wanted)
    wanted pictures become other. Among equivalent values one near the middle is taken. ``rate`` is
    above 0, and at most 0.5. Raises UsageError where no threshold up to 1 satisfies it, or where
    one kind of pictures is missing.
    """
    of_others, of_wanted = np.sort(score[~wanted])[::-1], np.sort(score[wanted])
    for name, there in (("other people", of_others), ("the people it names", of_wanted)):
        if not len(there):
            raise UsageError(
                f"thresholds: no pictures of {name}",
                hint="name a part that has them: --threshold-part",
            )
    highest = float(of_others[allowed(len(of_others), rate)])
    if highest >= 1:
        raise UsageError(
            f"thresholds: {int((of_others >= 1).sum())} of {len(of_others)} pictures of other"
            f" people have probability 1: no threshold accepts at most {100 * rate:g} %",
            hint="look at the mistakes in the report, or allow more: --target-far",
        )
    taken = float(of_wanted[of_wanted > highest].min(initial=1.0))
    under = float(score[score < taken].max(initial=highest))
    accept = between(under, taken) or taken
    reject = accept
    lowest = float(of_wanted[allowed(len(of_wanted), rate)])
    if lowest < accept:
        below = float(score[score < lowest].max(initial=0.0))
        reject = between(below, lowest) or below
    return ThresholdChoice(
        accept=accept,
        reject=reject,
        others=len(of_others),
        others_accepted=int((of_others >= accept).sum()),
        wanted=len(of_wanted),
        wanted_accepted=int((of_wanted >= accept).sum()),
        wanted_rejected=int(((of_wanted <= reject) & (of_wanted < accept)).sum()),
    )


def between(low: float, high: float) -> float | None:
    """The shortest decimal near the middle of two numbers; None if there is none between them."""
    middle = low + (high - low) / 2
    found = (round(middle, digits) for digits in range(2, 18))
    return next((value for value in found if low < value < high), None)


def decisions(
    prob: np.ndarray, labels: Sequence[str], thresholds: Thresholds
) -> tuple[np.ndarray, np.ndarray]:
    """The decision for each row of ``prob`` (N, K), as vidfx annotate decides on a track's mean.

    Returns ``label`` (N,) int, -1 for unknown, and ``score`` (N,), the best name's probability.
    """
    best, score = best_name(prob, labels)
    label = np.where(score >= thresholds.accept, best, -1)
    if OTHER in labels:
        label[(label < 0) & (score <= thresholds.reject)] = labels.index(OTHER)
    return label, score


def best_name(prob: np.ndarray, labels: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """The most probable name, as a column (N,) of ``prob`` (N, K), and its probability (N,)."""
    names = np.array([i for i, label in enumerate(labels) if label != OTHER])
    best = names[prob[:, names].argmax(1)]
    return best, prob[np.arange(len(prob)), best]


def evidence(choice: ThresholdChoice, rate: float, *, data: str, part: str, groups: int) -> str:
    """How the thresholds were set, as a text for the spec."""
    low, high = clopper_pearson(choice.others_accepted, choice.others)
    sure = f"95 % interval of the rate {100 * low:.2f} % to {100 * high:.2f} % (Clopper-Pearson)"
    if not choice.others_accepted:
        sure += f", below {min(100.0, 300 / choice.others):.2g} % by the rule of three"
    text = (
        f"vidfx evaluate --target-far {rate:g} on single pictures, part {part} of {data}."
        f" accept: at most {100 * rate:g} % of others accepted; {choice.others_accepted} of"
        f" {choice.others} pictures of others (in {groups} groups) were; {sure}."
        f" reject: at most {100 * rate:g} % of the wanted called other; {choice.wanted_rejected} of"
        f" {choice.wanted} pictures were, and {choice.wanted_accepted} were accepted."
    )
    return clean(text)


def write_thresholds(thresholds: Thresholds, file: Path, *, of: EngineSpec) -> None:
    """Set the thresholds of the spec at ``file``, completely or not at all, and nothing else.

    Raises OutputError, EngineFileError, and UsageError where it is no longer the spec of the
    engine ``of``, or of its source model.
    """
    spec = EngineSpec.load(file)
    source = of.build.source_sha256 if of.build else of.sha256
    if spec.sha256 not in (of.sha256, source) or spec.labels != of.labels:
        raise UsageError(
            f"{file}: the model has been replaced meanwhile; its thresholds are not changed",
            hint="evaluate the new one",
        )
    with output_errors(file):
        replace(spec, thresholds=thresholds).write(file)
