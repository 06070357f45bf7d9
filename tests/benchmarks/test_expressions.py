"""The page of results for expressions has the figures of the reports, and commands of vidfx."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
import typer.main

from benchmarks.training import expressions
from vidfx.cli.app import app

FOUR = {"angry": 21, "happy": 43, "neutral": 65, "sad": 17}
EIGHT = {"neutral": 65, "happiness": 43, "surprise": 9, "sadness": 17, "anger": 21,
         "disgust": 0, "fear": 4, "contempt": 2}  # fmt: skip
TYPED = [
    *(model.train for model in expressions.MODELS if model.train),
    *(c for c in (*expressions.PREPARATION, *expressions.EVALUATIONS) if c.startswith("vidfx")),
]


@pytest.mark.parametrize("text", TYPED)
def test_every_command_can_be_typed(text: str) -> None:
    command: Any = typer.main.get_command(app)
    _, *words = shlex.split(text)
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    command.make_context(command.name, words)


def a_report(pictures: dict[str, int], *, others: int, voted: bool = True) -> dict[str, Any]:
    shown = {"pictures": 146, "shown": 0.913, "median_probability": 0.871}
    other = {"pictures": others, "shown": 0.219, "median_probability": 0.442}
    if not others:
        other = {"pictures": 0, "shown": None, "median_probability": None}
    votes = {
        "min_prob": 0.55,
        "majority": shown,
        "other_classes": other,
        "cross_entropy": 0.612,
        "entropy": 0.305,
        "ece": 0.031,
    }
    model = {
        "labels": list(pictures),
        "n": sum(pictures.values()),
        "accuracy": 0.923,
        "accuracy_ci": [0.911, 0.934],
        "balanced_accuracy": 0.889,
        "balanced_accuracy_ci": [0.871, 0.902],
        "ece": 0.022,
        "per_class": {
            name: {"recall": 0.9 + n / 1000 if n else None, "precision": 0.777, "support": n}
            for name, n in pictures.items()
        },
        "votes": votes if voted else None,
        "sha256": "0123456789abcdef" * 4,
        "backend": "openvino",
        "precision": "bf16",
    }
    return {"models": [model], "data": {"part": "test"}}


def write(work: Path, run: str, test: str, report: dict[str, Any]) -> None:
    folder = work / run / test
    folder.mkdir(parents=True)
    (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    for test in ("test", "test-cut"):
        write(tmp_path, "embedded", test, a_report(FOUR, others=15))
        write(tmp_path, "embedded-8", test, a_report(EIGHT, others=0))
    write(tmp_path, "embedded", "test-fer4", a_report(FOUR, others=0, voted=False))
    return tmp_path


def page(work: Path) -> str:
    found = {test: expressions.read(work, test) for test in expressions.TESTS}
    return expressions.page(found, {"test": 3503, "also in test": 12})


def test_the_page_has_the_figures(work: Path) -> None:
    lines = page(work).splitlines()
    figures = "0.923 [0.911, 0.934] | 0.889 [0.871, 0.902] | 0.022"
    votes = "| 0.612 | 0.305 | 0.031 |"
    assert lines.count(f"| included: `embedded` | 4 | 146 | {figures} {votes}") == 2
    assert lines.count(f"| included: `embedded-8` | 8 | 161 | {figures} {votes}") == 2
    assert lines.count(f"| included: `embedded` | 4 | 146 | {figures} |") == 1
    shown = "| 0.55 | 146 | 0.913 | 0.871 |"
    assert lines.count(f"| included: `embedded` {shown} 15 | 0.219 | 0.442 |") == 2
    assert lines.count(f"| included: `embedded-8` {shown} 0 |  |  |") == 2
    assert "\n12 pictures that are a copy" in page(work)
    assert "| `embedded-8` | `embedded-8` | 0123456789abcdef | openvino | bf16 |" in page(work)


def test_classes_of_both_models_are_in_one_table(work: Path) -> None:
    lines = page(work).splitlines()
    start = lines.index(
        "| recall, precision of | neutral | happy | surprise | sad | angry | fear | contempt |"
    )
    pictures, four, eight = lines[start + 2 : start + 5]
    assert pictures == "| pictures | 65 | 43 | 9 | 17 | 21 | 4 | 2 |"
    assert "| 0.965, 0.777 | 0.943, 0.777 |  | 0.917, 0.777 | 0.921, 0.777 |  |  |" in four
    assert "| 0.909, 0.777 | 0.917, 0.777 | 0.921, 0.777 | 0.904, 0.777 | 0.902, 0.777 |" in eight


def test_rows_without_a_report_are_empty_and_say_how_they_are_made(work: Path) -> None:
    text = page(work)
    empty = [line for line in text.splitlines() if line.startswith("| VGGFace fine-tuned")]
    assert len(empty) == 3
    assert all(set(line.split("|")[2:-1]) == {"  "} for line in empty)
    assert "To fill the empty rows: `vidfx train emotion study/ferplus-faces -o" in text
    assert "--arch vggface --init vgg_face_dag.pth -o study/expressions/vggface`;" in text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (a_report({**FOUR, "sad": 16}, others=15), "measured on different pictures"),
        ({**a_report(FOUR, others=15), "data": {"part": "val"}}, "not of the part test"),
    ],
)
def test_models_measured_on_other_pictures_are_refused(
    work: Path, changed: dict[str, Any], words: str
) -> None:
    write(work, "former", "test", changed)
    with pytest.raises(SystemExit, match=words):
        expressions.read(work, "test")


def test_the_test_part_is_divided(tmp_path: Path) -> None:
    data, work = tmp_path / "faces", tmp_path / "work"
    data.mkdir()
    split = {
        "files": {
            "train": ["train/1.png", "train/1.cut.png", "train/2.png"],
            "test": ["val/3.cut.png", "val/3.png", "val/4.png"],
        },
        "left_out": {
            "train/5.png": "also in test",
            "train/5.cut.png": "also in test",
            "val/6.png": "repeated",
        },
    }
    (data / "split.json").write_text(json.dumps(split), encoding="utf-8")
    expressions.divide(data, work)
    made = json.loads((work / "test.json").read_text(encoding="utf-8"))
    assert made["files"] == {"test": ["val/3.png", "val/4.png"]}
    assert made["counts"] == {"train": 2, "test": 2, "also in test": 1, "repeated": 1}
    made = json.loads((work / "test-cut.json").read_text(encoding="utf-8"))
    assert made["files"] == {"test": ["val/3.cut.png"]}
    assert made["counts"] == {"train": 1, "test": 1, "also in test": 1}
