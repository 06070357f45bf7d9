"""From a checkpoint to an engine that runs, with its spec and card."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

pytest.importorskip("torch")
import torch

from tests.training_files import draw
from vidfx_engines.select import select
from vidfx_engines.spec import EngineSpec
from vidfx_training.average import average
from vidfx_training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from vidfx_training.errors import DataError, RecipeError, TrainingError, WeightsError
from vidfx_training.networks.classifier import CropClassifier, build
from vidfx_training.onnx_export.export import export
from vidfx_training.recipe import Recipe
from vidfx_training.tensor_file import write_tensors

FACTS = {"temperature": 1.3, "val_accuracy": 0.87654, "val_pictures": 60, "parameters": 12345}


@pytest.fixture(scope="module")
def checkpoint(recipe: Recipe) -> Checkpoint:
    torch.manual_seed(0)
    net = build(recipe, 3)
    torch.nn.init.normal_(net.head.weight)
    return Checkpoint(net.state_dict(), recipe, ("left", "right", "top"), dict(FACTS))


@pytest.fixture(scope="module")
def folder(checkpoint: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("engine")
    export(checkpoint, folder / "whole")
    export(checkpoint, folder / "half", half=True)
    return folder


@pytest.mark.parametrize("backend", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("n", [1, 3, 9])
@pytest.mark.parametrize(("kind", "close"), [("whole", 1e-4), ("half", 2e-3)])
def test_the_engine_is_the_network(
    checkpoint: Checkpoint, folder: Path, backend: str, n: int, kind: str, close: float
) -> None:
    pytest.importorskip(backend)
    crops = np.random.default_rng(n).integers(0, 256, (n, 64, 64, 3), np.uint8)
    with torch.inference_mode():
        model = CropClassifier(checkpoint.network(), checkpoint.recipe, 1.3).eval()
        wanted = model(torch.from_numpy(crops).permute(0, 3, 1, 2)).numpy()
    file = folder / kind / "toy.onnx"
    engine = select(file, backend=backend, device="cpu", precision="f32").engine
    try:
        (found,) = engine.run(crops)
    finally:
        engine.close()
    assert found.shape == (n, 3)
    assert np.abs(found - wanted).max() < close
    assert np.allclose(found.sum(1), 1, atol=1e-5)


def test_sixteen_bits_take_half_the_room(folder: Path, checkpoint: Checkpoint) -> None:
    whole, half = ((folder / k / "toy.onnx").stat().st_size for k in ("whole", "half"))
    large = sum(t.numel() for t in checkpoint.tensors.values() if t.numel() >= 1024)
    assert whole - half == pytest.approx(2 * large, rel=0.1)


@pytest.mark.parametrize("kind", ["whole", "half"])
def test_the_file_has_no_path_of_this_machine(folder: Path, kind: str) -> None:
    data = (folder / kind / "toy.onnx").read_bytes()
    for place in (sys.prefix, str(Path(__file__).parents[2]), "site-packages"):
        assert place.encode() not in data
    model = onnx.load_from_string(data)
    for tensor in model.graph.initializer:
        tensor.ClearField("raw_data")  # may hold any bytes
    assert b".py" not in model.SerializeToString()


def test_the_spec_says_what_the_engine_is(folder: Path, recipe: Recipe) -> None:
    spec = EngineSpec.load(folder / "whole" / "toy.onnx")
    assert (spec.task, spec.labels) == ("emotion", ("left", "right", "top"))
    assert (spec.licence, spec.training_data) == ("CC0", recipe.training_data)
    assert spec.crop is not None
    assert (spec.crop.template, spec.crop.size, spec.input.size) == ("fer", 64, 64)
    assert spec.metrics["temperature"] == 1.3
    assert spec.metrics["val_accuracy"] == 0.8765


def test_the_card_has_licence_data_and_hash(folder: Path) -> None:
    card = (folder / "whole" / "toy.CARD.md").read_text(encoding="utf-8")
    spec = EngineSpec.load(folder / "whole" / "toy.onnx")
    for said in ("| Licence | CC0 |", spec.training_data, spec.sha256, "| accuracy | 0.877 |"):
        assert said in card
    assert "not\nwhat a person feels" in card


def test_hostile_names_stay_text_in_the_card(checkpoint: Checkpoint, tmp_path: Path) -> None:
    recipe = replace(
        checkpoint.recipe, name="x", licence="<script>alert(1)</script> [a](javascript:b) | c\nd"
    )
    labels = ("<img src=x>", "[l](b)", "`top`")
    export(replace(checkpoint, recipe=recipe, labels=labels), tmp_path)
    card = (tmp_path / "x.CARD.md").read_text(encoding="utf-8")
    for hostile in ("<script", "<img", "[a](", "[l](", " `top`"):
        assert hostile not in card, hostile
    (licence,) = [line for line in card.splitlines() if line.startswith("| Licence")]
    assert licence.endswith("\\| c d |"), "one row of two cells"
    assert EngineSpec.load(tmp_path / "x.onnx").labels == labels


def test_recognition_becomes_identity(checkpoint: Checkpoint, tmp_path: Path) -> None:
    recipe = replace(checkpoint.recipe, task="recognition")
    facts = FACTS | {f"val_recall_{n}": 0.5 for n in range(5000)}  # as of thousands of people
    spec = export(
        replace(checkpoint, recipe=recipe, labels=("a", "b", "other"), facts=facts), tmp_path
    )
    assert spec == EngineSpec.load(tmp_path / "toy.onnx")
    assert spec.metrics["val_accuracy"] == 0.8765
    assert spec.task == "identity"
    assert spec.thresholds is None, "evaluate sets them"


def test_weights_of_another_network_are_refused(checkpoint: Checkpoint, tmp_path: Path) -> None:
    wider = checkpoint.recipe.with_values(model={"width": 16})
    with pytest.raises(WeightsError, match="not those of the network"):
        export(replace(checkpoint, recipe=wider), tmp_path)


def test_a_folder_that_cannot_be_written(checkpoint: Checkpoint, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match="cannot be written") as caught:
        export(checkpoint, tmp_path / "file")
    assert caught.value.hint


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schema", "vidfx.checkpoint/9"),
        ("recipe", "{}"),
        ("recipe", "[" * 100_000),
        ("labels", '"abc"'),
        ("labels", "[1, 2, 3]"),
        ("labels", "no json"),
        ("facts", "[]"),
        ("facts", '{"temperature": "warm"}'),
        ("facts", '{"temperature": -1.0}'),
        ("facts", '{"temperature": NaN}'),
        ("facts", '{"val_accuracy": null}'),
    ],
)
def test_a_checkpoint_whose_facts_were_altered_is_refused(
    checkpoint: Checkpoint, tmp_path: Path, key: str, value: str
) -> None:
    meta = {
        "schema": "vidfx.checkpoint/1",
        "recipe": checkpoint.recipe.to_json(),
        "labels": json.dumps(checkpoint.labels),
        "facts": json.dumps(FACTS),
    }
    file = tmp_path / "best.safetensors"

    def load(content: dict[str, str]) -> Any:
        write_tensors(file, checkpoint.tensors, content)
        return load_checkpoint(file)

    assert load(meta).facts == FACTS
    for content in (meta | {key: value}, {k: v for k, v in meta.items() if k != key}):
        with pytest.raises(WeightsError, match="no checkpoint of `vidfx train`") as caught:
            load(content)
        assert "\n" not in str(caught.value) and caught.value.hint


def test_the_mean_of_two_trainings(tmp_path: Path, recipe: Recipe) -> None:
    draw(tmp_path / "data" / "train", 4, 0)
    draw(tmp_path / "data" / "val", 4, 1)
    names, files = ("left", "right"), [tmp_path / f"{i}.safetensors" for i in range(2)]
    for seed, file in enumerate(files):
        torch.manual_seed(seed)
        net = build(recipe, 2)
        torch.nn.init.normal_(net.head.weight)
        stale = {"epochs": seed, "min_prob": 0.5, "val_shown": 0.9, "val_recall_gone": 1.0}
        save_checkpoint(file, net, recipe, names, stale)
    found = average(files, tmp_path / "data")
    first, second = (load_checkpoint(file).tensors["head.weight"] for file in files)
    torch.testing.assert_close(found.tensors["head.weight"], (first + second) / 2)
    assert found.facts["epochs"] == 1 and found.facts["val_pictures"] == 8
    assert found.facts["notes"] == ["the mean of 2 trainings"]
    assert not {"min_prob", "val_shown", "val_recall_gone"} & found.facts.keys()
    with pytest.raises(DataError, match="has no validation set") as caught:
        average(files, tmp_path / "data" / "train")
    assert "vidfx dataset split" in caught.value.hint
    alone = average(files[:1], tmp_path / "data")
    torch.testing.assert_close(alone.tensors["head.weight"], first)
    assert alone.facts["notes"] == []
    shifted = average(files, tmp_path / "data", {"right": 2.0})
    bias = [f.tensors["head.bias"] for f in (found, shifted)]
    torch.testing.assert_close(bias[1] - bias[0], torch.tensor([0.0, 2.0]))
    assert shifted.facts["notes"][-1] == "logits shifted: right +2"
    assert shifted.facts["val_recall_right"] >= found.facts["val_recall_right"]
    with pytest.raises(RecipeError, match="no class 'top'"):
        average(files, tmp_path / "data", {"top": 1.0})
    more = build(recipe, 3)
    save_checkpoint(files[0], more, recipe, ("right", "top", "left"), {})
    found = average(files, tmp_path / "data")
    rows = more.head.weight.detach()[[2, 0]]
    torch.testing.assert_close(found.tensors["head.weight"], (rows + second) / 2)
    with pytest.raises(WeightsError, match="other classes"):
        average(files[::-1], tmp_path / "data")
    wider = recipe.with_values(model={"width": 16})
    save_checkpoint(files[0], build(wider, 2), wider, names, {})
    with pytest.raises(WeightsError, match="another network"):
        average(files, tmp_path / "data")
