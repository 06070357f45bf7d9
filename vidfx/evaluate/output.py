"""Write the files of an evaluation, each complete or not at all."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from vidfx.errors import output_errors
from vidfx.evaluate import plots
from vidfx.evaluate.evaluation import Evaluation, ModelResult
from vidfx.evaluate.mistakes import contact_sheet, read_mistakes
from vidfx.evaluate.page import page
from vidfx.evaluate.report import is_wanted
from vidfx.evaluate.thresholds import best_name
from vidfx.evaluate.verification import Curve, curve
from vidfx_engines.files import write_atomically
from vidfx_training.dataset.votes import agreement


def write(evaluation: Evaluation, folder: Path) -> list[Path]:
    """Write report.html, report.json, predictions.csv, mistakes.jpg and the figures.

    Returns their paths. Raises OutputError, and DataError where a picture cannot be read any more.
    """
    models = evaluation.document["models"]
    pictures = {
        "confusion.png": plots.confusion_png(models),
        "reliability.png": plots.reliability_png(models),
    }
    if curves := _curves(evaluation.results):
        pictures["roc.png"] = plots.verification_png(curves)
    root = evaluation.chosen.data.root
    mistakes = [read_mistakes(root, result.report["mistakes"]) for result in evaluation.results]
    names = [result.model.name for result in evaluation.results]
    contents = {
        "predictions.csv": _text(predictions_csv(evaluation.results)),
        **pictures,
        "mistakes.jpg": contact_sheet(list(zip(names, mistakes, strict=True))),
        "report.html": _text(page(evaluation.document, pictures, mistakes)),
        "report.json": _text(json.dumps(evaluation.document, indent=1, allow_nan=False) + "\n"),
    }
    with output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        with output_errors(folder / name):
            write_atomically(folder / name, content)
    return [folder / name for name in contents]


def _text(text: str) -> bytes:
    return text.encode("utf-8", "replace")  # a file's name need not be UTF-8


def _curves(results: tuple[ModelResult, ...]) -> list[tuple[str, Curve]]:
    found: list[tuple[str, Curve]] = []
    for result in results:
        if result.report.get("verification"):
            predictions = result.predictions
            _, score = best_name(predictions.prob, predictions.labels)
            found.append((result.model.name, curve(score, is_wanted(predictions))))
    return found


def predictions_csv(results: tuple[ModelResult, ...]) -> str:
    """One row per picture and model.

    Path, label (the folder, or the answer with most votes), agreement (share of the votes for it,
    empty without votes), truth (empty without one) and predicted (labels of the engine), and the
    probability of every label, empty if the model does not have it.
    """
    labels = list(dict.fromkeys(label for r in results for label in r.spec.labels))
    stream = io.StringIO()
    rows = csv.writer(stream, lineterminator="\n")
    head = ("path", "label", "agreement", "model", "truth", "predicted")
    rows.writerow([*head, *(f"prob_{label}" for label in labels)])
    for result in results:
        found = result.predictions
        columns = [found.labels.index(label) if label in found.labels else None for label in labels]
        truth: list[int] = found.truth.tolist()
        predicted: list[int] = found.predicted.tolist()
        for row, picture in enumerate(found.pictures):
            texts = (
                picture.path,
                picture.label,
                "" if picture.votes is None else f"{agreement(picture):.3f}",
                result.model.name,
                found.labels[truth[row]] if truth[row] >= 0 else "",
                found.labels[predicted[row]],
            )
            numbers = ("" if c is None else f"{found.prob[row, c]:.6f}" for c in columns)
            rows.writerow([*map(no_formula, texts), *numbers])
    return stream.getvalue()


def no_formula(cell: str) -> str:
    """``cell`` with an apostrophe in front where a spreadsheet would take it for a formula."""
    begins = cell[:1] in ("\t", "\r") or cell.lstrip()[:1] in ("=", "+", "-", "@")
    return f"'{cell}" if cell and begins else cell
