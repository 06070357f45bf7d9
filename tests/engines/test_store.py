"""Engines that were built and kept: found by their source, and only where they fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.engines import toys
from vidfx_engines import store
from vidfx_engines.built import Build, Profile
from vidfx_engines.errors import EngineFileError
from vidfx_engines.fingerprint import spec_fingerprint
from vidfx_engines.select import select
from vidfx_engines.spec import CropSpec, EngineSpec, InputSpec, Thresholds
from vidfx_engines.user_cache import make_private


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
    place = store.build_folder(build)
    make_private(place)
    (place / "toy.onnx").write_bytes((folder / "toy.onnx").read_bytes())
    for file in (place / "toy.onnx", replace(spec, build=build).save(place)):
        file.chmod(0o600)
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
    found = [kept.spec for kept in store.built_from(toy)]
    assert [spec.build.library for spec in found if spec and spec.build] == ["2026.5", "2026.4"]
    assert select(tmp_path / "toy.onnx", device="cpu", precision="f32").engine.spec.build is None


def gone(place: Path) -> None:
    (place / "toy.onnx").unlink()


def cut(place: Path) -> None:
    (place / "toy.onnx").write_bytes(b"cut")


def no_network(place: Path) -> None:
    (place / "toy.onnx").write_bytes(b"no network")
    spec = EngineSpec.load(place / "toy.spec.json")
    replace(spec, sha256=toys.sha256(place / "toy.onnx")).save(place)


def unreadable(place: Path) -> None:
    (place / "toy.spec.json").write_text("{")


def of_another_model(place: Path) -> None:
    spec = EngineSpec.load(place / "toy.spec.json")
    assert spec.build is not None
    replace(spec, build=replace(spec.build, source_sha256="1" * 64)).save(place)


def for_all_to_change(place: Path) -> None:
    place.chmod(0o777)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (gone, "toy.onnx: no such file"),
        (cut, "toy.onnx: altered"),
        (no_network, "toy.onnx: not an ONNX file"),
        (unreadable, "toy.spec.json: Expecting property name"),
        (of_another_model, "toy.spec.json: was not built from this model"),
        (for_all_to_change, "may be changed by all"),
    ],
)
def test_what_cannot_be_used_is_passed_over_and_told_and_the_source_runs(
    toy: EngineSpec, tmp_path: Path, damage: Callable[[Path], None], told: str
) -> None:
    damage(keep(toy, tmp_path))
    chosen = select(tmp_path / "toy.onnx", device="cpu")
    assert (chosen.engine.backend, chosen.engine.spec) == ("openvino", toy)
    ((name, why),) = chosen.passed_over
    assert name in ("openvino, built 2026-11-25", "the engine in the cache")
    assert told in why


def test_a_named_one_that_is_damaged_is_an_error(toy: EngineSpec, tmp_path: Path) -> None:
    place = keep(toy, tmp_path)
    cut(place)
    with pytest.raises(EngineFileError, match="altered"):
        select(place / "toy.onnx", device="cpu")


def test_an_older_whole_one_goes_before_the_source(toy: EngineSpec, tmp_path: Path) -> None:
    keep(toy, tmp_path)
    gone(keep(toy, tmp_path, library="2026.5", date="2026-11-26T10:00:00+00:00"))
    chosen = select(tmp_path / "toy.onnx", device="cpu")
    assert chosen.engine.spec.build is not None
    assert chosen.engine.spec.build.library == "2026.4"
    assert [name for name, _ in chosen.passed_over] == ["openvino, built 2026-11-26"]


def test_decisions_are_as_the_model_says_now(toy: EngineSpec, tmp_path: Path) -> None:
    keep(toy, tmp_path)
    labels = ("sad", "neutral", "happy", "angry")
    now = replace(
        toy, labels=labels, min_prob=0.4, min_face_px=50.0, crop=CropSpec("arcface", toys.SIDE)
    )
    now.save(tmp_path)
    found = select(tmp_path / "toy.onnx", device="cpu").engine.spec
    assert found.build is not None
    assert replace(found, build=None) == now


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"input": InputSpec("crops", dtype="uint8", colour="bgr", size=toys.SIDE)}, "input"),
        ({"task": "identity"}, "task"),
    ],
)
def test_what_was_built_in_may_not_have_changed(
    toy: EngineSpec, tmp_path: Path, change: dict[str, Any], told: str
) -> None:
    keep(toy, tmp_path)
    replace(toy, **change).save(tmp_path)
    chosen = select(tmp_path / "toy.onnx", device="cpu")
    assert chosen.engine.spec.build is None
    assert f"the model's spec has another {told} since" in chosen.passed_over[0][1]


def test_onnx_runtime_finds_what_was_built_for_it(toy: EngineSpec, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    keep(toy, tmp_path, backend="onnx")
    assert select(tmp_path / "toy.onnx", backend="onnxruntime").engine.spec.build is not None


def test_only_what_decides_results_is_in_the_fingerprint(toy: EngineSpec) -> None:
    people = toys.identity_spec()
    before = spec_fingerprint(people)
    for decides in (
        {"labels": ("other", "target")}, {"min_face_px": 9.0}, {"sha256": "1" * 64},
        {"thresholds": Thresholds(0.9, 0.4, "held-out faces")}, {"thresholds": None},
        {"input": replace(people.input, colour="rgb")}, {"crop": CropSpec("fer", 112)},
    ):  # fmt: skip
        assert spec_fingerprint(replace(people, **decides)) != before, decides
    assert spec_fingerprint(replace(toy, min_prob=0.4)) != spec_fingerprint(toy)
    for tells in ({"licence": "MIT"}, {"metrics": {"n": 1.0}}, {"training_data": "other people"}):
        assert spec_fingerprint(replace(people, **tells)) == before, tells
    assert spec_fingerprint(EngineSpec.from_json(people.to_json())) == before


def test_the_list_has_damaged_ones_apart(toy: EngineSpec, tmp_path: Path) -> None:
    keep(toy, tmp_path, library="1")
    gone(keep(toy, tmp_path, library="2"))
    unreadable(keep(toy, tmp_path, library="3"))
    found = store.cached_engines()
    assert [bool(kept.spec and not kept.fault) for kept in found].count(True) == 1
    faults = [kept.fault for kept in found if kept.fault]
    assert len(faults) == 2
    assert all("\n" not in fault for fault in faults)


def test_what_must_match_gives_another_place(toy: EngineSpec, tmp_path: Path) -> None:
    places = {
        keep(toy, tmp_path, **change)  # type: ignore[arg-type]
        for change in ({}, {"precision": "int8"}, {"device": "another"}, {"library": "2027"})
    }
    assert len(places) == 4
    assert [kept.spec and kept.spec.name for kept in store.cached_engines()] == ["toy"] * 4


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
        ('"least": [1, 3, 32]', "a list of 4 values is needed"),
        ('"backend": "cuda"', "build.backend"),
        ('"weights": "toy.onnx"', "TensorRT plan"),
    ],
)
def test_a_wrong_record_is_reported(toy: EngineSpec, change: str, told: str) -> None:
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
