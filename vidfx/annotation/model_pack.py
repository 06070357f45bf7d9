"""Detectors and face embeddings out of insightface's model packs."""

from __future__ import annotations

import importlib
import re
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Literal

from vidfx.errors import UnavailableError
from vidfx_engines.insightface_packs import LICENCE, packs_folder
from vidfx_engines.offline import HINT, VARIABLE, is_offline

FILES = {"detector": ("det_*.onnx",), "embedding": ("w600k_*.onnx", "glintr*.onnx")}
PACK = re.compile(r"(buffalo_[lmsc]+|antelopev2)")


def insightface_pack(
    name: str, notices: list[str], task: Literal["detector", "embedding"] = "detector"
) -> Path:
    """The file for ``task`` in a model pack, which insightface downloads if it is not here yet.

    Raises UnavailableError where insightface is not installed, or has no such file.
    """
    try:
        storage: Any = importlib.import_module("insightface.utils.storage")
    except ImportError as error:
        library = re.search(r"(lib[\w.+-]+\.so[.\d]*)", str(error))
        if library:
            raise UnavailableError(
                f"{task} {name}: insightface needs the system library {library[1]}",
                hint="apt-get install libgl1 libglib2.0-0, or reinstall opencv-python-headless",
            ) from error
        missing = error.name or "insightface"
        raise UnavailableError(
            f"{task} {name}: a model pack of insightface, and {missing} is not installed",
            hint="pip install 'vidfx[insightface]'",
        ) from error
    notices.append(f"{name}: insightface's model packs are licensed for {LICENCE}")
    place = packs_folder() / name
    if is_offline() and not place.is_dir():
        raise UnavailableError(
            f"{task} {name}: {place} is missing, and {VARIABLE} forbids to download it",
            hint=HINT,
        )
    try:
        with redirect_stdout(sys.stderr):  # it prints, and stdout is only for --json
            folder = Path(storage.ensure_available("models", name))
    except Exception as error:  # whatever a downloader raises
        raise UnavailableError(
            f"{task} {name}: insightface could not download the pack: {error}",
            hint=f"put its files in ~/.insightface/models/{name}, or name another {task}",
        ) from error
    files = sorted(f for pattern in FILES[task] for f in folder.rglob(pattern))
    if not files:
        raise UnavailableError(
            f"{task} {name}: no {' or '.join(FILES[task])} in {folder}",
            hint="remove the folder and try again",
        )
    return files[0]
