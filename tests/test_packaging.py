"""The wheel holds three packages, the embedded models, and nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from vidfx_engines.embedded import ORIGINS

ROOT = Path(__file__).resolve().parents[1]
EMBEDDED = ROOT / "engines/vidfx_engines/embedded"


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


def test_the_wheel_says_that_it_is_typed() -> None:
    """By the list of the build backend; nothing is built."""
    builder = WheelBuilder(str(ROOT))
    files = {file.distribution_path for file in builder.recurse_included_files()}
    packages = ("vidfx", "vidfx_engines", "vidfx_training")
    assert {f"{name}/{file}" for name in packages for file in ("__init__.py", "py.typed")} <= files


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
    models = {name.removesuffix(".onnx") for name in names if name.endswith(".onnx")}
    assert models == {f"{folder}/{name}" for name in ORIGINS}
    assert {model + end for model in models for end in (".spec.json", ".CARD.md")} <= names


@pytest.mark.parametrize(
    "model",
    [path for path in sorted(EMBEDDED.glob("*.onnx")) if path.stem != "centerface"],
    ids=lambda path: path.stem,
)
def test_our_models_contain_no_path_of_the_machine_that_made_them(model: Path) -> None:
    # weights can contain ".py" by chance, but not with a file's name before it
    found = set(re.findall(rb"/work|site-packages|\w{3}\.py\b", model.read_bytes()))
    assert not found


def test_recipes_and_pages_come_with_the_code_that_reads_them(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    found = (ROOT / "training").rglob("recipes/**/*.toml")
    recipes = {f"vidfx_training/{p.relative_to(ROOT / 'training').as_posix()}" for p in found}
    assert len(recipes) > 10
    assert recipes <= names
    assert "vidfx_training/dataset/templates/check.html.jinja" in names
    assert "vidfx/evaluate/templates/report.html.jinja" in names


def test_the_matrix_runs_on_each_python_that_is_there(tmp_path: Path) -> None:
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "dirname", "env"):
        (tools / name).symlink_to(shutil.which(name) or "")
    for name, does in (
        ("python3.11", ""),
        ("python3.13", ""),
        ("make", 'echo "make $*"; [[ "$*" != *3.13* ]]'),
    ):
        (tools / name).write_text(f"#!{shutil.which('bash')}\n{does}\n")
        (tools / name).chmod(0o755)
    done = subprocess.run(
        [tmp_path / ".ci/matrix"],
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "make pytest VENV=build/matrix/3.11 PYTHON=python3.11",
        "Python 3.11: passed",
        "Python 3.12: not installed, not tested",
        "make pytest VENV=build/matrix/3.13 PYTHON=python3.13",
        "Python 3.13: failed",
        "Python 3.14: not installed, not tested",
    ]


@pytest.mark.parametrize(
    ("python", "said"),
    [
        ("exit 1", "needs Python 3.11 or later"),
        (
            'mkdir -p .venv/bin; : > .venv/bin/python; test "$1" = -c',
            "apt-get install python3-venv",
        ),
    ],
)
def test_make_says_what_python_it_lacks(tmp_path: Path, python: str, said: str) -> None:
    """The second time too: a half-made environment is not taken for a whole one."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    tools = tmp_path / "tools"
    tools.mkdir()
    make = shutil.which("make") or pytest.skip("make is not installed")
    (tools / "mkdir").symlink_to(shutil.which("mkdir") or "")
    (tools / "python3").write_text(f"#!/bin/sh\n{python}\n")
    (tools / "python3").chmod(0o755)
    for _ in range(2):
        done = subprocess.run(
            [make, ".venv/bin/pip"],
            cwd=tmp_path,
            env={"PATH": str(tools)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        assert [said in line for line in done.stderr.splitlines()].count(True) == 1
