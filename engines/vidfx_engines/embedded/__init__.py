"""The models in the package."""

from __future__ import annotations

from pathlib import Path

from vidfx_engines.errors import EngineFileError

ORIGINS = {
    "centerface": "it is downloaded when vidfx is built or installed",
    "detector-embedded": "it is in vidfx's repository",
    "emotion-embedded": "it is in vidfx's repository",
    "emotion-embedded-8": "it is in vidfx's repository",
}


def embedded(name: str) -> Path:
    """The file with the weights of a model in the package, for ``select``.

    Raises EngineFileError for an unknown name, and where the installation is incomplete.
    """
    path = Path(__file__).with_name(f"{name}.onnx")
    if name not in ORIGINS:
        raise EngineFileError(f"no embedded model is named {name!r}", hint=", ".join(ORIGINS))
    if not path.is_file():
        raise EngineFileError(
            f"{path}: missing; {ORIGINS[name]}",
            hint="reinstall from a complete checkout: pip install --force-reinstall --no-deps .",
        )
    return path
