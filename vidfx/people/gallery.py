"""A gallery: people with the embeddings of some pictures of each, in a folder.

    people/gallery.json       who they are, and the pictures that they were added with
    people/embeddings.npy     (n, D) float32, a row for each accepted picture
    people/thumbnails/*.jpg   the faces

It is biometric data of people, so only its owner can read what is written here.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import numpy as np
from msgspec import Meta

from vidfx.errors import GalleryError, output_errors
from vidfx.people.names import check_names, folded, normal
from vidfx_engines.files import AtomicFile, read_regular, write_atomically
from vidfx_engines.spec import Template
from vidfx_engines.validation import FileName, Finite, Label, Sha256, Share, convert, text

SCHEMA = "vidfx.gallery/1"
GALLERY, EMBEDDINGS, THUMBNAILS = "gallery.json", "embeddings.npy", "thumbnails"
MOST_BYTES = 1 << 30
_UNIT = 1e-3
PRIVATE, PRIVATE_FILE = 0o700, 0o600

Box = tuple[Finite, Finite, Finite, Finite]
NamedFile = Annotated[str, text(4096, empty=True)]
Seconds = Annotated[float, Meta(ge=0, le=1e9)]


@dataclass(frozen=True)
class Picture:
    """A picture, or a frame of a video, that shows somebody of a gallery."""

    file: NamedFile = ""
    "as it was named, without control characters; empty where unknown"
    sha256: Sha256 | None = None
    "of the file"
    time_s: Seconds | None = None
    "s, playback time; None for a picture"
    box: Box | None = None
    "xyxy, px"
    quality: Share = 0.0
    "size x sharpness x frontality, 0 (useless) to 1 (best)"
    thumbnail: FileName | None = None
    "its file's name in the folder of thumbnails"


@dataclass(frozen=True)
class Rejected:
    """A picture that was not added, so that the same file is not tried again."""

    file: NamedFile
    sha256: Sha256 | None
    reason: Annotated[str, text(500)]


@dataclass(frozen=True)
class Gallery:
    """P people with n embeddings of D numbers."""

    names: tuple[str, ...]
    "P"
    person: np.ndarray
    "(n,) int64, indices of ``names``, rising"
    embeddings: np.ndarray
    "(n, D) float32, unit rows"
    model: str
    """``EngineSpec.embedding_model``, a sha256, of what made the embeddings: those of other models
    cannot be compared with them"""
    engine: str = ""
    "the name, or the path, by which that model was loaded"
    crop: Template = "arcface"
    "how faces were cut for it"
    pictures: tuple[Picture, ...] = ()
    "n, of the rows; empty where they are not known"
    rejected: tuple[tuple[Rejected, ...], ...] = ()
    "P; empty where there are none"

    def __post_init__(self) -> None:
        """Raises ValueError where it breaks its own rules."""
        n = len(self.person)
        rows = self.embeddings.ndim == 2 and len(self.embeddings) == n
        if not rows or len(self.pictures) not in (0, n):
            raise ValueError(
                f"{n} pictures of people, {self.embeddings.shape} embeddings and"
                f" {len(self.pictures)} records of pictures"
            )
        if len(self.rejected) not in (0, len(self.names)):
            raise ValueError(f"{len(self.rejected)} lists of rejected pictures")
        check_names(self.names)
        if n and not np.array_equal(np.unique(self.person), np.arange(len(self.names))):
            raise ValueError("a person without pictures")
        if (np.diff(self.person) < 0).any():
            raise ValueError("the rows of one person are not together")
        norms = np.linalg.norm(self.embeddings, axis=1) if n else np.ones(0)
        if not (np.abs(norms - 1) < _UNIT).all():
            raise ValueError("embeddings that are no unit vectors")

    @cached_property
    def means(self) -> np.ndarray:
        """(P, D) float32: the mean of each person's embeddings, as unit vectors."""
        sums = np.zeros((len(self.names), self.embeddings.shape[1]), np.float64)
        np.add.at(sums, self.person, self.embeddings)
        norms = np.linalg.norm(sums, axis=1, keepdims=True)
        return (sums / np.maximum(norms, 1e-12)).astype(np.float32)

    def fingerprint(self) -> str:
        """What two galleries have in common that name everybody alike."""
        found = hashlib.sha256(repr((self.names, self.model)).encode())
        for column in (self.person, self.embeddings):
            found.update(column.tobytes())
        return found.hexdigest()

    def of(self, name: str) -> int | None:
        """The index of the person ``name``, also where it differs in case only; None if missing."""
        wanted = folded(name)
        return next((i for i, known in enumerate(self.names) if folded(known) == wanted), None)

    def without(self, person: int) -> Gallery:
        """It, without one person."""
        keep: list[int] = np.flatnonzero(self.person != person).tolist()
        others = [i for i in range(len(self.names)) if i != person]
        return Gallery(
            tuple(self.names[i] for i in others),
            self.person[keep] - (self.person[keep] > person),
            self.embeddings[keep],
            self.model,
            self.engine,
            self.crop,
            tuple(self.pictures[i] for i in keep) if self.pictures else (),
            tuple(self.rejected[i] for i in others) if self.rejected else (),
        )

    def added(
        self,
        name: str,
        embeddings: np.ndarray,
        pictures: Sequence[Picture],
        rejected: Sequence[Rejected] = (),
    ) -> Gallery:
        """It, with ``embeddings`` (m, D) of ``pictures`` that show the person ``name``."""
        own = self.of(name)
        names = self.names if own is not None else (*self.names, normal(name))
        place = len(self.names) if own is None else own
        person = np.append(self.person, np.full(len(pictures), place))
        order: list[int] = np.argsort(person, kind="stable").tolist()
        records = [*(self.pictures or [Picture()] * len(self.person)), *pictures]
        refused = [*(self.rejected or [()] * len(self.names)), *([()] if own is None else [])]
        refused[place] += tuple(rejected)
        vectors = np.concatenate([self.embeddings.reshape(-1, embeddings.shape[1]), embeddings])
        return Gallery(
            names,
            person[order].astype(np.int64),
            vectors[order].astype(np.float32),
            self.model,
            self.engine,
            self.crop,
            tuple(records[i] for i in order),
            tuple(refused),
        )

    @classmethod
    def empty(cls, model: str, engine: str, crop: Template = "arcface") -> Gallery:
        return cls((), np.zeros(0, np.int64), np.zeros((0, 0), np.float32), model, engine, crop)

    @classmethod
    def read(cls, folder: Path) -> Gallery:
        """The gallery in ``folder``. Raises GalleryError where there is none or it is damaged."""
        file = folder / GALLERY
        try:
            content = json.loads(read_regular(file, MOST_BYTES))
            about = convert(_of_schema(content), _Content)
            data = read_regular(file := folder / EMBEDDINGS, MOST_BYTES)
            return _gallery(about, data)
        except (FileNotFoundError, NotADirectoryError):
            if file.name == GALLERY:
                raise GalleryError(
                    f"{folder}: there is no gallery of people here",
                    hint=f"make one: vidfx people add NAME PICTURES -g {folder}",
                ) from None
            raise _damaged(file, "missing") from None
        except OSError as error:
            raise GalleryError(f"{file}: {error.strerror}", hint="check the path") from None
        except (ValueError, RecursionError) as error:
            raise _damaged(file, str(error)) from None

    def write(self, folder: Path, thumbnails: Mapping[str, bytes] | None = None) -> None:
        """Write it to ``folder``, with new ``thumbnails`` (JPEG) by name.

        Thumbnails of pictures that it no longer has are removed. Raises OutputError.
        """
        stream = io.BytesIO()
        np.save(stream, np.ascontiguousarray(self.embeddings, np.float32), allow_pickle=False)
        data = stream.getvalue()
        text = json.dumps(_content(self, data), indent=1, ensure_ascii=False) + "\n"
        with output_errors(folder):
            folder.mkdir(PRIVATE, parents=True, exist_ok=True)
            (folder / THUMBNAILS).mkdir(PRIVATE, exist_ok=True)
            for name, picture in (thumbnails or {}).items():
                write_atomically(folder / THUMBNAILS / name, picture, PRIVATE_FILE)
            _write_together({folder / EMBEDDINGS: data, folder / GALLERY: text.encode()})
            kept = {picture.thumbnail for picture in self.pictures}
            for old in (folder / THUMBNAILS).glob("*.jpg"):
                if old.name not in kept:
                    old.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Person:
    name: Label
    pictures: tuple[Picture, ...]
    rejected: tuple[Rejected, ...] = ()


@dataclass(frozen=True)
class _Content:
    """What ``gallery.json`` holds."""

    schema: Literal["vidfx.gallery/1"]
    model: Sha256
    engine: Annotated[str, text(4096, empty=True)]
    crop: Template
    embeddings: Sha256
    "of ``embeddings.npy``"
    people: tuple[_Person, ...]


def _content(gallery: Gallery, data: bytes) -> dict[str, Any]:
    pictures = gallery.pictures or (Picture(),) * len(gallery.person)
    rejected = gallery.rejected or ((),) * len(gallery.names)
    people = tuple(
        _Person(name, tuple(pictures[i] for i in np.flatnonzero(gallery.person == p)), rejected[p])
        for p, name in enumerate(gallery.names)
    )
    digest = hashlib.sha256(data).hexdigest()
    return asdict(_Content(SCHEMA, gallery.model, gallery.engine, gallery.crop, digest, people))


def _of_schema(content: object) -> object:
    """Raises ValueError for files of another kind or version."""
    found = cast("dict[str, object]", content) if isinstance(content, dict) else {}
    if found.get("schema") != SCHEMA:
        raise ValueError(f"schema: this version of vidfx reads {SCHEMA} only")
    return found


def _gallery(about: _Content, data: bytes) -> Gallery:
    """Raises ValueError where the two files do not belong together."""
    if hashlib.sha256(data).hexdigest() != about.embeddings:
        raise ValueError(f"its sha256 is not the one in {GALLERY}")
    embeddings = np.load(io.BytesIO(data), allow_pickle=False)
    if embeddings.dtype != np.float32:
        raise ValueError(f"{embeddings.dtype} embeddings")
    counts = [len(person.pictures) for person in about.people]
    return Gallery(
        tuple(person.name for person in about.people),
        np.repeat(np.arange(len(counts), dtype=np.int64), counts),
        embeddings,
        about.model,
        about.engine,
        about.crop,
        tuple(chain.from_iterable(person.pictures for person in about.people)),
        tuple(person.rejected for person in about.people),
    )


def _write_together(files: Mapping[Path, bytes]) -> None:
    """Write all, then name all: a process that is killed leaves them as they were. OSError."""
    parts: list[AtomicFile] = []
    try:
        for path, content in files.items():
            parts.append(part := AtomicFile(path, PRIVATE_FILE))
            part.writable.write_bytes(content)
            part.seal()
        for part in parts:
            part.publish()
    finally:
        for part in parts:
            part.discard()


def _damaged(file: Path, why: str) -> GalleryError:
    return GalleryError(
        f"{file}: damaged: {why}", hint="restore it from a copy, or add the people again"
    )
