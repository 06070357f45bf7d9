"""ONE picture or video of somebody: the faces in it, or why none can be used."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vidfx.annotation.models import Models
from vidfx.annotation.source_faces import is_photograph, source_faces
from vidfx.enrol.faces import FoundFace, Limits, photograph_face, video_faces
from vidfx.enrol.request import EnrolRequest
from vidfx.errors import EngineFailedError, read_errors
from vidfx.notation import clean
from vidfx.people.gallery import Picture
from vidfx.stages.embed import embed
from vidfx.video.read.source import open_source
from vidfx_engines.base import Engine
from vidfx_engines.errors import EngineError

JPEG_QUALITY = 90


@dataclass(frozen=True)
class EnrolledFace:
    """A face, and what a gallery keeps of it."""

    picture: Picture
    thumbnail: bytes
    "a JPEG"
    embedding: np.ndarray
    "(D,) float32, a unit vector"


def read_input(
    path: Path, digest: str | None, request: EnrolRequest, models: Models, engine: Engine
) -> list[EnrolledFace] | str:
    """The faces of the person in ``path``, whose sha256 is ``digest``; or why there are none.

    Raises InputError where it cannot be read, EngineFailedError.
    """
    assert engine.spec.crop is not None
    source, _ = open_source(path, request.settings.reader, planes=False)
    with source:
        limits = Limits(engine.spec.crop, request.min_face, source.info.stretch)
        frames = source_faces(source, path, request.settings, models, fit_detector=True)
        if is_photograph(path):
            found = photograph_face(frames, limits)
            found = found if isinstance(found, str) else [found]
        else:
            found = video_faces(frames, limits, request.tracks)
    return found if isinstance(found, str) else _embedded(path, digest, found, engine)


def _embedded(
    path: Path, digest: str | None, faces: list[FoundFace], engine: Engine
) -> list[EnrolledFace] | str:
    try:
        vectors = embed(engine, np.stack([face.crop for face in faces]))
    except EngineError as error:
        raise EngineFailedError(f"{path}: {error}", hint=error.hint) from error
    time = None if is_photograph(path) else 0.0
    made = [
        EnrolledFace(*_kept(path, digest, face, time), vector)
        for face, vector in zip(faces, vectors, strict=True)
        if np.isfinite(vector).all()
    ]
    return made or "the model gives no valid embedding of it"


def _kept(
    path: Path, digest: str | None, face: FoundFace, time: float | None
) -> tuple[Picture, bytes]:
    """What the gallery keeps, and its thumbnail."""
    encoded, data = cv2.imencode(
        ".jpg", face.thumbnail[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    )
    assert encoded
    thumbnail = data.tobytes()
    picture = Picture(
        clean(str(path)),
        digest,
        None if time is None else face.time_s,
        face.box,
        face.quality,
        f"{hashlib.sha256(thumbnail).hexdigest()[:32]}.jpg",
    )
    return picture, thumbnail


def digest_of(path: Path) -> str | None:
    """The sha256 of a file; None of a folder of frames. Raises NotMediaError."""
    if path.is_dir():
        return None
    with read_errors(path), path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
