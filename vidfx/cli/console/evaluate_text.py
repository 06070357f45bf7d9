"""How an evaluation looks: a bar and notes on stderr, aligned tables or JSON on stdout."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.text import Text

from vidfx.cli.console.tables import LINES, write_line, write_table
from vidfx.evaluate.evaluation import EvaluationProgress
from vidfx.evaluate.page import number, percent
from vidfx.notation import clean

WORST = 5
"mistakes that are named"


class _Console(EvaluationProgress):
    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def say(self, text: str) -> None:
        self._progress.console.print(Text(clean(text)), soft_wrap=True)

    def advanced(self, model: str, done: int, total: int) -> None:
        if model not in self._tasks:
            self._tasks[model] = self._progress.add_task(clean(model))
        self._progress.update(self._tasks[model], completed=done, total=total)


@contextmanager
def evaluation_console() -> Generator[EvaluationProgress]:
    """Prints progress on stderr; with a bar where that is a terminal."""
    console = Console(stderr=True, markup=False, highlight=False)
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        yield _Console(progress)


def write_report(document: dict[str, Any]) -> None:
    """The figures on stdout; rates in percent."""
    models: list[dict[str, Any]] = document["models"]
    _summary(models)
    for d in document["differences"]:
        if d["n"]:
            low, high = d["accuracy_difference_ci"]
            write_line(
                f"{d['model']} against {d['against']}: {100 * d['accuracy_difference']:+.1f} points"
                f" of accuracy, {100 * low:+.1f} to {100 * high:+.1f} ({d['n']} pictures, in pairs)"
            )
    if document["differences"]:
        write_line("")
    for model in models:
        if len(models) > 1:
            write_line(f"== {model['name']}")
        _classes(model)
        if model["task"] == "identity":
            _identity(model)
        _calibration(model)
        if model["votes"]:
            _votes(model["votes"])
        _subsets(model)
        _mistakes(model)


def _summary(models: Sequence[dict[str, Any]]) -> None:
    head = ["model", "pictures", "groups", "accuracy", "95 %", "balanced", "95 %", "F1", "ECE"]
    rows = [
        [
            m["name"],
            m["n"],
            m["groups"],
            percent(m["accuracy"]),
            _interval(m["accuracy_ci"]),
            percent(m["balanced_accuracy"]),
            _interval(m["balanced_accuracy_ci"]),
            percent(m["macro"]["f1"]),
            percent(m["ece"]),
        ]
        for m in models
    ]
    write_table(head, rows)


def _classes(model: dict[str, Any]) -> None:
    rows = [
        [
            label,
            percent(c["precision"]),
            percent(c["recall"]),
            percent(c["f1"]),
            c["support"],
        ]
        for label, c in (
            *list(model["per_class"].items())[:LINES],
            ("macro mean", model["macro"]),
            ("weighted mean", model["weighted"]),
        )
    ]
    if len(model["per_class"]) > LINES:
        rows.insert(LINES, [f"and {len(model['per_class']) - LINES} more", *[""] * 4])
    write_table(["class", "precision", "recall", "F1", "pictures"], rows)
    labels = model["labels"]
    if len(labels) <= 12:
        write_table(
            ["true \\ predicted", *labels],
            [
                [label, *(f"{n} ({n / max(1, sum(row)):.0%})" for n in row)]
                for label, row in zip(labels, model["confusion"], strict=True)
            ],
        )


def _identity(model: dict[str, Any]) -> None:
    found = model["verification"]
    if found:
        write_line(
            f"wanted and others: AUC {number(found['auc'], 4)}, equal error rate"
            f" {percent(found['eer'], 2)} %"
        )
        write_table(
            ["others accepted, at most", "pictures", "95 %", "wanted accepted"],
            [
                [
                    f"{percent(r['far'])} %",
                    f"{r['others_accepted_at_most']} of {found['others']}",
                    _interval(r["far_ci"]),
                    percent(r["recall"]),
                ]
                for r in found["recall_at_far"]
            ],
        )
    thresholds = model["thresholds"]
    write_line(f"accept {thresholds['accept']:g}, reject {thresholds['reject']:g}")
    write_line(thresholds["evidence"])
    write_table(
        ["decided", "pictures", "by its name", "by another name", "unknown", "other"],
        [[label, *d.values()] for label, d in list(thresholds["decisions"].items())[:LINES]],
    )
    if accepted := thresholds["others_accepted"]:
        share, sure = percent(accepted["far"], 2), _interval(accepted["far_ci"])
        write_line(f"others accepted: {share} %, 95 % {sure}")
        write_line("")


def _calibration(model: dict[str, Any]) -> None:
    lines = [("as the engine gives them", model)]
    if model["uncalibrated"]:
        name = f"without its temperature, {number(model['temperature'])}"
        lines.append((name, model["uncalibrated"]))
    write_table(
        ["probabilities", "ECE", "Brier", "NLL"],
        [[n, percent(c["ece"]), number(c["brier"]), number(c["nll"])] for n, c in lines],
    )


def _votes(votes: dict[str, Any]) -> None:
    above = f"above {percent(votes['agreement'], 0)} %"
    write_table(
        ["votes", "pictures", "cross-entropy", "least possible", "ECE"],
        [
            [
                "more than half for its labels",
                votes["compared"],
                number(votes["cross_entropy"]),
                number(votes["entropy"]),
                percent(votes["ece"]),
            ]
        ],
    )
    rows: list[list[object]] = [
        [name, c["pictures"], number(c["median_probability"], 2), percent(c["shown"])]
        for name, c in (
            ("for one of its labels", votes["majority"]),
            ("for another class", votes["other_classes"]),
        )
    ]
    head = ["pictures", "median probability", f"at least {votes['min_prob']:g}"]
    write_table([f"votes {above}", *head], rows)
    others = [f"{n} {answer}" for answer, n in votes["other_majority"].items()]
    left_out = ", ".join([*others, f"{votes['no_majority']} without a majority"])
    write_line(f"not in accuracy and recall: {left_out}")
    write_line("")


def _subsets(model: dict[str, Any]) -> None:
    rows = [
        [
            f"{s['by']}: {s['name']}",
            s["n"],
            percent(s["accuracy"]),
            _interval(s["accuracy_ci"]),
            percent(s["balanced_accuracy"]),
        ]
        for s in model["subsets"]
    ]
    if rows:
        write_table(["subset", "pictures", "accuracy", "95 %", "balanced"], rows)


def _mistakes(model: dict[str, Any]) -> None:
    for m in model["mistakes"][:WORST]:
        write_line(
            f"mistake: {m['path']}: {m['predicted']} {m['probability']:.2f}, labelled {m['label']}"
        )


def _interval(ci: Sequence[float]) -> str:
    return f"{100 * ci[0]:.1f} to {100 * ci[1]:.1f}"
