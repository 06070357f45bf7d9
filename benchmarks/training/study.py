"""``python -m benchmarks study --data DIR --work DIR``: train and evaluate every variant.

Runs every step that has not been run, with vidfx's own commands; ``python -m benchmarks results``
writes the figures. DIR holds ``lfw.zip`` (LFW, deep-funneled) and ``fer4.zip`` (FER2013, four
classes, train and val).
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import PROGRAM
from vidfx_training.dataset.index import read_dataset

TARGET = "George_W_Bush"
LEAST_PICTURES = 4
"""Of a person, to be learned by the start from faces."""
FACES = "{work}/faces/best.safetensors"
RECOGNITION = "train recognition {work}/lfw --target " + TARGET
EMOTION = "train emotion {work}/fer4"


@dataclass(frozen=True)
class Step:
    """A command of vidfx; done where ``makes`` is there."""

    name: str
    command: str
    makes: str
    before: Callable[[Path], None] | None = None


def people_split(work: Path) -> None:
    """Those of LFW's training people of whom there are enough pictures, nine in ten to learn."""
    train = read_dataset(work / "lfw").part("train")
    counts = Counter(p.label for p in train if p.label != TARGET)
    files: dict[str, list[str]] = {"train": [], "val": []}
    seen: Counter[str] = Counter()
    for picture in train:
        if counts[picture.label] >= LEAST_PICTURES:
            seen[picture.label] += 1
            files["val" if seen[picture.label] % 10 == 2 else "train"].append(picture.path)
    content = {"schema": 1, "rule": f"{LEAST_PICTURES} pictures or more", "files": files}
    (work / "people.json").write_text(json.dumps(content), encoding="utf-8")


def _trained(name: str, command: str, before: Callable[[Path], None] | None = None) -> list[Step]:
    """A training and what it is worth on the test set."""
    data = "{work}/lfw" if "recognition" in command else "{work}/fer4"
    far = " --target-far 0.01" if "--target " in command else ""
    measured = f"evaluate {{work}}/{name} {data} --out {{work}}/{name}/test{far}"
    return [
        Step(name, f"{command} --out {{work}}/{name}", f"{name}/run.json", before),
        Step(f"{name}: test", measured, f"{name}/test/report.json"),
    ]


STEPS = (
    Step(
        "faces of LFW",
        "dataset extract {work}/raw/lfw --label-by-folder --size 128 --min-face 30 --min-quality 0"
        " --out {work}/lfw",
        "lfw/dataset.json",
    ),
    Step("split LFW", f"dataset split {{work}}/lfw --target {TARGET}", "lfw/split.json"),
    Step(
        "split FER2013",
        "dataset split {work}/fer4 --test-from val --ratios 90/10",
        "fer4/split.json",
    ),
    Step(
        "faces",
        "train recognition {work}/lfw --split {work}/people.json --recipe faces-resnet18"
        " --out {work}/faces",
        "faces/run.json",
        people_split,
    ),
    *_trained("recognition-scratch", RECOGNITION),
    *_trained("recognition-faces", f"{RECOGNITION} --init {FACES} --lr 0.05"),
    *_trained(
        "recognition-vgg-scratch",
        f"{RECOGNITION} --arch vggface --init scratch --size 64 --epochs 40",
    ),
    Step(
        "embedded: test",
        "evaluate emotion-embedded {work}/fer4 --out {work}/embedded/test",
        "embedded/test/report.json",
    ),
    *_trained("emotion-scratch", EMOTION),
    *_trained("emotion-faces", f"{EMOTION} --init {FACES}"),
    *_trained(
        "emotion-vgg-scratch",
        f"{EMOTION} --arch vggface --init scratch --size 48 --epochs 16",
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks study", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="holds lfw.zip and fer4.zip")
    parser.add_argument("--work", type=Path, default=Path("study"), help="everything comes here")
    parser.add_argument("--only", nargs="+", help="steps whose names begin so")
    parser.add_argument("--list", action="store_true", help="show the commands, run nothing")
    args = parser.parse_args()
    for step in STEPS:
        command = step.command.format(work=args.work)
        if args.list:
            print(f"vidfx {command}")
        elif args.only is None or step.name.startswith(tuple(args.only)):
            unpack(args.data, args.work)
            run(step, command, args.work)


def unpack(data: Path, work: Path) -> None:
    """The pictures, once."""
    for name, place in (("lfw", work / "raw"), ("fer4", work)):
        if not (place / name).is_dir():
            with zipfile.ZipFile(data / f"{name}.zip") as archive:
                archive.extractall(place)


def run(step: Step, command: str, work: Path) -> None:
    if (work / step.makes).exists():
        print(f"{step.name}: done")
        return
    if step.before:
        step.before(work)
    words = shlex.split(command)
    resumable = words[0] == "train" and (work / step.name / "state.safetensors").exists()
    words += ["--resume"] if resumable else []
    print(f"{step.name}: vidfx {shlex.join(words)}", flush=True)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([*PROGRAM, *words], env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"benchmarks: {step.name} ended with {done.returncode}")


if __name__ == "__main__":
    main()
