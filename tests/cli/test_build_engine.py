"""`vidfx build-engine`, `vidfx engines` and `vidfx doctor`, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

pytest.importorskip("onnxruntime")
pytest.importorskip("PIL")
from PIL import Image

from tests.engines import toys
from tests.vidfx_command import run, vidfx, vidfx_json
from vidfx.compile import precisions
from vidfx_engines import store
from vidfx_engines.spec import EngineSpec


@pytest.fixture(autouse=True)
def quiet_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    folder = tmp_path / "toy"
    folder.mkdir()
    toys.classifier(folder)
    return folder / "toy.onnx"


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of noise, each kind brighter than the last."""
    folder = tmp_path_factory.mktemp("faces")
    random = np.random.default_rng(3)
    for place, label in enumerate(toys.LABELS):
        (folder / label).mkdir()
        for number in range(12):
            pixels = random.integers(0, 60 * (place + 1), (toys.SIDE, toys.SIDE, 3), np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{number:02}.png")
    return folder


def json_of(*args: object) -> dict[str, object]:
    return vidfx_json("build-engine", *args, "-q")


def test_the_fastest_precision_is_measured_and_kept_in_the_record(toy: Path, faces: Path) -> None:
    told = json_of(toy, "--calibration", faces, "--max-drop", 1)
    made = EngineSpec.load(Path(str(told["engine"]))).build
    assert made is not None
    assert {"fp32", "int8"} <= set(made.speed)
    assert made.precision == max(made.speed, key=lambda name: made.speed[name])
    assert made.parity["pictures"] == 24
    assert made.device
    assert "every second picture" in made.compared


def test_annotate_finds_what_was_built_by_its_model(toy: Path, faces: Path, clip: Path) -> None:
    json_of(toy, "--precision", "int8", "--calibration", faces, "--max-drop", 1)
    out = toy.parent / "out"
    result = vidfx("annotate", clip, "-o", out, "--emotion", toy, "--no-video", "--every", 10)
    assert result.exit_code == 0, result.output
    models = json.loads((out / "clip.mp4.summary.json").read_text())["models"]
    emotion = next(m for m in models if m["task"] == "emotion")
    assert emotion["precision"] == "int8"
    assert ", built 20" in emotion["why"]


def test_a_file_is_written_where_it_is_named_and_is_an_engine(toy: Path, tmp_path: Path) -> None:
    out = tmp_path / "made" / "half.onnx"
    json_of(toy, "--backend", "onnx", "--precision", "fp16", "-o", out)
    spec = EngineSpec.load(out)
    assert spec.labels == toys.LABELS
    assert spec.build is not None
    assert spec.build.precision == "fp16"
    checked = vidfx("engines", "check", out)
    assert checked.exit_code == 0
    assert "onnxruntime on cpu: runs here" in checked.stdout
    assert sorted(p.name for p in out.parent.iterdir()) == ["half.onnx", "half.spec.json"]


def test_a_plan_is_built_without_a_gpu_and_reported_not_to_run_here(toy: Path) -> None:
    pytest.importorskip("tensorrt_rtx")
    told = json_of(toy, "--backend", "tensorrt-rtx", "--batch", "1,4,8")
    plan = Path(str(told["engine"]))
    assert plan.suffix == ".plan"
    spec = EngineSpec.load(plan)
    assert spec.build is not None
    assert spec.build.profile is not None
    assert spec.build.profile.most == (8, 3, toys.SIDE, toys.SIDE)
    listed = vidfx("engines", "list")
    assert str(plan) in listed.stdout
    assert "emotion-embedded" in listed.stdout
    seen = vidfx("engines", "inspect", plan)
    assert "build.profile.most: 8, 3, 32, 32" in seen.stdout
    if not Path("/dev/nvidia0").exists():
        checked = vidfx("engines", "check", plan)
        assert checked.exit_code == 4
        assert "nothing here can run it" in checked.stderr
        assert "nvidia-smi" in checked.stderr or "pip install" in checked.stderr


def test_what_loses_too_much_is_refused_with_the_table(
    toy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A conversion that turns the last layer's signs around."""

    def spoilt(spec: EngineSpec, source: bytes, *_: object) -> bytes:
        model = onnx.load_model_from_string(source)
        weights = model.graph.initializer[-1]
        weights.CopyFrom(numpy_helper.from_array(-numpy_helper.to_array(weights), weights.name))
        return model.SerializeToString()

    monkeypatch.setattr(precisions, "with_precision", spoilt)
    out = toy.parent / "x.onnx"
    result = vidfx("build-engine", toy, "--backend", "onnx", "--precision", "fp16", "-o", out)
    assert result.exit_code == 4
    assert "of agreement with the source, more than --max-drop 0.01" in result.stderr
    assert "fp16: agreement 0." in result.stderr
    assert not out.exists()


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        (("--precision", "int8"), 2, "add --calibration DIR"),
        (("--precision", "int8", "--calibration", "nowhere"), 2, "no such folder"),
        (("--precision", "fp16"), 2, "use --precision bf16"),
        (("--backend", "onnx", "--precision", "bf16"), 2, "use --precision fp16"),
        (("--batch", "4,2,8"), 2, "three rising numbers"),
        (("--size", "100x100"), 2, "multiples of 32"),
        (("-o", "x.plan"), 2, "ends in .onnx"),
    ],
)
def test_mistakes_are_reported_in_one_line(
    toy: Path, args: tuple[str, ...], code: int, told: str
) -> None:
    result = vidfx("build-engine", toy, *args, "-q")
    assert (result.exit_code, told in result.stderr) == (code, True), result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_model_that_was_built_already_is_reported(toy: Path, tmp_path: Path) -> None:
    json_of(toy, "--backend", "onnx", "-o", tmp_path / "built.onnx")
    result = vidfx("build-engine", tmp_path / "built.onnx", "-q")
    assert result.exit_code == 2
    assert "was built already" in result.stderr


def test_it_never_writes_over_the_model(toy: Path) -> None:
    before = toy.read_bytes()
    result = vidfx("build-engine", toy, "--backend", "onnx", "-o", toy, "-q")
    assert result.exit_code == 2
    assert toy.read_bytes() == before


def test_a_full_disk_leaves_nothing_behind(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = toy.parent / "x.onnx"

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vidfx_engines.files.os.fsync", full)
    result = vidfx("build-engine", toy, "--backend", "onnx", "-o", out, "-q")
    assert result.exit_code == 1
    assert "No space left on device" in result.stderr
    assert [p.name for p in toy.parent.glob("*x.onnx*")] == []


def test_a_checkpoint_is_exported_and_compared_with_torch(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from vidfx_training.checkpoint import save_checkpoint
    from vidfx_training.networks.classifier import build as network
    from vidfx_training.recipe import named_recipe

    recipe = named_recipe("emotion-small").with_values(model={"width": 8})
    net = network(recipe, 4)
    file = tmp_path / "best.safetensors"
    save_checkpoint(file, net, recipe, toys.LABELS, {"temperature": 1.0})
    result = vidfx("build-engine", file, "--backend", "onnx", "-o", tmp_path / "made.onnx")
    assert result.exit_code == 0, result.output
    assert "torch and ONNX differ by" in result.stderr
    assert "exporting the checkpoint: " in result.stderr
    assert EngineSpec.load(tmp_path / "made.onnx").labels == toys.LABELS


def test_a_detector_is_compared_by_its_faces(tmp_path: Path, group: np.ndarray) -> None:
    folder = tmp_path / "photographs"
    folder.mkdir()
    for number in range(4):
        Image.fromarray(group[:, number * 8 :]).save(folder / f"{number}.png")
    told = json_of(
        "centerface", "--backend", "onnx", "--precision", "fp16", "--calibration", folder,
        "--size", "640x384", "-o", tmp_path / "faces.onnx",
    )  # fmt: skip
    parity = told["parity"]["fp16"]  # type: ignore[index]
    assert parity["pictures"] == 2
    assert parity["agreement"] == 1.0


def test_check_finds_damage_and_strangers(toy: Path) -> None:
    toy.write_bytes(toy.read_bytes()[:-1])
    damaged = vidfx("engines", "check", toy)
    assert damaged.exit_code == 4
    assert "altered" in damaged.stderr
    nothing = vidfx("engines", "check", toy.parent / "none.onnx")
    assert nothing.exit_code == 2
    assert "no such file" in nothing.stderr


def test_the_list_as_json(toy: Path) -> None:
    json_of(toy)
    found = json.loads(vidfx("engines", "list", "--json").stdout)["engines"]
    assert [e["name"] for e in found] == [
        "centerface",
        "detector-embedded",
        "emotion-embedded",
        "emotion-embedded-8",
        "toy",
    ]
    (kept,) = store.cached_engines()
    assert kept.spec is not None
    (kept.path.parent / kept.spec.weights).unlink()
    listed = vidfx("engines", "list")
    assert "toy" not in listed.stdout
    (line,) = [line for line in listed.stderr.splitlines() if line.startswith("left out: ")]
    assert line.endswith("toy.onnx: no such file")


def test_an_engine_is_not_put_into_a_cache_that_others_may_write_to(
    toy: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    cache.chmod(0o777)
    result = vidfx("build-engine", toy, "--backend", "onnx", "--precision", "fp16", "-q")
    assert result.exit_code == 1
    assert f"{cache} may be changed by all" in result.stderr
    assert not list(cache.rglob("*.onnx"))
    told = vidfx("doctor", "--json").stdout
    assert f"{cache} may be changed by all" in told


def test_doctor_says_what_works_and_what_fixes_the_rest() -> None:
    result = vidfx("doctor", "--json")
    assert result.exit_code == 0, result.output
    found = {f["name"]: f for f in json.loads(result.stdout)["findings"]}
    assert found["processor"]["works"]
    assert found["decoding"]["detail"].startswith("PyAV ")
    assert found["annotate: detection"]["detail"].startswith("detector-embedded, openvino on CPU")
    assert found["annotate: check"]["detail"].startswith("centerface, openvino on CPU")
    assert all(f["works"] or f["mend"] for f in found.values())
    assert found["--device auto"]["detail"].startswith(("the CPU: ", "the GPU: ", "the GPU, "))
    plain = vidfx("doctor").stdout
    assert len(plain.splitlines()) == len(found)


def test_doctor_fails_where_annotate_could_not_run() -> None:
    missing = "import sys; sys.modules['openvino'] = None; sys.modules['onnxruntime'] = None"
    done = run("doctor", first=missing)
    assert done.returncode == 4
    assert "no processor" in done.stdout
    assert "pip install openvino" in done.stdout
    assert "annotate cannot run" in done.stderr


def test_an_embedding_is_built_and_used_in_place_of_its_source(tmp_path: Path, faces: Path) -> None:
    from vidfx_engines.embedding_files import embedding_spec_for
    from vidfx_engines.select import select

    model = toys.embedding(tmp_path)
    told = json_of(
        model, "--crop", "arcface", "--calibration", faces, "--precision", "int8", "--max-drop", 1
    )
    built = EngineSpec.load(Path(str(told["engine"])))
    source = embedding_spec_for(model)
    assert built.build is not None
    assert built.build.parity["pictures"] == 24
    assert 0.5 < built.build.parity["agreement"] <= 1
    assert built.embedding_model == source.embedding_model
    engine = select(model, spec=source, device="cpu").engine
    assert engine.spec.build == built.build
    refused = vidfx("build-engine", model)
    assert refused.exit_code == 4
    assert "not a face detector" in refused.stderr
