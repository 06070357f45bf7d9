"""``python -m benchmarks results --work DIR``: write docs/results.md from the runs of the study.

Every figure comes from ``run.json`` and ``test/report.json`` of a run folder; where a run is
missing the row stays empty, with the command that makes it.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import table
from benchmarks.training.study import STEPS, TARGET

STUDY = {
    "recognition": {"vggface": 0.886, "scratch": 0.865, "imagenet": 0.912},
    "emotion": {"vggface": 0.93, "scratch": 0.74, "imagenet": 0.76},
}
"""Accuracies that the study's authors report on their test set."""


@dataclass(frozen=True)
class Row:
    """A variant; ``run`` is its folder below DIR."""

    task: str
    name: str
    run: str
    study: str | None = None
    "the study's variant"
    fill: str = ""
    "the command that fills an empty row"


ROWS = (
    Row("recognition", "ResNet-18 from scratch", "recognition-scratch", "scratch"),
    Row("recognition", "ResNet-18 from our start from faces", "recognition-faces"),
    Row("recognition", "VGG-16 from scratch, 64 px", "recognition-vgg-scratch"),
    Row("recognition", "ResNet-18 from ImageNet", "recognition-imagenet", "imagenet",
        f"vidfx train recognition study/lfw --target {TARGET} --init imagenet"
        " -o study/recognition-imagenet"),
    Row("recognition", "VGGFace fine-tuned", "recognition-vggface", "vggface",
        f"vidfx train recognition study/lfw --target {TARGET} --arch vggface"
        " --init vgg_face_dag.pth -o study/recognition-vggface"),
    Row("emotion", "ResNet-18 from scratch", "emotion-scratch", "scratch"),
    Row("emotion", "ResNet-18 from our start from faces", "emotion-faces", None,
        "vidfx train emotion study/fer4 --init study/faces/best.safetensors"
        " -o study/emotion-faces"),
    Row("emotion", "VGG-16 from scratch, 48 px", "emotion-vgg-scratch", None,
        "vidfx train emotion study/fer4 --arch vggface --init scratch --size 48 --epochs 16"
        " -o study/emotion-vgg-scratch"),
    Row("emotion", "the embedded model, a small network for 48 px", "embedded"),
    Row("emotion", "ResNet-18 from ImageNet", "emotion-imagenet", "imagenet",
        "vidfx train emotion study/fer4 --init imagenet -o study/emotion-imagenet"),
    Row("emotion", "VGGFace fine-tuned", "emotion-vggface", "vggface",
        "vidfx train emotion study/fer4 --arch vggface --init vgg_face_dag.pth"
        " -o study/emotion-vggface"),
)  # fmt: skip


@dataclass(frozen=True)
class Figures:
    run: dict[str, Any] | None
    "None for a model that was not trained here"
    test: dict[str, Any]
    "the one model of the report"
    part: str


def read(folder: Path) -> Figures | None:
    """What a run and its evaluation hold; None where it was not evaluated."""
    run, report = (
        json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None
        for file in (folder / "run.json", folder / "test" / "report.json")
    )
    return Figures(run, report["models"][0], report["data"]["part"]) if report else None


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks results", description="Write docs/results.md from run folders."
    )
    parser.add_argument("--work", type=Path, default=Path("study"))
    parser.add_argument("--out", type=Path, default=Path("docs/results.md"))
    args = parser.parse_args()
    found = {row.run: read(args.work / row.run) for row in ROWS}
    if not any(found.values()):
        raise SystemExit(f"benchmarks: no run in {args.work}; see python -m benchmarks study")
    args.out.write_text(page(found, args.work), encoding="utf-8")
    print(args.out)


def page(found: dict[str, Figures | None], work: Path) -> str:
    """The whole document."""
    splits = {name: json.loads((work / name / "split.json").read_text(encoding="utf-8"))
              for name in ("lfw", "fer4")}  # fmt: skip
    runs = {
        file.parent.name: json.loads(file.read_text(encoding="utf-8"))
        for file in sorted(work.glob("*/run.json"))
    }
    commands = "\n".join(_commands(runs, work))
    starts = "\n".join(_start(n, run) for n, run in runs.items() if n.startswith("faces"))
    return f"""# Results

Made by `make results` from the run folders of `make study`; no figure was entered by hand. Test
pictures and their near-duplicates were excluded from all training; the best
epoch, the temperature and the thresholds were chosen on the validation part.

## Recognition: {TARGET} or another person

{_data(splits["lfw"])} The people labelled `other` in the test part are in no other part, so the
models have never seen them.

{_table("recognition", found)}

{_recognition(found)}

A threshold accepts as many of the target's pictures as a rate of 1 % allows, then as few others as
possible; in runs before 26 November 2026 it accepted as many others as the rate allowed.

Our initial weights from faces are ResNet-18 trained to distinguish people of the training part:

{starts}

## Emotion (facial expression)

{_data(splits["fer4"])} The test part is FER2013's PublicTest (`val` of the folder).

{_table("emotion", found)}

{_emotion(found)}

The embedded model is the one included until 28 November 2026. [expressions.md](expressions.md) has
results on the votes of ten people, and of the models included now.

ImageNet's and VGGFace's files could not be obtained here. The embedded model was trained on the
same training pictures with another validation part (docs/decisions/0004), and three other networks
were trained before it was chosen. The study's figures were measured on other data, and its
validation figures of 96 to 99 % indicate that pictures of one recording were in both parts of its
split.

## Machines and commands

{_machines(runs)}

Minutes are wall time, with other trainings running and with pauses. Seeds are in the recipes.

```
{commands}
```
"""


def _table(task: str, found: dict[str, Figures | None]) -> str:
    header = ("variant", "test accuracy [95 %]", "balanced [95 %]", "hard subset", "ECE", "val",
              "epochs", "min", "study")  # fmt: skip
    rows = [_row(row, found[row.run]) for row in ROWS if row.task == task]
    empty = [
        f"`{row.fill}`" for row in ROWS if row.task == task and row.fill and not found[row.run]
    ]
    filled = ("\n\nTo fill the empty rows: " + "; ".join(empty) + ".") if empty else ""
    return table(header, rows) + filled


def _row(row: Row, figures: Figures | None) -> tuple[str, ...]:
    study = f"{STUDY[row.task][row.study]:.3f}" if row.study else ""
    if figures is None:
        return (row.name, "", "", "", "", "", "", "", study)
    test = figures.test
    result = figures.run["result"] if figures.run else None
    hard = next((s for s in test["subsets"] if s["name"] == "hard"), None)
    return (
        row.name,
        with_interval(test, "accuracy"),
        with_interval(test, "balanced_accuracy"),
        f"{hard['balanced_accuracy']:.3f} (of {hard['n']})" if hard else "",
        f"{test['ece']:.3f}",
        f"{result['val_balanced_accuracy']:.3f}" if result else "",
        f"{result['epochs']:g}" if result else "",
        f"{result['seconds'] / 60:.0f}" if result else "",
        study,
    )


def with_interval(test: dict[str, Any], name: str) -> str:
    """The figure ``name`` of a report's model, with its 95 % interval."""
    low, high = test[f"{name}_ci"]
    return f"{test[name]:.3f} [{low:.3f}, {high:.3f}]"


def _recognition(found: dict[str, Figures | None]) -> str:
    header = ("variant", "recall of the target at FAR 1 %", "at 0.1 %", "AUC", "EER",
              "threshold from val: target, others accepted there", "on test")  # fmt: skip
    rows: list[tuple[str, ...]] = []
    for row in ROWS:
        figures = found[row.run]
        if row.task != "recognition" or figures is None:
            continue
        checked = figures.test["verification"]
        at = {point["far"]: point["recall"] for point in checked["recall_at_far"]}
        thresholds = figures.test["thresholds"]
        val, test = thresholds["set_on"], thresholds["decisions"]
        wanted, other = test[TARGET], test["other"]
        rows.append(
            (
                row.name,
                f"{at[0.01]:.3f}",
                f"{at[0.001]:.3f}",
                f"{checked['auc']:.4f}",
                f"{checked['eer']:.3f}",
                f"{val['wanted_accepted']} of {val['wanted']}, {val['others_accepted']} of"
                f" {val['others']}",
                f"{wanted['accepted']} of {wanted['n']}, {other['misnamed']} of {other['n']}",
            )
        )
    return table(header, rows)


def _emotion(found: dict[str, Figures | None]) -> str:
    rows: list[tuple[str, ...]] = []
    labels: list[str] = []
    for row in ROWS:
        figures = found[row.run]
        if row.task == "emotion" and figures:
            labels = list(figures.test["per_class"])
            recalls = [f"{c['recall']:.3f}" for c in figures.test["per_class"].values()]
            rows.append((row.name, *recalls))
    return table(("recall of", *labels), rows)


def _data(split: dict[str, Any]) -> str:
    told = [f"{part} {sum(counts.values())}" for part, counts in split["counts"].items()]
    lines = [f"Pictures: {', '.join(told)}, seed {split['seed']}"]
    reasons: dict[str, int] = {}
    for reason in split["left_out"].values():
        reasons[reason] = reasons.get(reason, 0) + 1
    if reasons:
        lines.append("left out: " + ", ".join(f"{n} {why}" for why, n in sorted(reasons.items())))
    return "; ".join(lines) + "."


def _start(name: str, run: dict[str, Any]) -> str:
    people, result = run["data"]["train"], run["result"]
    return (
        f"- `{name}`: {len(people)} people, {sum(people.values())} pictures, validation accuracy"
        f" {result['val_accuracy']:.3f}, {result['seconds'] / 60:.0f} min"
    )


def _machines(runs: dict[str, Any]) -> str:
    """Each machine with the runs that it did."""
    names: dict[str, list[str]] = {}
    for name, run in runs.items():
        machine = ", ".join(f"{k} {v}" for k, v in run["machine"].items())
        names.setdefault(machine, []).append(f"`{name}`")
    return "\n".join(f"- {', '.join(of)}: {machine}" for machine, of in names.items())


def _commands(runs: dict[str, Any], work: Path) -> list[str]:
    """The study's steps; trainings, also those beside them, as they wrote themselves down."""
    left = dict(runs)
    lines: list[str] = []
    for step in STEPS:
        run = left.pop(Path(step.makes).parent.name, None) if "train" in step.command else None
        if run:
            lines.append(_relative(run["command"]))
        elif (work / step.makes).exists():
            lines.append(f"vidfx {step.command.format(work='study')}")
    return lines + [_relative(run["command"]) for run in left.values()]


def _relative(command: str) -> str:
    """``command`` with the folder of its runs as ``study``."""
    folder = Path(command.split("--out ")[1].split(maxsplit=1)[0]).parent
    return command.replace(f"{folder}/", "study/")


if __name__ == "__main__":
    main()
