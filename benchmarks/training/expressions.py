"""``python -m benchmarks expressions --work DIR``: write docs/expressions.md from evaluations.

Every figure of our models comes from ``DIR/RUN/test*/report.json``, which `vidfx evaluate` writes;
where one is missing the row stays empty. ``--data FACES`` comes before: it divides the test part of
the data set FACES into its pictures as they are and as vidfx cuts them, and writes two split files
for `vidfx evaluate`, ``DIR/test.json`` and ``DIR/test-cut.json``.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import table
from benchmarks.training.published import PUBLISHED
from benchmarks.training.results import with_interval
from vidfx_engines.names import index_of

CUT = ".cut.png"
"""The end of the names of pictures that are cut again."""
CLASSES = ("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt")
VOTED = {"cross_entropy": "cross-entropy", "entropy": "entropy of the votes", "ece": "ECE, votes"}
"""Figures against the votes."""
WORK, FACES = "study/expressions", "study/ferplus-faces"
TRAIN = f"vidfx train emotion {FACES}"


@dataclass(frozen=True)
class Model:
    """A model that is measured; its reports are below DIR/``run``."""

    run: str
    name: str
    engine: str
    "the argument of `vidfx evaluate`"
    train: str = ""
    "the command that makes the engine"


MODELS = (
    Model("scratch", "ResNet-18 from scratch", f"{WORK}/scratch", f"{TRAIN} -o {WORK}/scratch"),
    Model("imagenet", "ResNet-18 from ImageNet", f"{WORK}/imagenet",
          f"{TRAIN} --init imagenet -o {WORK}/imagenet"),
    Model("vggface", "VGGFace fine-tuned", f"{WORK}/vggface",
          f"{TRAIN} --arch vggface --init vgg_face_dag.pth -o {WORK}/vggface"),
    Model("embedded", "included: `embedded`", "embedded"),
    Model("embedded-8", "included: `embedded-8`", "embedded-8"),
    Model("former", "included until 28 November 2026", "former/emotion-embedded.onnx"),
)  # fmt: skip

PREPARATION = (
    f"vidfx dataset recut study/ferplus -o {FACES}",
    f"vidfx dataset split {FACES} --test-from val --ratios 96/4",
    "vidfx dataset split study/fer4 --test-from val --ratios 90/10",
    f"python -m benchmarks expressions --work {WORK} --data {FACES}",
)
EVALUATIONS = (
    f"vidfx evaluate MODEL {FACES} --split {WORK}/test.json -o {WORK}/RUN/test",
    f"vidfx evaluate MODEL {FACES} --split {WORK}/test-cut.json -o {WORK}/RUN/test-cut",
    f"vidfx evaluate MODEL study/fer4 -o {WORK}/RUN/test-fer4",
)
LAST = f"python -m benchmarks expressions --work {WORK}"
TESTS = ("test", "test-cut", "test-fer4")
"""Folders of the reports, below that of the model."""

Reports = dict[str, dict[str, Any]]
"""What ``report.json`` says of each model, by run."""


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks expressions", description="Write docs/expressions.md."
    )
    parser.add_argument("--work", type=Path, default=Path(WORK), help="holds the evaluations")
    parser.add_argument("--data", type=Path, help="only divide the test part of this data set")
    parser.add_argument("--out", type=Path, default=Path("docs/expressions.md"))
    args = parser.parse_args()
    if args.data is not None:
        divide(args.data, args.work)
        return
    found = {test: read(args.work, test) for test in TESTS}
    if not any(found.values()):
        raise SystemExit(f"benchmarks: no evaluation in {args.work}; first:\n{commands()}")
    split = json.loads((args.work / "test.json").read_text(encoding="utf-8"))
    args.out.write_text(page(found, split["counts"]), encoding="utf-8")
    print(args.out)


def divide(data: Path, work: Path) -> None:
    """Write ``test.json`` and ``test-cut.json``, with the test pictures of ``data``, into ``work``.

    Their ``counts`` are the pictures of each part, and those left out of all parts, by reason.
    """
    split = json.loads((data / "split.json").read_text(encoding="utf-8"))
    work.mkdir(parents=True, exist_ok=True)
    for name, cut in (("test", False), ("test-cut", True)):
        files = {
            part: [path for path in paths if path.endswith(CUT) == cut]
            for part, paths in split["files"].items()
        }
        reasons = [why for path, why in split["left_out"].items() if path.endswith(CUT) == cut]
        content = {
            "counts": {part: len(paths) for part, paths in files.items()} | Counter(reasons),
            "files": {"test": files["test"]},
        }
        file = work / f"{name}.json"
        file.write_text(json.dumps(content), encoding="utf-8")
        print(file)


def read(work: Path, test: str) -> Reports:
    """The reports of one test. Exits where models were measured on different pictures."""
    found: Reports = {}
    for model in MODELS:
        file = work / model.run / test / "report.json"
        if file.is_file():
            report = json.loads(file.read_text(encoding="utf-8"))
            if report["data"]["part"] != "test":
                raise SystemExit(f"benchmarks: {file}: not of the part test; evaluate again")
            (found[model.run],) = report["models"]
    by_class = {pair for report in found.values() for pair in _pictures(report).items()}
    if len(by_class) > len(dict(by_class)):
        raise SystemExit(
            f"benchmarks: {work}/*/{test}: measured on different pictures; evaluate all again"
        )
    return found


def commands() -> str:
    """What to run, one command a line."""
    return "\n".join((*PREPARATION, *EVALUATIONS, LAST))


def page(found: dict[str, Reports], counts: dict[str, int]) -> str:
    """The whole document; ``counts`` of ``test.json``."""
    return f"""# Results for expressions

The tables of our models are made by `python -m benchmarks expressions` from the reports of `vidfx
evaluate`; no figure in them was entered by hand.

The pictures are FER2013's with ten people's votes for each, [FER+](https://github.com/microsoft/FERPlus).
People disagree: on 77 % of the pictures one class has more than half of the votes, and Fleiss'
kappa is 0.51 (`vidfx dataset check`): 0.80 for happiness, 0.41 to 0.56 for surprise, neutral,
anger and sadness, 0.28 for fear, and below 0.15 for disgust and contempt.

## On the votes

The test part is FER2013's PublicTest (`val` of the folder), {counts["test"]:,} pictures.
{counts.get("also in test", 0)} pictures that are a copy or near-duplicate of one of them were left
out of training. The former model, whose weights the included ones started from, was trained on
fer4's train part: 18 of the test pictures have a near-duplicate there.

Accuracy, recall, precision and ECE are about the pictures on which more than half of the votes are
for one of the model's classes. Models of four and of eight classes are therefore measured on
different pictures, and their accuracies cannot be compared. Cross-entropy and "ECE, votes" compare
probabilities with the votes, on pictures on which more than half of the votes are for the model's
classes together; the entropy of the votes is the least possible cross-entropy.

{_figures(found["test"], VOTED)}

{_to_fill(found["test"])}

{_classes(found["test"])}

`vidfx annotate` shows an expression if its smoothed probability is at least the engine's `min_prob`
([decision 15](decisions/0015-no-expression.md)). These are the shares of single pictures that reach
it, where more than half of the votes are for one of the model's classes, or for another class:

{_shown(found["test"])}

## On the votes, faces cut as vidfx cuts them

The same pictures, cut again by the landmarks of our detector, as `vidfx annotate` does; without
those on which it finds no face.

{_figures(found["test-cut"], VOTED)}

{_classes(found["test-cut"])}

{_shown(found["test-cut"])}

## On FER2013's own labels

PublicTest with FER2013's labels, four classes, as in [results.md](results.md). On many of these
pictures ten people see something else. An answer that is none of the four classes is wrong here.

{_figures(found["test-fer4"], ())}

{_classes(found["test-fer4"])}

## What other tools say of their own models

{PUBLISHED}

## Models and commands

{_models(found)}

The former model is `engines/vidfx_engines/embedded/emotion-embedded.onnx` as it was in this
repository until that day. `{FACES}` has each picture of FER+ as it is, and cut again by
the detector's landmarks (`*{CUT}`), with `votes.csv`.

```
{commands()}
```
"""


def _figures(found: Reports, voted: Iterable[str]) -> str:
    """The figures of each model; ``voted`` names those against the votes."""
    header = ("model", "classes", "pictures", "accuracy [95 %]", "balanced [95 %]", "ECE",
              *(VOTED[name] for name in voted))  # fmt: skip
    rows: list[tuple[str, ...]] = []
    for model in MODELS:
        cells = [""] * (len(header) - 1)
        if report := found.get(model.run):
            cells = [
                str(len(report["labels"])),
                str(report["n"]),
                *(with_interval(report, name) for name in ("accuracy", "balanced_accuracy")),
                f"{report['ece']:.3f}",
                *(f"{report['votes'][name]:.3f}" for name in voted),
            ]
        rows.append((model.name, *cells))
    return table(header, rows)


def _to_fill(found: Reports) -> str:
    """The commands of the empty rows."""
    empty = [model for model in MODELS if model.run not in found]
    steps = [*(f"`{model.train}`" for model in empty if model.train), "`vidfx evaluate` as below"]
    return f"To fill the empty rows: {'; '.join(steps)}." if empty else "All models are measured."


def _classes(found: Reports) -> str:
    """Recall and precision of each class that has pictures."""
    pictures = {name: n for report in found.values() for name, n in _pictures(report).items()}
    names = [name for name in CLASSES if name in pictures]
    rows = [("pictures", *(str(pictures[name]) for name in names))]
    for model in MODELS:
        if model.run in found:
            figures = [_of_class(found[model.run], name) for name in names]
            cells = [f"{f['recall']:.3f}, {f['precision']:.3f}" if f else "" for f in figures]
            rows.append((model.name, *cells))
    return table(("recall, precision of", *names), rows)


def _pictures(report: dict[str, Any]) -> dict[str, int]:
    """The number of pictures by class, of those with pictures."""
    found = {name: _of_class(report, name) for name in CLASSES}
    return {name: one["support"] for name, one in found.items() if one and one["support"]}


def _of_class(report: dict[str, Any], name: str) -> dict[str, Any] | None:
    """The figures of the class that ``name`` means; None where the model does not have it."""
    labels = list(report["per_class"])
    place = index_of(name, labels)
    return None if place is None else report["per_class"][labels[place]]


def _shown(found: Reports) -> str:
    """How sure each model is where the majority is one of its classes, and where it is another."""
    header = ("model", "`min_prob`", "one of its classes", "shown", "median probability",
              "another class", "shown", "median probability")  # fmt: skip
    rows: list[tuple[str, ...]] = []
    for model in MODELS:
        if model.run in found:
            votes = found[model.run]["votes"]
            cells = (*_confidence(votes["majority"]), *_confidence(votes["other_classes"]))
            rows.append((model.name, f"{votes['min_prob']:g}", *cells))
    return table(header, rows)


def _confidence(of: dict[str, Any]) -> tuple[str, str, str]:
    if not of["pictures"]:
        return "0", "", ""
    return str(of["pictures"]), f"{of['shown']:.3f}", f"{of['median_probability']:.3f}"


def _models(found: dict[str, Reports]) -> str:
    """What was measured, and how it ran."""
    rows = [
        (model.name, f"`{model.engine}`", f"`{model.run}`", report["sha256"][:16],
         report["backend"], report["precision"])
        for model in MODELS
        if (report := next((r[model.run] for r in found.values() if model.run in r), None))
    ]  # fmt: skip
    return table(("model", "MODEL", "RUN", "SHA-256 begins", "backend", "precision"), rows)


if __name__ == "__main__":
    main()
