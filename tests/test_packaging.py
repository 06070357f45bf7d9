"""The wheel holds three packages, the embedded models, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        str(ROOT),
        "--no-deps",
        "-q",
        "-w",
        str(folder),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "No matching distribution found for hatchling" in done.stderr:
        pytest.skip("no package index to take hatchling from")
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def test_three_names_and_no_more_come_into_site_packages(wheel: zipfile.ZipFile) -> None:
    top = {name.split("/")[0] for name in wheel.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == {
        "vidfx",
        "vidfx_engines",
        "vidfx_training",
    }


def test_embedded_models_come_with_spec_card_and_licence(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    folder = "vidfx_engines/embedded"
    for ending in (".onnx", ".spec.json", ".CARD.md", ".LICENSE"):
        assert f"{folder}/centerface{ending}" in names
    models = {name for name in names if name.endswith(".onnx")}
    assert {model.replace(".onnx", ".spec.json") for model in models} <= names
