"""Find the engine of a MODEL argument of ``vidfx evaluate``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vidfx.errors import UsageError
from vidfx.evaluate.labels import some
from vidfx_engines.embedded import embedded
from vidfx_engines.spec import SUFFIX, EngineSpec, spec_path

PACKAGED = ("embedded", "emotion-embedded")


def find_engine(name: str) -> Path:
    """The weights of the model ``name``: an included one, a file, or a folder with one engine.

    Raises UsageError where there is none, EngineFileError for an incomplete installation.
    """
    path = Path(name)
    if name in PACKAGED:
        return embedded("emotion-embedded")
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
            hint="name emotion-embedded, an .onnx file or the folder of a training",
        )
    return path


def is_packaged(path: Path) -> bool:
    """Whether the engine at ``path`` is included in vidfx."""
    return path.resolve().parent == embedded("emotion-embedded").resolve().parent


def default_folder(path: Path) -> Path:
    """The default folder for the results of the engine at ``path``."""
    return Path("evaluation") if is_packaged(path) else path.parent / "evaluation"


def names_of(specs: Sequence[EngineSpec], arguments: Sequence[str]) -> list[str]:
    """A distinct name for each engine: its own, or its argument if two have the same.

    Raises UsageError for a repeated argument.
    """
    twice = [argument for argument in arguments if arguments.count(argument) > 1]
    if twice:
        raise UsageError(f"{twice[0]}: named twice", hint="name it once")
    names = [spec.name for spec in specs]
    return [
        name if names.count(name) == 1 else argument
        for name, argument in zip(names, arguments, strict=True)
    ]
