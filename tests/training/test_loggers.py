"""Logs of a run: files, and the two services in their offline forms."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

pytest.importorskip("torch")
from tests.vidfx_command import read_csv
from vidfx_training import loggers as module
from vidfx_training.errors import RecipeError, TrainingError
from vidfx_training.loggers import FileLogger, LoggerName, loggers

LINES = [
    {
        "epoch": float(n),
        "side": 32.0,
        "lr": 0.1 / n,
        "train_loss": 1.0 / n,
        "train_accuracy": 0.3 * n,
        "val_loss": 1.1 / n,
        "val_accuracy": 0.31 * n,
        "val_balanced_accuracy": 0.29 * n,
        "seconds": 1.5,
    }
    for n in (1, 2, 3)
]


def run(kind: LoggerName, folder: Path) -> None:
    for logger in loggers(kind, folder, "toy"):
        logger.start({"recipe": {"name": "toy"}, "seed": 3})
        for line in LINES:
            logger.log(line)
        logger.finish({"val_accuracy": 0.93})


def test_files(tmp_path: Path) -> None:
    run("files", tmp_path)
    text = (tmp_path / "log.jsonl").read_text()
    assert [json.loads(line) for line in text.splitlines()] == LINES
    rows = read_csv(tmp_path / "log.csv")
    assert [{k: float(v) for k, v in row.items()} for row in rows] == LINES
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    run("files", tmp_path)
    assert (tmp_path / "log.jsonl").read_text() == text, "a resumed run tells all lines again"


@pytest.mark.slow
def test_wandb_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wandb = pytest.importorskip("wandb")
    monkeypatch.delenv("WANDB_MODE", raising=False)
    monkeypatch.setenv("WANDB_SILENT", "true")
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "")
    monkeypatch.delenv("WANDB_ERROR_REPORTING")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    run("wandb", tmp_path / "run")
    assert os.environ["WANDB_ERROR_REPORTING"] == "false"
    wandb.teardown()  # waits until all is written, as the end of a process does
    (recorded,) = (tmp_path / "run" / "wandb").glob("offline-run-*/run-*.wandb")
    content = recorded.read_bytes()
    assert b"val_balanced_accuracy" in content
    assert json.dumps(LINES[1]["val_accuracy"]).encode() in content
    assert (tmp_path / "run" / "log.jsonl").is_file()


def test_tensorboard(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run("tensorboard", tmp_path)
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    for name in ("train_loss", "val_accuracy", "lr"):
        found = [(e.step, e.value) for e in events.Scalars(name)]
        wanted = [(int(line["epoch"]), pytest.approx(line[name])) for line in LINES]
        assert found == wanted


def test_what_wandb_refuses_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "sometimes")
    with pytest.raises(TrainingError, match="--logger wandb: ") as caught:
        run("wandb", tmp_path / "run")
    assert "\n" not in str(caught.value) and "WANDB_MODE=offline" in caught.value.hint


@pytest.mark.parametrize("kind", ["wandb", "tensorboard"])
def test_a_missing_library_is_one_line(
    kind: LoggerName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_: str) -> None:
        raise ImportError

    monkeypatch.setattr(module.importlib, "import_module", missing)
    with pytest.raises(RecipeError, match=f"--logger {kind}: {kind} is not installed") as caught:
        loggers(kind, tmp_path, "toy")
    assert f"vidfx[{kind}]" in caught.value.hint


def test_a_log_of_one_epoch_can_be_drawn(tmp_path: Path) -> None:
    logger = FileLogger(tmp_path)
    logger.start({})
    logger.log(LINES[0])
    assert (tmp_path / "curves.png").stat().st_size > 5000


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(TrainingError, match="cannot be written") as caught:
            FileLogger(folder).start({})
        assert "-o" in caught.value.hint


def test_a_full_disk_in_the_middle_is_one_line(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    logger = FileLogger(tmp_path)
    logger.start({})
    (tmp_path / "log.csv").unlink()
    (tmp_path / "log.csv").symlink_to("/dev/full")
    with pytest.raises(TrainingError, match="No space left") as caught:
        logger.log(LINES[0])
    assert "--resume" in caught.value.hint
