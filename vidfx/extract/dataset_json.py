"""``dataset.json``: how the pictures of a data set were cut, and which detector found the faces."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from vidfx.errors import UsageError, output_errors
from vidfx.output.strict_json import to_json
from vidfx.version import __version__
from vidfx_engines.files import write_atomically
from vidfx_engines.spec import CropSpec
from vidfx_training.dataset.index import DATASET_FILE, read_json


def check_dataset(root: Path, crop: CropSpec, detector: Mapping[str, str | None]) -> list[str]:
    """Check that pictures with ``crop`` may be added to ``root``.

    Returns what the user should know, one line each. Raises UsageError where its pictures were cut
    otherwise or are of unknown origin, DataError where ``dataset.json`` is damaged.
    """
    file = root / DATASET_FILE
    if root.exists() and not root.is_dir():
        raise UsageError(f"{root}: is a file", hint="name a folder")
    if not file.exists():
        folders = (f for f in _children(root) if f.is_dir() and f.name[0] != ".")
        if any(_children(folder) for folder in folders):
            raise UsageError(
                f"{root}: holds folders already, and no {DATASET_FILE} says how their "
                "pictures were cut",
                hint="name a new folder",
            )
        return []
    content = read_json(file)
    have = content.get("crop")
    want = _crop_json(crop)
    if have != want:
        raise UsageError(
            f"{file}: its pictures have the crop {_text(have)}, not {_text(want)}",
            hint="use the same --size and --template, or another folder",
        )
    if content.get("detector") == dict(detector):
        return []
    other = _text(content.get("detector"))
    return [f"{file}: other faces here were found by another detector: {other}"]


def write_dataset_json(root: Path, crop: CropSpec, detector: Mapping[str, str | None]) -> None:
    """Write ``dataset.json`` where there is none. Raises OutputError."""
    file = root / DATASET_FILE
    if not file.exists():
        content = {"schema": 1, "crop": _crop_json(crop), "detector": dict(detector)}
        write_json(file, content | {"vidfx": __version__})


def write_json(file: Path, content: dict[str, Any]) -> None:
    """Write a JSON file, whole or not at all. Raises OutputError."""
    with output_errors(file):
        write_atomically(file, (to_json(content, indent=1) + "\n").encode())


def _crop_json(crop: CropSpec) -> dict[str, Any]:
    return {"template": crop.template, "size": crop.size}


def _children(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _text(value: object) -> str:
    if not isinstance(value, dict):
        return repr(value)
    return ", ".join(str(item) for item in cast("dict[str, object]", value).values())
