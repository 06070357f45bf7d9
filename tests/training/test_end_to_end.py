"""From folders of pictures to an engine that runs: train, calibrate, export, select."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
import torch
from torch import nn

from vidfx_engines import EngineSpec, select
from vidfx_training import __main__ as program
from vidfx_training.data import CleanSplit, Pictures, clean_split
from vidfx_training.export import Evidence, confusion_table, evaluate
from vidfx_training.loop import logits_of, to_tensor, train
from vidfx_training.models import CropClassifier, SmallFaceNet
from vidfx_training.recipe import Recipe


@pytest.fixture(scope="module")
def split(halves: Callable[[int, int], Pictures]) -> CleanSplit:
    return clean_split(halves(192, 0), halves(60, 1))


def fitted(recipe: Recipe, split: CleanSplit, out: Path) -> nn.Module:
    torch.manual_seed(recipe.schedule.seed)
    net = SmallFaceNet(len(recipe.labels), recipe.width)
    return train(net, split.train, split.val, recipe.schedule, out)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def net(recipe: Recipe, split: CleanSplit, out: Path) -> nn.Module:
    """Trained, calibrated and exported into ``out``."""
    net = fitted(recipe, split, out)
    program.finish(net, recipe, split, out)
    return net


def test_it_learns(net: nn.Module, split: CleanSplit) -> None:
    pixels, labels = to_tensor(split.val)
    accuracy = (logits_of(net, pixels).argmax(1) == labels).float().mean()
    assert accuracy > 0.6, "chance is a third"


@pytest.mark.usefixtures("net")
def test_the_log_has_a_line_an_epoch(out: Path) -> None:
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2]
    assert [line["side"] for line in lines] == [24, 32]
    assert lines[1]["train_loss"] < lines[0]["train_loss"]


def test_the_same_seed_gives_the_same_weights(
    net: nn.Module, recipe: Recipe, split: CleanSplit, tmp_path: Path
) -> None:
    again = fitted(recipe, split, tmp_path).state_dict()
    assert all(torch.equal(w, again[name]) for name, w in net.state_dict().items())


def test_another_seed_gives_other_weights(
    recipe: Recipe, split: CleanSplit, tmp_path: Path, net: nn.Module
) -> None:
    short = replace(recipe, schedule=replace(recipe.schedule, seed=4, epochs=1))
    other = fitted(short, split, tmp_path).state_dict()
    assert not torch.equal(other["head.weight"], net.state_dict()["head.weight"])


def test_fewer_pictures_than_a_batch_is_an_error(
    recipe: Recipe, split: CleanSplit, tmp_path: Path
) -> None:
    few = replace(split, train=split.train.subset(np.arange(5)))
    with pytest.raises(ValueError, match="5 pictures to train are fewer than a batch of 16"):
        fitted(recipe, few, tmp_path)


@pytest.mark.usefixtures("net")
def test_the_spec_says_what_the_engine_is(recipe: Recipe, out: Path) -> None:
    spec = EngineSpec.load(out / "toy.onnx")
    assert spec.labels == recipe.labels
    assert spec.licence == "CC0"
    assert spec.crop is not None
    assert spec.crop.size == spec.input.size == 96
    assert spec.min_face_px == 20
    assert spec.metrics["val_pictures"] == 60
    assert spec.metrics["val_accuracy"] > 0.6


@pytest.mark.usefixtures("net")
def test_the_card_has_the_figures_and_the_licence(out: Path) -> None:
    card = (out / "toy.CARD.md").read_text(encoding="utf-8")
    accuracy = EngineSpec.load(out / "toy.onnx").metrics["val_accuracy"]
    assert f"**{accuracy:.3f}**" in card
    assert "Licence: CC0." in card
    assert "FER2013" not in card, "that is not what it was trained on"
    assert "| true \\ predicted | left | right | top | recall |" in card


@pytest.mark.parametrize("backend", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("n", [1, 3, 9])
def test_the_engine_is_the_network(net: nn.Module, out: Path, backend: str, n: int) -> None:
    pytest.importorskip(backend)
    temperature = EngineSpec.load(out / "toy.onnx").metrics["temperature"]
    crops = np.random.default_rng(n).integers(0, 256, (n, 96, 96, 3), np.uint8)
    with torch.inference_mode():
        model = CropClassifier(net, temperature).eval()
        wanted = model(torch.from_numpy(crops).permute(0, 3, 1, 2)).numpy()
    engine = select(out / "toy.onnx", backend=backend, device="cpu", precision="f32").engine
    try:
        (found,) = engine.run(crops)
    finally:
        engine.close()
    assert found.shape == (n, 3)
    # The spec keeps four digits of the temperature, the graph all.
    assert np.abs(found - wanted).max() < 1e-4
    assert np.allclose(found.sum(1), 1, atol=1e-5)


def test_the_evidence_is_that_of_the_network(net: nn.Module, split: CleanSplit) -> None:
    pixels, labels = to_tensor(split.val)
    chosen = logits_of(net, pixels).argmax(1)
    evidence = evaluate(CropClassifier(net, 1.0), split.val)
    assert evidence.confusion.sum() == len(split.val)
    assert evidence.confusion.sum(1).tolist() == list(split.val.counts().values())
    assert evidence.accuracy == pytest.approx(float((chosen == labels).float().mean()))


def test_figures_of_a_known_confusion() -> None:
    evidence = Evidence(np.array([[3, 1], [0, 0]]), 0.0)
    assert evidence.accuracy == 0.75
    assert evidence.recall.tolist() == [0.75, 0.0]
    assert confusion_table(evidence, ("a", "b")).splitlines()[2] == "| a | 3 | 1 | 0.750 |"


RECIPE = """
name = "tiny"
labels = ["left", "right", "top"]
side = 48
width = 8
min_face_px = 20
licence = "CC0"
training_data = "drawn"
[schedule]
epochs = 1
batch = 16
compile = false
sides = [[0, 24]]
[augmentation]
flip = 0
"""


@pytest.fixture
def command(
    tmp_path: Path, halves: Callable[[int, int], Pictures], save: Callable[[Pictures, Path], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., None]:  # fmt: skip
    """The program, as the command line runs it."""
    save(halves(48, 5), tmp_path / "data" / "train")
    save(halves(12, 6), tmp_path / "data" / "val")
    (tmp_path / "tiny.toml").write_text(RECIPE)
    paths = ["--data", str(tmp_path / "data"), "--out", str(tmp_path / "out")]

    def run(*more: str) -> None:
        monkeypatch.setattr("sys.argv", ["x", str(tmp_path / "tiny.toml"), *paths, *more])
        program.main()

    return run


def test_the_program_trains_and_exports_again(
    command: Callable[..., None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command()
    said = capsys.readouterr()
    assert "epoch 1: loss" in said.err
    assert "tiny.onnx: accuracy" in said.out
    out = tmp_path / "out"
    made = {"best.safetensors", "log.jsonl", "tiny.CARD.md", "tiny.onnx", "tiny.spec.json"}
    assert {p.name for p in out.iterdir()} == made
    for name in ("tiny.onnx", "tiny.spec.json", "tiny.CARD.md"):
        (out / name).unlink()
    command("--export-only")
    assert {p.name for p in out.iterdir()} == made


def test_errors_are_one_line(command: Callable[..., None], tmp_path: Path) -> None:
    def line() -> str:
        with pytest.raises(SystemExit) as caught:
            command("--export-only")
        assert isinstance(caught.value.code, str)
        assert "\n" not in caught.value.code
        return caught.value.code

    assert "best.safetensors" in line()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "best.safetensors").write_bytes(b"no weights")
    assert "not the weights of this recipe's network" in line()
    (tmp_path / "data" / "val" / "top").rename(tmp_path / "data" / "val" / "bottom")
    assert "no pictures of the class 'top'" in line()
    (tmp_path / "tiny.toml").write_text("name = ")
    assert "tiny.toml" in line()
