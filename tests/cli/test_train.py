"""`vidfx train`: its messages, its files, and how it ends when something is wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import Result

pytest.importorskip("torch")

from tests.training_files import RECIPE, draw
from tests.vidfx_command import last_line, vidfx
from vidfx_training.loop.training_loop import TrainingLoop


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    draw(tmp_path / "data" / "train", 20, 0)
    draw(tmp_path / "data" / "val", 6, 1)
    (tmp_path / "tiny.toml").write_text(RECIPE)
    return tmp_path / "data"


def train(data: Path, *more: object, recipe: str = "tiny.toml") -> Result:
    words = ("train", "emotion", data, "-o", data.parent / "run", "--threads", 1)
    return vidfx(*words, "--recipe", data.parent / recipe, *more)


def test_json_is_one_object_and_run_json_says_how_it_was_made(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = ["vidfx", "train", "emotion", "a folder", "--seed", "7"]
    monkeypatch.setattr("sys.argv", typed)
    done = train(data, "--seed", 7, "--licence", "CC-BY", "--json")
    assert done.exit_code == 0, done.stderr
    (line,) = done.stdout.splitlines()
    result = json.loads(line)
    assert result["schema"] == "vidfx.train/1"
    assert (result["seed"], result["licence"]) == (7, "CC-BY")
    run = json.loads((data.parent / "run" / "run.json").read_text())
    assert run["command"] == "vidfx train emotion 'a folder' --seed 7"
    assert run["recipe"]["schedule"]["seed"] == 7
    assert run["recipe"]["input"]["side"] == 24
    assert run["data"]["train"] == {"left": 20, "right": 20}
    assert run["data"]["val"] == {"left": 6, "right": 6}
    assert {"python", "torch", "cores", "threads", "cpu"} <= set(run["machine"])
    assert run["result"]["epochs"] == len(run["lines"]) == 2
    assert "20 left" not in line and "left 20" in result["training_data"]
    logged = (data.parent / "run" / "log.jsonl").read_text().splitlines()
    assert [json.loads(x) for x in logged] == run["lines"]


def test_classes_that_were_not_asked_for_are_left_alone(data: Path) -> None:
    shutil.copytree(data / "val" / "left", data / "val" / "top")
    (data / "train" / "sides").mkdir()
    text = RECIPE.replace("task =", 'labels = ["right", "left"]\ntask =')
    (data.parent / "two.toml").write_text(text)
    done = train(data, "-q", recipe="two.toml")
    assert done.exit_code == 0, done.stderr
    assert (done.stdout, done.stderr) == ("", "")
    spec = json.loads((data.parent / "run" / "tiny.spec.json").read_text())
    assert spec["labels"] == ["right", "left"], "in the order that was asked for"


def test_what_was_left_out_is_in_the_card_of_every_run(data: Path) -> None:
    (data / "train" / "left" / "000.png").write_bytes(b"no picture")
    for _ in range(2):  # the second finds the others decoded
        done = train(data, "--epochs", 1)
        assert done.exit_code == 0, done.stderr
        assert "000.png" in done.stderr and "left out" in done.stderr
        card = (data.parent / "run" / "tiny.CARD.md").read_text()
        assert "000.png" in card
        shutil.rmtree(data.parent / "run")


def test_a_name_that_no_engine_may_give_costs_no_training(data: Path) -> None:
    for part in ("train", "val"):
        (data / part / "left").rename(data / part / "=left")
    done = train(data)
    assert done.exit_code == 3
    assert "'=left'" in last_line(done) and last_line(done).endswith("(rename its folder)")
    assert not (data.parent / "run").exists()


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--seed", -1, "schedule.seed"),
        ("--seed", 2**70, "schedule.seed"),
        ("--lr", "nan", "schedule.lr"),
        ("--epochs", 0, "schedule.epochs"),
        ("--licence", "", "licence: "),
        ("--name", "../up", "name: a file name of at most 50"),
        ("--name", "x" * 99, "name: a file name of at most 50"),
    ],
)
def test_invalid_options(data: Path, option: str, value: object, said: str) -> None:
    done = train(data, option, value)
    assert done.exit_code == 2, done.stderr
    assert last_line(done).startswith(f"vidfx: {said}")
    assert last_line(done).endswith("the option that changes it)")
    assert not (data.parent / "run").exists()


def test_a_place_that_cannot_be_written(data: Path) -> None:
    (data.parent / "run").write_text("a file")
    done = train(data)
    assert done.exit_code == 1
    assert "cannot be written" in last_line(done) and "-o" in last_line(done)
    assert (data.parent / "run").read_text() == "a file"


def test_interrupted_and_diverged(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = TrainingLoop.train_epoch

    def broken_off(self: TrainingLoop, epoch: int) -> None:
        if epoch:
            raise KeyboardInterrupt
        before(self, epoch)

    monkeypatch.setattr(TrainingLoop, "train_epoch", broken_off)
    done = train(data)
    assert done.exit_code == 130
    assert (data.parent / "run" / "state.safetensors").exists()

    monkeypatch.setattr(TrainingLoop, "train_epoch", before)
    monkeypatch.setattr(TrainingLoop, "step", lambda *_: (float("inf"), 0))
    done = train(data, "--resume")
    assert done.exit_code == 1
    assert "the loss is inf in epoch 2, step 1" in last_line(done)
    assert "--lr" in last_line(done)
    assert not (data.parent / "run" / "run.json").exists()
