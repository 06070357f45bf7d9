"""Every model on this machine that vidfx can use, and whether its file is intact."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from vidfx_engines.embedded import ORIGINS
from vidfx_engines.errors import EngineFileError, EngineUnavailable
from vidfx_engines.insightface_packs import LICENCE, packs_folder
from vidfx_engines.spec import SUFFIX, EngineSpec
from vidfx_engines.store import cached_engines
from vidfx_engines.user_cache import user_cache

Origin = Literal["included", "converted here", "built here", "insightface", "in the user's cache"]
Verdict = Literal["intact", "altered", "missing", "no sha256 is stated"]
NOT_STATED = "not stated"


@dataclass(frozen=True)
class KnownModel:
    """One model."""

    name: str
    origin: Origin
    path: Path
    "of its weights"
    licence: str
    training_data: str
    sha256: str | None = None
    "as stated by its spec; None where nothing states it"

    @property
    def bytes(self) -> int | None:
        """Of the file; None where it is missing."""
        return self.path.stat().st_size if self.path.is_file() else None

    @property
    def size_text(self) -> str:
        """For people."""
        return "missing" if self.bytes is None else f"{self.bytes / 1e6:.1f} MB"

    def verified(self) -> tuple[Verdict, str | None]:
        """Whether the file is the stated one, and its sha256. Raises OSError."""
        if not self.path.is_file():
            return "missing", None
        with self.path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if self.sha256 is None:
            return "no sha256 is stated", found
        return "intact" if found == self.sha256 else "altered", found

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"path": str(self.path), "bytes": self.bytes}


def known_models() -> list[KnownModel]:
    """All models, the included ones first. Nothing is downloaded or made."""
    return [*_included(), *_converted(), *_built(), *_of_insightface(), *_weights()]


def named_models(names: Sequence[str]) -> list[KnownModel]:
    """Those with these names. Raises EngineUnavailable for another name."""
    models = known_models()
    known = list(dict.fromkeys(model.name for model in models))
    for name in names:
        if name not in known:
            raise EngineUnavailable(
                f"no model is named {name!r}", hint=f"known: {', '.join(known)}"
            )
    return [model for model in models if model.name in names]


def _included() -> Iterator[KnownModel]:
    folder = Path(__file__).parent / "embedded"
    for name in ORIGINS:
        yield _of_spec(EngineSpec.load(folder / f"{name}{SUFFIX}"), folder, "included")


def _converted() -> Iterator[KnownModel]:
    for file in sorted(user_cache("models").glob(f"*/*{SUFFIX}")):
        try:
            spec = EngineSpec.load(file)
        except EngineFileError:
            continue
        yield _of_spec(spec, file.parent, "converted here")


def _built() -> Iterator[KnownModel]:
    for kept in cached_engines():
        if kept.spec is not None:
            yield _of_spec(kept.spec, kept.path.parent, "built here")


def _of_spec(spec: EngineSpec, folder: Path, origin: Origin) -> KnownModel:
    weights = folder / spec.weights
    return KnownModel(spec.name, origin, weights, spec.licence, spec.training_data, spec.sha256)


def _of_insightface() -> Iterator[KnownModel]:
    for file in sorted(packs_folder().glob("*/*.onnx")):
        name = f"{file.parent.name}/{file.stem}"
        yield KnownModel(name, "insightface", file, LICENCE, NOT_STATED)


def _weights() -> Iterator[KnownModel]:
    for file in sorted(user_cache("weights").glob("*")):
        if file.is_file() and not file.name.startswith("."):
            yield KnownModel(file.name, "in the user's cache", file, NOT_STATED, NOT_STATED)
