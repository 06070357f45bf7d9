"""The commands of the study are vidfx's, and its page has the figures of the run folders."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
import typer.main

from benchmarks.training import results
from benchmarks.training.study import STEPS, Step, people_split
from vidfx.cli.app import app


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_every_command_can_be_typed(step: Step) -> None:
    command: Any = typer.main.get_command(app)
    words = shlex.split(step.command.format(work="work"))
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    command.make_context(command.name, words)


def test_the_start_learns_no_face_that_is_measured(tmp_path: Path) -> None:
    counts = {"Ana": 9, "George_W_Bush": 9, "Bo": 3, "Cy": 8}
    for name, count in counts.items():
        for number in range(count):
            file = tmp_path / "lfw" / name / f"{number}.jpg"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"")
    parts = {"train": ("Ana", "George_W_Bush", "Bo"), "test": ("Cy",)}
    files = {p: [f"{n}/{i}.jpg" for n in names for i in range(counts[n])]
             for p, names in parts.items()}  # fmt: skip
    (tmp_path / "lfw" / "split.json").write_text(json.dumps({"files": files}))
    people_split(tmp_path)
    made = json.loads((tmp_path / "people.json").read_text())["files"]
    assert {path.split("/")[0] for path in made["train"] + made["val"]} == {"Ana"}
    assert len(made["train"]) == 8
    assert len(made["val"]) == 1


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """One measured run of each task, with figures that no other has."""
    split = {"seed": 7, "counts": {"train": {"a": 11}, "test": {"a": 5}},
             "left_out": {"x": "repeated", "y": "repeated"}}  # fmt: skip
    result = {"val_accuracy": 0.5, "val_balanced_accuracy": 0.432, "epochs": 3, "seconds": 660.0}
    run = {
        "machine": {"cpu": "AVX9"},
        "result": result,
        "data": {"train": {"a": 20, "b": 22}, "val": {}},
    }
    test = {
        "accuracy": 0.876,
        "accuracy_ci": [0.81, 0.92],
        "balanced_accuracy": 0.765,
        "balanced_accuracy_ci": [0.71, 0.82],
        "ece": 0.021,
        "subsets": [{"name": "hard", "n": 9, "balanced_accuracy": 0.654}],
        "per_class": {"happy": {"recall": 0.987}},
        "verification": {
            "auc": 0.99,
            "eer": 0.03,
            "recall_at_far": [{"far": 0.01, "recall": 0.91}, {"far": 0.001, "recall": 0.71}],
        },
        "thresholds": {
            "set_on": {"wanted": 61, "wanted_accepted": 57, "others": 710, "others_accepted": 4},
            "decisions": {
                "other": {"n": 720, "misnamed": 2},
                results.TARGET: {"n": 59, "accepted": 58},
            },
        },
    }
    for name in ("lfw", "fer4"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "split.json").write_text(json.dumps(split))
    for name in ("faces", "recognition-scratch", "emotion-scratch"):
        (tmp_path / name / "test").mkdir(parents=True)
        said = {"command": f"vidfx train it /w/study/data --out /w/study/{name} --lr 0.07"}
        (tmp_path / name / "run.json").write_text(json.dumps(run | said))
        report = {"models": [test], "data": {"part": "test"}}
        (tmp_path / name / "test" / "report.json").write_text(json.dumps(report))
    return tmp_path


def test_the_page_has_the_figures_and_leaves_the_rest_empty(work: Path) -> None:
    page = results.page({row.run: results.read(work / row.run) for row in results.ROWS}, work)
    row = next(line for line in page.splitlines() if "ResNet-18 from scratch |" in line)
    assert "0.876 [0.810, 0.920]" in row
    assert "0.654 (of 9)" in row
    assert row.rstrip().endswith("| 11 | 0.865 |")
    assert "| 57 of 61, 4 of 710 | 58 of 59, 2 of 720 |" in page
    assert "2 repeated" in page
    assert "0.987" in page
    assert "- `faces`: 2 people, 42 pictures, validation accuracy 0.500, 11 min" in page
    assert "- `emotion-scratch`, `faces`, `recognition-scratch`: cpu AVX9" in page
    assert "vidfx train it study/data --out study/faces --lr 0.07" in page
    empty = next(line for line in page.splitlines() if line.startswith("| VGGFace fine-tuned"))
    assert set(empty.split("|")[2:-2]) == {"  "}
    assert "--arch vggface --init vgg_face_dag.pth -o study/recognition-vggface" in page
