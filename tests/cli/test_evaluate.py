"""`vidfx evaluate`, as it is typed: figures, files, thresholds, and one line for every mistake."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.engine_files import brightness_classifier, constant_classifier
from tests.vidfx_command import read_csv, run_python, vidfx, vidfx_json
from vidfx.errors import UsageError
from vidfx.evaluate.thresholds import write_thresholds
from vidfx_engines.embedded import embedded
from vidfx_engines.select import select
from vidfx_engines.spec import EngineSpec, Thresholds, spec_path
from vidfx_training.dataset.index import read_dataset
from vidfx_training.dataset.picture_file import as_crop, read_picture

pytest.importorskip("matplotlib")
pytest.importorskip("scipy")

GREYS = {"dark": 20, "middle": 130, "bright": 240}
FIGURES = ("confusion.png", "reliability.png", "report.html", "report.json", "predictions.csv")


def picture(file: Path, grey: float) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(file), np.full((24, 20, 3), grey, np.uint8))


def folders(root: Path, greys: Mapping[str, list[float]]) -> Path:
    for name, values in greys.items():
        for number, grey in enumerate(values):
            picture(root / name / f"{number:03}.png", grey)
    return root


def figures(*args: object) -> dict[str, Any]:
    return vidfx_json("evaluate", *args)


@pytest.fixture
def shades(tmp_path: Path) -> Path:
    """Ten dark, ten middle (two of them too bright) and ten bright pictures."""
    greys = {name: [grey + n / 2 for n in range(10)] for name, grey in GREYS.items()}
    greys["middle"][:2] = [250, 251]
    return folders(tmp_path / "shades", greys)


@pytest.fixture
def shade_engine(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    return brightness_classifier(tmp_path / "run", "shade", "emotion", tuple(GREYS))


def people(root: Path, *, parts: tuple[str, ...], seed: int = 0, others: int = 30) -> Path:
    """Ana's pictures are bright; those of the others are dark, mostly."""
    random = np.random.default_rng(seed)
    for part in parts:
        greys = {"Ana": random.normal(200, 30, 60).clip(0, 255).tolist()}
        for number in range(others):
            greys[f"Person {number}"] = random.normal(70, 30, 4).clip(0, 255).tolist()
        folders(root / part, greys)
    return root


@pytest.fixture
def identity_engine(tmp_path: Path) -> Path:
    return brightness_classifier(tmp_path, "ana", "identity", ("other", "Ana"), width=80)


def test_figures_of_known_pictures(shades: Path, shade_engine: Path) -> None:
    found = figures(shade_engine, shades)
    (model,) = found["models"]
    assert found["schema"] == "vidfx.evaluate/1"
    assert found["data"]["part"] == "all"
    assert model["confusion"] == [[10, 0, 0], [0, 8, 2], [0, 0, 10]]
    assert (model["n"], model["accuracy"]) == (30, pytest.approx(28 / 30))
    assert model["balanced_accuracy"] == pytest.approx((1 + 0.8 + 1) / 3)
    assert model["per_class"]["bright"]["precision"] == pytest.approx(10 / 12)
    assert model["accuracy_ci"][0] < model["accuracy"] < model["accuracy_ci"][1] <= 1
    assert model["sha256"] == EngineSpec.load(shade_engine).sha256
    assert model["backend"] in model["why"]
    assert model["precision"]
    assert [m["path"] for m in model["mistakes"]] == ["middle/001.png", "middle/000.png"]
    assert sum(b["pictures"] for b in model["reliability"]) == 30


def test_results_lie_beside_the_model_and_the_report_is_text(
    shades: Path, shade_engine: Path
) -> None:
    result = vidfx("evaluate", shade_engine.parent, shades)
    assert result.exit_code == 0, result.output
    out = shade_engine.parent / "evaluation"
    assert {*FIGURES, "mistakes.jpg"} == {p.name for p in out.iterdir()}
    assert "93.3" in result.stdout
    assert "part: all (there is neither a test nor a val part)" in result.stderr
    assert all(cv2.imread(str(out / n)) is not None for n in ("confusion.png", "mistakes.jpg"))
    rows = read_csv(out / "predictions.csv")
    assert len(rows) == 30
    assert rows[0]["path"] == "bright/000.png"
    assert sum(float(rows[0][f"prob_{name}"]) for name in GREYS) == pytest.approx(1, abs=1e-4)


def test_models_side_by_side(shades: Path, shade_engine: Path, tmp_path: Path) -> None:
    flat = constant_classifier(tmp_path, "flat", "emotion", dict.fromkeys(GREYS, 1 / 3))
    out = tmp_path / "both"
    found = figures(shade_engine, flat, shades, "-o", out)
    assert [m["name"] for m in found["models"]] == ["shade", "flat"]
    (change,) = found["differences"]
    assert change["accuracy_difference"] == pytest.approx(10 / 30 - 28 / 30)
    assert change["accuracy_difference_ci"][0] < -0.6 < change["accuracy_difference_ci"][1] < 0
    html = (out / "report.html").read_text(encoding="utf-8")
    assert "flat against shade" in html
    assert len(list(csv.reader((out / "predictions.csv").open(encoding="utf-8")))) == 61

    (tmp_path / "twin").mkdir()
    twin = brightness_classifier(tmp_path / "twin", "shade", "emotion", tuple(GREYS))
    names = [m["name"] for m in figures(shade_engine, twin, shades, "-o", out)["models"]]
    assert names == [str(shade_engine), str(twin)]


def test_the_part_that_is_taken_is_said(tmp_path: Path, shade_engine: Path) -> None:
    one = {name: [float(grey)] for name, grey in GREYS.items()}
    for part in ("train", "val", "test"):
        folders(tmp_path / "parts" / part, one)
    out = ("-o", tmp_path / "o")
    assert figures(shade_engine, tmp_path / "parts", *out)["data"]["part"] == "test"
    shutil.rmtree(tmp_path / "parts" / "test")
    assert figures(shade_engine, tmp_path / "parts", *out)["data"]["part"] == "val"
    train = figures(shade_engine, tmp_path / "parts", *out, "--part", "train")
    assert any("may be trained" in w for w in train["models"][0]["warnings"])
    assert figures(shade_engine, tmp_path / "parts", *out, "--part", "all")["models"][0]["n"] == 6
    absent = vidfx("evaluate", shade_engine, tmp_path / "parts", *out, "--part", "test")
    assert absent.exit_code == 2
    assert "vidfx dataset split" in absent.stderr


def test_hard_pictures_and_sources(shades: Path, shade_engine: Path) -> None:
    paths = [p.path for p in read_dataset(shades)]
    split = {"files": {"test": paths}, "hard": [p for p in paths if p.startswith("middle")]}
    (shades / "split.json").write_text(json.dumps(split))
    rows = ["path,label,source,time_s,track,face_px,score,quality"]
    rows += [
        f"{p},{p.split('/')[0]},{p.split('/')[0]}.mp4,0,0,{n + 20},," for n, p in enumerate(paths)
    ]
    (shades / "faces.csv").write_text("\n".join(rows) + "\n")
    (model,) = figures(shade_engine, shades)["models"]
    assert model["groups"] == 3
    assert any("only 3 groups" in w for w in model["warnings"])
    subsets = {(s["by"], s["name"]): s for s in model["subsets"]}
    assert subsets["hard", "hard"]["accuracy"] == pytest.approx(0.8)
    rest = subsets["hard", "the rest"]
    assert rest["accuracy"] == 1
    assert rest["accuracy_ci"] == pytest.approx([0.025**0.5, 1])  # two recordings, both right
    assert sum("face in its source" in by for by, _ in subsets) == 3


def test_temperature_is_taken_away(shades: Path, shade_engine: Path) -> None:
    spec = EngineSpec.load(shade_engine)
    replace(spec, metrics={"temperature": 2.0}).save(shade_engine.parent)
    (model,) = figures(shade_engine, shades)["models"]
    assert model["temperature"] == 2
    assert model["uncalibrated"]["nll"] != pytest.approx(model["nll"])


def test_unreadable_pictures_are_left_out_with_a_line(shades: Path, shade_engine: Path) -> None:
    for i in range(7):
        (shades / "dark" / f"torn{i}.jpg").write_bytes(b"\xff\xd8 no more")
    result = vidfx("evaluate", shade_engine, shades, "--json")
    assert json.loads(result.stdout)["models"][0]["n"] == 30
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("warning")]
    assert f"warning: {shades}: unreadable pictures left out: dark/torn0.jpg: " in line
    assert "dark/torn4.jpg" in line and line.endswith(" and 2 more")


def test_thresholds_are_set_written_and_used(tmp_path: Path, identity_engine: Path) -> None:
    data = people(tmp_path / "people", parts=("train", "val", "test"))
    before = EngineSpec.load(identity_engine)
    (model,) = figures(identity_engine, data, "--target-far", 0.02)["models"]
    spec = EngineSpec.load(identity_engine)
    assert replace(spec, thresholds=None) == before
    assert spec.thresholds is not None
    assert "part val of people" in spec.thresholds.evidence
    assert "of 120 pictures of others (in 30 groups)" in spec.thresholds.evidence
    found = model["thresholds"]
    assert (found["accept"], found["reject"]) == (spec.thresholds.accept, spec.thresholds.reject)
    assert found["set_on"]["others_accepted"] <= 2
    for counts in found["decisions"].values():
        assert counts["n"] == sum(n for name, n in counts.items() if name != "n")
    assert found["decisions"]["Ana"]["accepted"] > 50
    assert model["verification"]["auc"] > 0.97
    assert (tmp_path / "evaluation" / "roc.png").is_file()
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]

    again = figures(identity_engine, data)["models"][0]["thresholds"]
    assert again["decisions"] == found["decisions"]


def test_thresholds_go_into_the_models_own_spec_whatever_was_built_of_it(
    tmp_path: Path, identity_engine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnxruntime")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    data = people(tmp_path / "people", parts=("train", "val", "test"))
    before = EngineSpec.load(identity_engine)
    how = ("--precision", "int8", "--calibration", data, "--max-drop", "1", "-q")
    built = vidfx("build-engine", identity_engine, *how)
    assert built.exit_code == 0, built.output
    (model,) = figures(identity_engine, data, "--target-far", 0.02)["models"]
    assert ", built 20" in model["why"]
    after = EngineSpec.load(identity_engine)
    assert after.thresholds is not None
    assert replace(after, thresholds=None) == before
    after.read_weights(identity_engine.parent)
    used = select(identity_engine, device="cpu").engine.spec
    assert (used.build is not None, used.thresholds) == (True, after.thresholds)


def test_a_model_that_was_replaced_meanwhile_keeps_its_spec(identity_engine: Path) -> None:
    spec = EngineSpec.load(identity_engine)
    replace(spec, sha256="0" * 64).save(identity_engine.parent)
    before = spec_path(identity_engine).read_bytes()
    with pytest.raises(UsageError, match="has been replaced meanwhile"):
        write_thresholds(Thresholds(0.9, 0.1, "a test"), spec_path(identity_engine), of=spec)
    assert spec_path(identity_engine).read_bytes() == before


@pytest.mark.parametrize(("others", "warned"), [(19, True), (20, False)])
def test_few_people_behind_a_threshold_are_reported(
    tmp_path: Path, identity_engine: Path, others: int, warned: bool
) -> None:
    data = people(tmp_path / "people", parts=("train", "val", "test"), others=others)
    result = vidfx("evaluate", identity_engine, data, "--target-far", "0.05")
    assert (f"only {others} other people" in result.stderr) == warned


def test_many_names_and_strangers(tmp_path: Path) -> None:
    labels = ("other", "Bo", "Ana")
    engine = brightness_classifier(
        tmp_path, "two", "identity", labels, thresholds=Thresholds(0.8, 0.5, "a test")
    )
    greys = {"ana": [250.0] * 4, "Bo": [128.0] * 3 + [250.0], "Cy": [5.0] * 5, "Di": [10.0, 120.0]}
    (model,) = figures(engine, folders(tmp_path / "d", greys))["models"]
    assert model["confusion"] == [[6, 1, 0], [0, 3, 1], [0, 0, 4]]
    decided = model["thresholds"]["decisions"]
    assert (decided["Bo"]["accepted"], decided["Bo"]["misnamed"]) == (3, 1)
    assert (decided["other"]["misnamed"], decided["other"]["rejected"]) == (1, 6)
    assert model["groups"] == 10  # strangers are drawn person by person


def test_hostile_names(tmp_path: Path) -> None:
    label, name = "<script>alert(1)<∕script>$\\frac$", "=cmd()$x$ 顔.png"
    engine = brightness_classifier(tmp_path, "hostile", "emotion", ("dark", label))
    replace(EngineSpec.load(engine), name="=<i>$\\frac$").save(tmp_path)
    data = folders(tmp_path / "\x1b[31m<i>", {"dark": [5.0] * 3, label: [250.0] * 3})
    picture(data / label / name, 3)
    picture(data / "dark" / "-+1.png", 250)
    out = tmp_path / "out"
    result = vidfx("evaluate", engine, data, "-o", out)
    assert result.exit_code == 0, result.output
    assert "\x1b" not in result.output
    html = (out / "report.html").read_text(encoding="utf-8")
    assert "<script" not in html
    assert "<i>" not in html
    assert "&lt;script&gt;" in html
    assert "http" not in html.replace("http-equiv", "")
    for row in csv.reader((out / "predictions.csv").open(encoding="utf-8")):
        assert not [cell for cell in row if cell.lstrip()[:1] in set("=+-@")]


def test_no_cell_is_a_formula() -> None:
    from vidfx.evaluate.output import no_formula

    for cell in ("=1", " =1", "+1", "-1", "@x", "\t=1", "\rx"):
        assert no_formula(cell) == f"'{cell}"
    for cell in ("", "a=1", "val/-1.png"):
        assert no_formula(cell) == cell


def test_mistakes_of_the_user(tmp_path: Path, shades: Path, identity_engine: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    shade = brightness_classifier(run, "shade", "emotion", tuple(GREYS))
    half = brightness_classifier(tmp_path, "half", "emotion", ("dark", "bright"))
    weights = tmp_path / "best.safetensors"
    weights.write_bytes(b"x")
    empty = tmp_path / "empty"
    empty.mkdir()
    crowd = people(tmp_path / "crowd", parts=("train",))
    val = people(tmp_path / "val", parts=("train", "val"))
    sure = constant_classifier(tmp_path, "sure", "identity", {"other": 1e-30, "Ana": 1.0})
    cases: list[tuple[tuple[object, ...], int, str]] = [
        ((shade,), 2, "a model and a data set are needed"),
        ((tmp_path / "no.onnx", shades), 2, "there is no such file"),
        ((weights, shades), 2, "vidfx models export"),
        ((empty, shades), 2, "has no engine"),
        ((tmp_path, shades), 2, "name one of them"),
        ((shade, tmp_path / "nowhere"), 3, "there is no such folder"),
        (
            (half, shades),
            2,
            "without a label of the model: middle; half has the labels dark, bright",
        ),
        ((half, crowd, "--ignore-unknown"), 2, "no folder is named after a label"),
        ((shade, identity_engine, shades), 2, "evaluate them one by one"),
        ((shade, shade, shades), 2, "named twice"),
        ((embedded("centerface"), shades), 2, "a detector"),
        ((shade, shades, "--target-far", "0.01", "--threshold-part", "all"), 2, "only identity"),
        ((shade, shades, "--threshold-part", "all"), 2, "add --target-far"),
        ((identity_engine, crowd, "--target-far", "2"), 2, "--target-far 2"),
        ((identity_engine, crowd, "--target-far", "0.01"), 2, "vidfx dataset split"),
        (("emotion-embedded", crowd, "--target-far", "0.01"), 2, "is not changed"),
        ((sure, val, "--target-far", "0.01"), 2, "have probability 1"),
        ((shade, shades, "--backend", "abacus"), 4, "no backend is named 'abacus'"),
        ((shade, shades, "-o", weights), 1, "cannot write"),
    ]
    for args, code, text in cases:
        result = vidfx("evaluate", *args, *(() if "-o" in args else ("-o", tmp_path / "out")))
        lines = [line for line in result.stderr.splitlines() if line.startswith("vidfx: ")]
        assert (result.exit_code, len(lines)) == (code, 1), (args, result.output)
        assert text in lines[0]
        assert lines[0].endswith(")"), f"no hint: {lines[0]}"
        assert not result.stdout
    assert figures(half, shades, "--ignore-unknown")["models"][0]["ignored"] == {"middle": 10}
    assert EngineSpec.load(sure).thresholds is None


def test_nothing_readable(tmp_path: Path, shade_engine: Path) -> None:
    file = tmp_path / "d" / "dark" / "x.png"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"")
    result = vidfx("evaluate", shade_engine, tmp_path / "d")
    assert result.exit_code == 3
    assert "not one of 1 pictures can be read" in result.stderr


def test_neither_torch_nor_slow_help() -> None:
    code = (
        "import sys; from vidfx.cli.app import app; heavy = {'matplotlib', 'cv2', 'scipy'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "import vidfx.evaluate.output, vidfx.cli.console.evaluate_text\n"
        "assert 'torch' not in sys.modules"
    )
    done = run_python(code)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_embedded_model_on_real_faces(test_data: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(test_data / "fer4.zip") as zipped:
        wanted = [n for n in zipped.namelist() if n.startswith("fer4/val/")]
        zipped.extractall(tmp_path, wanted)
    (tmp_path / "fer4" / "train" / "happy").mkdir(parents=True)
    out = tmp_path / "out"
    found = figures("emotion-embedded", tmp_path / "fer4", "-o", out)
    (model,) = found["models"]
    assert (found["data"]["part"], model["n"]) == ("val", 2622)

    data = read_dataset(tmp_path / "fer4")
    engine = select(embedded("emotion-embedded")).engine
    crop = engine.spec.crop
    assert crop is not None
    crops = np.stack([as_crop(read_picture(data.file(p)), None, crop) for p in data])
    predicted = engine.run(crops)[0].argmax(1)
    engine.close()
    truth = np.array([engine.spec.labels.index(p.label) for p in data])
    assert model["accuracy"] == pytest.approx((predicted == truth).mean(), abs=0.001)
    assert model["accuracy"] > 0.695
