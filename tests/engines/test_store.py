"""Engines that were built and kept: found by what they are of, and only where they fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.engines import toys
from vidfx_engines import EngineFileError, EngineSpec, select, store
from vidfx_engines.built import Build, Profile


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def toy(tmp_path: Path) -> EngineSpec:
    return toys.classifier(tmp_path)


def keep(spec: EngineSpec, folder: Path, **change: object) -> Path:
    """The toy itself, kept as if it had been built for OpenVINO."""
    facts: dict[str, object] = {
        "backend": "openvino", "precision": "fp32", "source_sha256": spec.sha256,
        "vidfx": "0.1.0", "library": "2026.4", "device": "a CPU",
        "date": "2026-11-25T10:00:00+00:00",
    }  # fmt: skip
    build = Build(**(facts | change))  # type: ignore[arg-type]
    place = store.place(build)
    place.mkdir(parents=True)
    (place / "toy.onnx").write_bytes((folder / "toy.onnx").read_bytes())
    replace(spec, build=build).save(place)
    return place


def test_what_was_built_goes_before_its_source(toy: EngineSpec, tmp_path: Path) -> None:
    assert select(tmp_path / "toy.onnx", device="cpu").engine.spec.build is None
    keep(toy, tmp_path)
    chosen = select(tmp_path / "toy.onnx", device="cpu")
    assert chosen.engine.spec.build is not None
    assert chosen.engine.precision == "f32"
    assert "built 2026-11-25" in chosen.reason


def test_the_newest_goes_first_and_a_named_precision_takes_the_source(
    toy: EngineSpec, tmp_path: Path
) -> None:
    keep(toy, tmp_path)
    keep(toy, tmp_path, library="2026.5", date="2026-11-26T10:00:00+00:00")
    found = store.built_from(toy.sha256, "openvino")
    assert [spec.build.library for spec, _ in found if spec.build] == ["2026.5", "2026.4"]
    assert select(tmp_path / "toy.onnx", device="cpu", precision="f32").engine.spec.build is None


def test_a_damaged_one_is_an_error_and_not_a_silent_fall_back(
    toy: EngineSpec, tmp_path: Path
) -> None:
    place = keep(toy, tmp_path)
    (place / "toy.onnx").write_bytes(b"cut")
    with pytest.raises(EngineFileError, match="altered"):
        select(tmp_path / "toy.onnx", device="cpu")


def test_an_unreadable_record_is_passed_over(toy: EngineSpec, tmp_path: Path) -> None:
    place = keep(toy, tmp_path)
    (place / "toy.spec.json").write_text("{")
    assert store.everything() == []
    assert select(tmp_path / "toy.onnx", device="cpu").engine.spec.build is None


def test_what_must_match_gives_another_place(toy: EngineSpec, tmp_path: Path) -> None:
    places = {
        keep(toy, tmp_path, **change)  # type: ignore[arg-type]
        for change in ({}, {"precision": "int8"}, {"device": "another"}, {"library": "2027"})
    }
    assert len(places) == 4
    assert [spec.name for spec, _ in store.everything()] == ["toy"] * 4


def test_a_record_survives_its_file(toy: EngineSpec, tmp_path: Path) -> None:
    side = (3, 32, 32)
    build = Build(
        "tensorrt-rtx", "int8", "2" * 64, "0.1.0", "1.7", "", "2026-11-25T10:00:00+00:00",
        profile=Profile((1, *side), (4, *side), (8, *side)), calibration="faces: 200",
        parity={"agreement": 0.99}, speed={"int8": 800.0},
    )  # fmt: skip
    spec = replace(toy, weights="toy.plan", build=build)
    assert EngineSpec.from_json(spec.to_json()) == spec


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ('"least": [9, 3, 32, 32]', "not in this order"),
        ('"least": [1, 3, 32]', "4 values are needed"),
        ('"backend": "cuda"', "build.backend"),
        ('"weights": "toy.onnx"', "TensorRT plan"),
    ],
)
def test_a_wrong_record_is_told(toy: EngineSpec, change: str, told: str) -> None:
    side = (3, 32, 32)
    profile = Profile((1, *side), (4, *side), (8, *side))
    build = Build("tensorrt", "fp16", "2" * 64, "0", "10.9", "L4", "2026", "8.9", profile=profile)
    text = replace(toy, weights="toy.plan", build=build).to_json()
    text = " ".join(text.split()).replace("[ ", "[").replace(" ]", "]")
    name = change.split(":", maxsplit=1)[0]
    start = text.index(name)
    end = text.index("]" if "[" in change else ",", start) + ("[" in change)
    with pytest.raises(ValueError, match=told):
        EngineSpec.from_json(text[:start] + change + text[end:])
