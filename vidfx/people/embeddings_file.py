"""``NAME.embeddings.npz``: the face embeddings of a video's tracks, kept only where asked for.

They are biometric data: whoever has them can recognise these faces elsewhere.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vidfx.errors import InputError, output_errors
from vidfx_engines.files import read_regular, write_atomically

SCHEMA = "vidfx.embeddings/1"
MOST_BYTES = 1 << 30
"""Of the file, and of what it holds."""
PRIVATE = 0o600
"""Only the owner reads the file."""
AGAIN = "annotate the video again with --embeddings"
_TYPES = {"track_id": np.int32, "frame": np.int64, "quality": np.float32, "embedding": np.float16}
_DAMAGED = (
    *(ValueError, KeyError, EOFError, MemoryError, OSError, RuntimeError),  # of NumPy and zipfile
    *(zipfile.BadZipFile, zlib.error),
)


@dataclass(frozen=True)
class TrackEmbeddings:
    """Embeddings of a few faces of each track, in the order of the tracks, then of the frames."""

    track_id: np.ndarray
    "(N,) int32, from 1"
    frame: np.ndarray
    "(N,) int64, Frame.index of the face"
    quality: np.ndarray
    "(N,) float32 0..1: the product of the parts of vidfx.stages.align.quality"
    embedding: np.ndarray
    "(N, D) float16, rows of length 1"
    model: str
    "what made them: that of a Gallery which they are compared with"

    def __post_init__(self) -> None:
        count = len(self.track_id)
        for name in _TYPES:
            column: np.ndarray = getattr(self, name)
            if len(column) != count or column.ndim != 1 + (name == "embedding"):
                raise ValueError(f"{name}: its shape is {column.shape}, of {count} faces")

    def __len__(self) -> int:
        return len(self.track_id)

    def vectors(self) -> np.ndarray:
        """(N, D) float32 rows of length 1: halves are not exact."""
        rows = self.embedding.astype(np.float32)
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)

    def rows(self, keep: np.ndarray | slice) -> TrackEmbeddings:
        return replace(self, **{name: getattr(self, name)[keep] for name in _TYPES})

    @classmethod
    def empty(cls, model: str) -> TrackEmbeddings:
        none = {name: np.zeros(0, kind) for name, kind in _TYPES.items() if name != "embedding"}
        return cls(**none, embedding=np.zeros((0, 0), np.float16), model=model)

    @classmethod
    def read(cls, path: Path) -> TrackEmbeddings:
        """Those of a file. Raises InputError where there is none, or it is damaged."""
        try:
            content = read_regular(path, MOST_BYTES)
        except FileNotFoundError as error:
            raise InputError(f"{path}: there are no embeddings", hint=AGAIN) from error
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}", hint=AGAIN) from error
        except ValueError as error:
            raise InputError(f"{path}: {error}", hint=AGAIN) from error
        try:
            return _parsed(content)
        except _DAMAGED as error:
            why = " ".join(str(error).split()) or type(error).__name__
            raise InputError(f"{path}: damaged: {why}", hint=AGAIN) from error

    def bytes(self) -> bytes:
        """The content of a file."""
        columns = {name: getattr(self, name).astype(kind) for name, kind in _TYPES.items()}
        out = io.BytesIO()
        np.savez(out, schema=np.array(SCHEMA), model=np.array(self.model), **columns)
        return out.getvalue()

    def write(self, path: Path) -> None:
        """Write a file, whole or not at all. Raises OutputError."""
        with output_errors(path):
            write_atomically(path, self.bytes(), PRIVATE)


def _parsed(content: bytes) -> TrackEmbeddings:
    """Raises one of _DAMAGED."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(member.file_size for member in archive.infolist()) > MOST_BYTES:
            raise ValueError(f"it holds more than {MOST_BYTES >> 20} MB")
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        found: Callable[[str], np.ndarray] = file.__getitem__
        if str(found("schema")) != SCHEMA:
            raise ValueError(f"it is not of {SCHEMA}")
        columns = {name: found(name) for name in _TYPES}
        model = str(found("model"))
    for name, kind in _TYPES.items():
        if columns[name].dtype != kind:
            raise ValueError(f"{name} has numbers of the type {columns[name].dtype}")
        if not np.isfinite(columns[name]).all():
            raise ValueError(f"{name} has numbers that are not finite")
    return TrackEmbeddings(**columns, model=model)
