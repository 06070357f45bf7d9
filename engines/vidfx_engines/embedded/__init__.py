"""Models that come with the package."""

from __future__ import annotations

from pathlib import Path

from vidfx_engines.errors import EngineFileError

ORIGINS = {
    "centerface": "it is fetched when vidfx is built or installed",
    "detector-embedded": "it stands in vidfx's repository",
    "emotion-embedded": "it stands in vidfx's repository",
}


def embedded(name: str) -> Path:
    """The weights of a model in the package, to be given to ``select``.

    Raises EngineFileError where they are missing, which a whole installation's are not.
    """
    path = Path(__file__).with_name(f"{name}.onnx")
    if name not in ORIGINS:
        raise EngineFileError(f"no embedded model is named {name!r}", hint=", ".join(ORIGINS))
    if not path.is_file():
        raise EngineFileError(
            f"{path}: missing; {ORIGINS[name]}",
            hint="install again from a whole checkout: pip install --force-reinstall --no-deps .",
        )
    return path
