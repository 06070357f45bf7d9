"""The model card: what an engine does, how it was trained, and its limits."""

from __future__ import annotations

from typing import Any

from vidfx_engines.spec import EngineSpec
from vidfx_training.checkpoint import Checkpoint

_PURPOSE = {
    "emotion": "Classifies the facial expression of one face: {labels}. An expression is what a"
    " face shows, not\nwhat a person feels; do not use it to judge people.",
    "identity": "Recognises one face as one of: {labels}. A face is personal data: people who are"
    " recognised\nshould know of it, and a recognised name is a hint, not a proof.",
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
| Network input | {recipe.input.colour}, {recipe.input.side} px |
| Returns | calibrated probabilities (temperature {facts.get("temperature", 1.0):.3f}) |
| Smallest face | {spec.min_face_px:g} px |
| Least probability shown | {spec.least_prob:g}{"" if spec.min_prob else ", by default"} |
| Training data | {_plain(spec.training_data)} |
| Licence | {_plain(spec.licence)} |
| Made by | `vidfx train`, recipe "{_plain(recipe.name)}", seed {schedule.seed}, \
best of {facts.get("epochs", 0)} epochs: {facts.get("epoch", 0):g} |
| sha256 | {spec.sha256} |

## On the validation set

The best epoch and the temperature were chosen on it, so these figures are slightly too good;
`vidfx evaluate` reports those of the test set.

{_table(facts, spec)}

## Notes and limits

{_notes(facts)}Expect worse results on faces that differ from the training data: profiles, children,
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
        ("cross-entropy against the targets", "val_cross_entropy"),
        ("share shown", "val_shown"),
        ("share shown where no class has a majority", "val_shown_without_majority"),
        *((f"recall of {_plain(label)}", f"val_recall_{label}") for label in spec.labels[:20]),
    )
    rows += [(name, f"{facts[key]:.3f}") for name, key in named if key in facts]
    return "\n".join(["| figure | |", "| --- | ---: |", *(f"| {n} | {v} |" for n, v in rows)])


def _notes(facts: dict[str, Any]) -> str:
    notes = [str(note) for note in facts.get("notes", [])]
    return "".join(f"- {_plain(note)}\n" for note in notes) + ("\n" if notes else "")


def _plain(text: str) -> str:
    """``text`` without Markdown or HTML: names and paths come from users."""
    kept = "".join(c if c.isprintable() else " " for c in text)
    for sign in "\\`*_[]<>|":
        kept = kept.replace(sign, f"\\{sign}" if sign != "<" else "&lt;")
    return kept
