"""The model card: what a file of weights is, what made it, and what not to expect of it."""

from __future__ import annotations

from typing import Any

from vidfx_engines.spec import EngineSpec
from vidfx_training.checkpoint import Checkpoint

_PURPOSE = {
    "emotion": "Reads the facial expression of one face: {labels}. An expression is what a face"
    " shows, not\nwhat a person feels; do not use it to judge people.",
    "identity": "Says whether one face is one of: {labels}. A face is personal data: whoever is"
    " recognised\nshould know of it, and a name from it is a lead, not a proof.",
}


def card(checkpoint: Checkpoint, spec: EngineSpec) -> str:
    """The card in Markdown."""
    facts, recipe = checkpoint.facts, checkpoint.recipe
    model, schedule = recipe.model, recipe.schedule
    assert spec.crop is not None
    purpose = _PURPOSE[spec.task].format(labels=_plain(", ".join(spec.labels)))
    start = "random weights" if model.init == "scratch" else _plain(model.init)
    return f"""# {_plain(spec.name)}

{purpose}

| | |
| --- | --- |
| Network | {model.arch}, {facts.get("parameters", 0) / 1e6:.1f} million parameters, from {start} |
| Takes | uint8 RGB crops, {spec.crop.size} px, template "{spec.crop.template}" |
| Sees | {recipe.input.colour}, {recipe.input.side} px |
| Gives | calibrated probabilities (temperature {facts.get("temperature", 1.0):.3f}) |
| Least face | {spec.min_face_px:g} px |
| Training data | {_plain(spec.training_data)} |
| Licence | {_plain(spec.licence)} |
| Made by | `vidfx train`, recipe "{_plain(recipe.name)}", seed {schedule.seed}, \
best of {facts.get("epochs", 0)} epochs: {facts.get("epoch", 0):g} |
| sha256 | {spec.sha256} |

## On the validation set

The best epoch and the temperature were chosen on it, so these figures are somewhat kind; the test
set's are what `vidfx evaluate` reports.

{_table(facts, spec)}

## What was left out, and what to expect

{_notes(facts)}Expect worse results on faces unlike those it was trained on: profiles, children,
dark, blurred or covered faces, other cameras. Differences between groups of people were not
measured.
"""


def _table(facts: dict[str, Any], spec: EngineSpec) -> str:
    rows = [("pictures", f"{facts.get('val_pictures', 0):g}")]
    named = (
        ("accuracy", "val_accuracy"),
        ("balanced accuracy", "val_balanced_accuracy"),
        ("expected calibration error", "val_calibration_error"),
        ("the same before calibration", "val_calibration_error_before"),
        *((f"recall of {_plain(label)}", f"val_recall_{label}") for label in spec.labels[:20]),
    )
    rows += [(name, f"{facts[key]:.3f}") for name, key in named if key in facts]
    return "\n".join(["| figure | |", "| --- | ---: |", *(f"| {n} | {v} |" for n, v in rows)])


def _notes(facts: dict[str, Any]) -> str:
    notes = [str(note) for note in facts.get("notes", [])]
    return "".join(f"- {_plain(note)}\n" for note in notes) + ("\n" if notes else "")


def _plain(text: str) -> str:
    """Names and paths come from users: nothing of them may be Markdown or HTML here."""
    kept = "".join(c if c.isprintable() else " " for c in text)
    for sign in "\\`*_[]<>|":
        kept = kept.replace(sign, f"\\{sign}" if sign != "<" else "&lt;")
    return kept
