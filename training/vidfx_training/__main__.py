"""``python -m vidfx_training RECIPE --data DIR --out DIR``: train, calibrate, measure, export.

DIR holds train/ and val/, a folder a class in each. Under ``--out``: log.jsonl (a line an epoch),
best.safetensors, NAME.onnx, NAME.spec.json and NAME.CARD.md.
"""

# torch's stubs leave the types of some functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from vidfx_engines import EngineError
from vidfx_training.data import CleanSplit, clean_split, read_folder
from vidfx_training.export import Evidence, confusion_table, evaluate, export
from vidfx_training.loop import fit_temperature, logits_of, to_tensor, train
from vidfx_training.models import CropClassifier, SmallFaceNet
from vidfx_training.recipe import Recipe, read_recipe


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m vidfx_training", description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--export-only", action="store_true", help="use OUT/best.safetensors as it is"
    )
    args = parser.parse_args()
    try:
        recipe = read_recipe(args.recipe)
        split = clean_split(
            read_folder(args.data / "train", recipe.labels, recipe.side),
            read_folder(args.data / "val", recipe.labels, recipe.side),
        )
        torch.manual_seed(recipe.schedule.seed)
        net: nn.Module = SmallFaceNet(len(recipe.labels), recipe.width)
        if args.export_only:
            _load(net, args.out / "best.safetensors")
        else:
            net = train(net, split.train, split.val, recipe.schedule, args.out, _report)
        finish(net, recipe, split, args.out)
    except (ValueError, OSError, EngineError) as error:
        sys.exit(f"vidfx_training: {error}")


def _load(net: nn.Module, weights: Path) -> None:
    try:
        net.load_state_dict(load_file(weights))
    except (SafetensorError, RuntimeError) as error:
        raise ValueError(f"{weights}: not the weights of this recipe's network") from error


def finish(net: nn.Module, recipe: Recipe, split: CleanSplit, out: Path) -> None:
    """Calibrate, measure and export, and write the card."""
    pixels, labels = to_tensor(split.val)
    temperature = fit_temperature(logits_of(net, pixels), labels)
    model = CropClassifier(net, temperature)
    clean, given = evaluate(model, split.val), evaluate(model, split.val_as_given)
    uncalibrated = evaluate(CropClassifier(net, 1.0), split.val)
    metrics = {
        "val_accuracy": round(clean.accuracy, 4),
        "val_pictures": float(len(split.val)),
        "val_as_given_accuracy": round(given.accuracy, 4),
        "val_calibration_error": round(clean.calibration_error, 4),
        "temperature": round(temperature, 4),
        **{
            f"val_recall_{label}": round(float(r), 4)
            for label, r in zip(recipe.labels, clean.recall, strict=True)
        },
    }
    export(net, temperature, recipe, metrics, out)
    text = card(recipe, split, clean, given, uncalibrated, temperature)
    (out / f"{recipe.name}.CARD.md").write_text(text, encoding="utf-8")
    sys.stdout.write(f"{out / recipe.name}.onnx: accuracy {clean.accuracy:.4f}\n")
    sys.stdout.write(confusion_table(clean, recipe.labels) + "\n")


def card(
    recipe: Recipe,
    split: CleanSplit,
    clean: Evidence,
    given: Evidence,
    uncalibrated: Evidence,
    temperature: float,
) -> str:
    """The model card, in Markdown."""
    removed = split.removed
    return f"""# {recipe.name}

Reads the facial expression of one face: {", ".join(recipe.labels)}. An expression is what a face
shows, not what a person feels; do not use it to judge people.

- Input: uint8 RGB crops, {2 * recipe.side} x {2 * recipe.side} px, aligned with the template "fer".
- Output: calibrated probabilities (temperature {temperature:.3f}, fitted on the validation set).
- Faces of less than {recipe.min_face_px:g} px are not read.
- Training data: {recipe.training_data}.
- Licence: {recipe.licence}.
- Made by: `python -m vidfx_training` with the recipe "{recipe.name}", seed
  {recipe.schedule.seed}, {recipe.schedule.epochs} epochs.

## How well

On {len(split.val)} validation pictures, none of which stands in the training set: accuracy
**{clean.accuracy:.3f}**, expected calibration error {clean.calibration_error:.3f} (before
calibration {uncalibrated.calibration_error:.3f}). On all {len(split.val_as_given)} validation
pictures as given: {given.accuracy:.3f}.

The best epoch and the temperature were chosen on this same set, so the figures are somewhat kind.

{confusion_table(clean, recipe.labels)}

## The data

{len(split.train)} pictures to train: {_counts(split.train.counts())}. Taken out of the training
set: {removed["train_in_val"]} that also stand in the validation set, {removed["train_repeated"]}
repeated, {removed["train_two_labels"]} that carry two labels. Taken out of the validation set:
{removed["val_in_train"]} that stood in the training set.

{_FER2013 if "FER2013" in recipe.training_data else ""}Expect worse results on faces unlike these,
such as profiles, children, dark or blurred faces and strong make-up, and differences between
groups of people that were not measured.
"""


_FER2013 = """\
FER2013 was gathered by a web search and labelled by few people; its labels agree with people's
judgement only in part, its faces are mostly frontal, and it says little of who is in it. """


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {n}" for name, n in counts.items())


def _report(line: dict[str, float]) -> None:
    sys.stderr.write(
        f"epoch {line['epoch']}: loss {line['train_loss']:.4f}, "
        f"val accuracy {line['val_accuracy']:.4f}, {line['seconds']:.0f} s\n"
    )


if __name__ == "__main__":
    main()
