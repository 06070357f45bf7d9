"""What the tables need of a summary, read quickly."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, field

from vidfx import schema
from vidfx.errors import InputError
from vidfx.saved.runs import AGAIN


class Appearance(Struct):
    """A stretch of frames that shows a track."""

    from_s: float
    to_s: float
    frames: int
    ended: str


class Track(Struct):
    """A track; None and empty where the version that wrote it did not count that."""

    track_id: int
    first_s: float
    last_s: float
    frames: int
    sources: dict[str, int] = {}
    person_id: int | None = None
    identity: str | None = None
    identity_prob: float | None = None
    emotion_share: dict[str, float] = {}
    emotion_mean: dict[str, float] = {}
    unsure_share: float | None = None
    best_quality: float | None = None
    mean_quality: float | None = None
    shown_s: float | None = None
    appearances: list[Appearance] | None = None


class Input(Struct):
    """The input; without sizes for photographs."""

    path: str = ""
    width_px: int | None = None
    height_px: int | None = None
    frame_rate: float | None = None
    duration_s: float | None = None


class Counts(Struct):
    """Counts of frames and faces."""

    frames: int = 0
    frames_with_faces: int | None = None
    face_rows: int | None = None
    cuts: int | None = None


class Made(Struct):
    at: str | None = None


class Seconds(Struct):
    total: float | None = None


class Model(Struct):
    task: str
    labels: list[str] = []


class Gallery(Struct):
    """The people by whom the tracks were named."""

    names: list[str] = []


class Summary(Struct):
    """A summary of a video, or of photographs."""

    schema: str
    input: Input = field(default_factory=Input)
    counts: Counts = field(default_factory=Counts)
    tracks: list[Track] = []
    made: Made = field(default_factory=Made)
    seconds: Seconds = field(default_factory=Seconds)
    warnings: list[str] = []
    models: list[Model] = []
    people: Gallery | None = None
    photographs: Any = None
    corrected: bool = False
    "whether tracks and counts are with corrections; a summary in a file has none"


class _Models(Struct):
    models: list[Model] = []


_T = TypeVar("_T")
_SUMMARY = msgspec.json.Decoder(Summary)
_MODELS = msgspec.json.Decoder(_Models)


def _decode(content: bytes, decoder: msgspec.json.Decoder[_T]) -> _T:
    """Raises ValueError."""
    try:
        return decoder.decode(content)
    except msgspec.DecodeError:  # msgspec refuses names that are not UTF-8
        return msgspec.convert(json.loads(content), decoder.type)


def read(path: Path) -> Summary:
    """Raises InputError where the file is missing, damaged or of another version."""
    try:
        summary = _decode(path.read_bytes(), _SUMMARY)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", hint=AGAIN) from error
    except (msgspec.MsgspecError, ValueError) as error:
        raise InputError(f"{path}: damaged: {error}", hint=AGAIN) from error
    if summary.schema not in schema.SUMMARY_SCHEMAS:
        raise InputError(f"{path}: not a summary that this version can read", hint=AGAIN)
    return summary


def read_expressions(path: Path) -> list[str]:
    """All that the model of this summary can name; none where it cannot be read."""
    found: list[str] = []
    with suppress(OSError, msgspec.MsgspecError, ValueError):
        for model in _decode(path.read_bytes(), _MODELS).models:
            found += model.labels if model.task == "emotion" else []
    return found
