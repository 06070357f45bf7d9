"""The engine that a user names as an argument: an included one, a file or a folder."""

from __future__ import annotations

from pathlib import Path

from vidfx.errors import UsageError
from vidfx_engines.dlib_face.convert import DLIB_FACE, dlib_face
from vidfx_engines.embedded import ORIGINS, embedded
from vidfx_engines.names import some
from vidfx_engines.spec import SUFFIX, spec_path

PACKAGED = {
    "embedded": "emotion-embedded",
    "embedded-8": "emotion-embedded-8",
    "emotion-embedded": "emotion-embedded",
    "emotion-embedded-8": "emotion-embedded-8",
}
"""The included engines for expressions, by the names that an argument may have."""


def find_engine(name: str) -> Path:
    """The weights of the model ``name``: an included one, a file, or a folder with one engine.

    Raises UsageError where there is none, EngineError for an incomplete installation.
    """
    path = Path(name)
    if name in PACKAGED or name in ORIGINS:
        return embedded(PACKAGED.get(name, name))
    if name == DLIB_FACE:
        return dlib_face()
    if path.suffix in (".safetensors", ".pt", ".pth", ".ckpt"):
        raise UsageError(
            f"{name}: a checkpoint, not an engine", hint=f"make one: vidfx models export {name}"
        )
    if path.is_dir():
        found = sorted(f for f in path.glob("*.onnx") if spec_path(f).is_file())
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(
                f"{name}: has {len(found)} engines: {some([f.name for f in found])}",
                hint="name one of them",
            )
        raise UsageError(
            f"{name}: has no engine, an .onnx file with its {SUFFIX[1:]}",
            hint=f"make one: vidfx models export {name}"
            if any(path.glob("*.safetensors"))
            else "name the folder that `vidfx train` wrote, or an engine",
        )
    if not path.is_file():
        raise UsageError(
            f"{name}: there is no such file or folder",
            hint=f"name emotion-embedded, {DLIB_FACE}, an .onnx file or the folder of a training",
        )
    return path
