"""`vidfx train` and `vidfx models export`, as they are typed."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest

pytest.importorskip("torch")
import torch

from tests.training_files import RECIPE, draw
from tests.vidfx_command import start, vidfx

MADE = {
    "best.safetensors", "curves.png", "log.csv", "log.jsonl", "run.json",
    "tiny.CARD.md", "tiny.onnx", "tiny.spec.json",
}  # fmt: skip


@pytest.fixture(autouse=True)
def quiet_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    draw(folder / "train", 40, 0)
    draw(folder / "val", 12, 1)
    (folder / "tiny.toml").write_text(RECIPE)
    return folder


def test_a_run_leaves_an_engine_and_how_it_was_made(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = vidfx("train", "emotion", data, "-o", out, "--recipe", data / "tiny.toml",
                 "--epochs", 8, "--seed", 5, "--json", "--threads", 1)  # fmt: skip
    assert done.exit_code == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["engine"] == str(out / "tiny.onnx")
    assert result["val_accuracy"] > 0.6
    assert {p.name for p in out.iterdir()} == MADE
    run = json.loads((out / "run.json").read_text())
    assert run["recipe"]["schedule"]["seed"] == run["result"]["seed"] == 5
    assert run["data"]["train"] == {"left": 40, "right": 40}
    assert len(run["lines"]) == 8
    assert run["machine"]["torch"] == torch.__version__.split("+")[0]
    assert "epoch 8 of 8: loss" in done.stderr

    again = vidfx("train", "emotion", data, "-o", out, "--recipe", data / "tiny.toml")
    assert again.exit_code == 2
    assert "holds a finished run" in again.stderr

    exported = vidfx("models", "export", out / "best.safetensors", "-o", tmp_path / "e",
                     "--name", "other", "--half")  # fmt: skip
    assert exported.exit_code == 0, exported.stderr
    names = {p.name for p in (tmp_path / "e").iterdir()}
    assert names == {"other.onnx", "other.spec.json", "other.CARD.md"}

    judged = vidfx("evaluate", out, data, "--json", "-o", tmp_path / "judged")
    assert judged.exit_code == 0, judged.stderr
    (model,) = json.loads(judged.stdout)["models"]
    assert model["accuracy"] == pytest.approx(result["val_accuracy"], abs=0.05)


def test_one_person_against_the_others(data: Path, tmp_path: Path) -> None:
    draw(tmp_path / "d" / "train", 40, 0)
    draw(tmp_path / "d" / "val", 12, 1)
    (tmp_path / "mine.toml").write_text(RECIPE.replace("emotion", "recognition"))
    out = tmp_path / "run"
    done = vidfx("train", "recognition", tmp_path / "d", "-o", out, "--target", "left",
                 "--recipe", tmp_path / "mine.toml", "--name", "who", "-q")  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert done.stdout == ""
    spec = json.loads((out / "who.spec.json").read_text())
    assert (spec["task"], spec["labels"]) == ("identity", ["other", "left"])


def mistakes(data: Path, folder: Path) -> dict[str, tuple[list[object], int, str]]:
    """What is typed, the exit code, and what is said."""
    tiny = ["--recipe", data / "tiny.toml"]
    plain, one, extra = folder / "plain", folder / "one", folder / "extra"
    draw(plain, 4, 0)
    draw(one / "train", 20, 0)
    draw(one / "val", 4, 0)
    for file in (one / "train" / "left").iterdir():
        file.unlink()
    empty = folder / "empty"
    draw(empty / "train", 20, 0)
    draw(empty / "val", 4, 0)
    (empty / "train" / "top").mkdir()
    (one / "train" / "left").rmdir()
    draw(extra / "train", 20, 0)
    draw(extra / "val", 4, 0)
    (extra / "val" / "left").rename(extra / "val" / "top")
    garbage = folder / "w.pth"
    garbage.write_bytes(b"garbage")
    recognise = ["train", "recognition", data]
    return {
        "no split": (["train", "emotion", plain, *tiny], 3, "vidfx dataset split"),
        "one class": (["train", "emotion", one, *tiny], 3, "'right' is the only class"),
        "empty class": (["train", "emotion", empty, *tiny], 3, "train/top has no pictures"),
        "class in val only": (["train", "emotion", extra, *tiny], 3, "'top' is in val"),
        "no folder": (["train", "emotion", folder / "x", *tiny], 3, "no such folder"),
        "unknown recipe": (["train", "emotion", data, "--recipe", "x"], 2, "no recipe is named"),
        "other task": ([*recognise, *tiny], 2, "a recipe for emotion"),
        "target": (["train", "emotion", data, "--target", "left"], 2, "--target"),
        "no such target": ([*recognise, "--target", "Ana"], 3, "no pictures of 'Ana'"),
        "no start": (["train", "emotion", data, *tiny, "--init", folder / "n.pth"], 4, "n.pth"),
        "bad start": (["train", "emotion", data, *tiny, "--init", garbage], 4, "w.pth"),
        "bad size": (["train", "emotion", data, *tiny, "--size", 3], 2, "input.side"),
        "no checkpoint": (["models", "export", folder / "n.safetensors"], 4, "n.safetensors"),
        "no such teacher": (
            ["train", "emotion", data, *tiny, "--teacher", folder / "t.safetensors"],
            4,
            "t.safetensors",
        ),
        "bad shift": (
            ["models", "average", garbage, garbage, "--data", data, "--shift", "angry"],
            2,
            "--shift angry",
        ),
    }


def test_mistakes_are_one_line_and_the_documented_code(data: Path, tmp_path: Path) -> None:
    for name, (words, code, said) in mistakes(data, tmp_path).items():
        done = vidfx(*words, "-o", tmp_path / "out" / name.replace(" ", "-"))
        last = done.stderr.strip().splitlines()[-1]
        assert done.exit_code == code, (name, done.stderr)
        assert last.startswith("vidfx: ") and said in last, (name, done.stderr)
        assert last.endswith(")"), f"{name}: what to do is said in brackets"
        assert "Traceback" not in done.stderr


def test_killed_and_resumed(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    words = ["train", "emotion", str(data), "-o", str(out), "--recipe", str(data / "tiny.toml"),
             "--epochs", "25", "--threads", "1"]  # fmt: skip
    child = start(*words, quiet=True)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and child.poll() is None:
        log = out / "log.jsonl"
        if log.is_file() and len(log.read_text().splitlines()) >= 2:
            break
        time.sleep(0.05)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not (out / "run.json").exists(), "it was killed in the middle"
    refused = vidfx(*words)
    assert refused.exit_code == 2
    assert "--resume" in refused.stderr
    done = vidfx(*words, "--resume")
    assert done.exit_code == 0, done.stderr
    assert "resumed after epoch" in done.stderr
    assert {p.name for p in out.iterdir()} == MADE
    epochs = [json.loads(x)["epoch"] for x in (out / "log.jsonl").read_text().splitlines()]
    assert epochs == list(range(1, 26))
