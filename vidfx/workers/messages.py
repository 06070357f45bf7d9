"""What a run and its worker processes send each other, and how it becomes JSON. Never pickles."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

import msgspec
from msgspec import Struct

from vidfx.config import Settings
from vidfx.errors import Interrupted, VidfxError
from vidfx.jobs.events import Advanced, Heartbeat, Notice, Started
from vidfx.output.strict_json import to_json

MAX_TEXT = 20_000
"""Characters of an error, and of where it was raised."""


class Setup(Struct, frozen=True, tag=True):
    """The first message to a worker: load the engines, if it is to use any."""

    settings: Settings
    out: Path | None
    "folder of the results; None: nothing is locked there, and a dry run writes nothing"
    engines: bool = True
    "False: the worker only draws finished results again"


class Assignment(Struct, frozen=True, tag=True):
    """Do this task."""

    task: Any
    "a Task, as plain values once received"


class Exit(Struct, frozen=True, tag=True):
    """Exit; there is no further task."""


class Ready(Struct, frozen=True, tag=True):
    """The engines are loaded, if there are any."""

    notices: tuple[Notice, ...]
    device: str
    'that the engines run on, "cpu" or "cuda:n"'


class EnginesFailed(Struct, frozen=True, tag=True):
    """The engines cannot be loaded."""

    error: VidfxError


class Begun(Struct, frozen=True, tag=True):
    """Work on the task has begun."""


class Answer(Struct, frozen=True, tag=True):
    """The task is done."""

    result: Any
    "as plain values once received"
    did_work: bool = True
    "False: there was nothing to do"


class Failure(Struct, frozen=True, tag=True):
    """The task failed."""

    error: VidfxError


class Busy(Struct, frozen=True, tag=True):
    """Another run works on the same video now."""


class Exhausted(Struct, frozen=True, tag=True):
    """The task failed for want of threads, processes or open files."""

    error: VidfxError
    sure: bool
    "False: only the text of the error suggests it"


ToWorker = Setup | Assignment | Exit
TaskMessage = Answer | Failure | Busy | Exhausted | Notice | Heartbeat | Started | Advanced
FromWorker = Ready | EnginesFailed | Begun | TaskMessage


def to_text(content: object) -> str:
    """``content`` as JSON in ASCII; a number that is not finite becomes null.

    Bytes of paths that are not UTF-8 survive (as surrogates), which msgspec's own JSON refuses.
    """
    return to_json(msgspec.to_builtins(content, enc_hook=_to_plain))


def from_text(text: str | bytes, kind: Any) -> Any:
    """What ``to_text`` was given, as a ``kind``. Raises ValueError."""
    return from_plain(json.loads(text), kind)


def from_plain(content: Any, kind: Any) -> Any:
    """``content``, decoded JSON, as a ``kind``. Raises ValueError."""
    try:
        return msgspec.convert(content, kind, dec_hook=_from_plain)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error


def _to_plain(value: Any) -> Any:
    match value:
        case PurePath():
            return str(value)
        case VidfxError():
            return {
                "type": type(value).__name__,
                "message": str(value)[:MAX_TEXT],
                "hint": value.hint[:MAX_TEXT],
                "traceback": "".join(traceback.format_exception(value))[-MAX_TEXT:],
            }
        case _:
            raise NotImplementedError(f"{type(value).__name__} is not sent")


def _from_plain(kind: type, content: Any) -> Any:
    if kind is Path:
        return Path(content)
    if kind is VidfxError:
        return _error(content)
    raise NotImplementedError(f"{kind.__name__} is not received")


def _error(content: dict[str, str]) -> VidfxError:
    """The same error; where it was raised is a note that only --debug shows."""
    kind = next((k for k in _kinds() if k.__name__ == content["type"]), VidfxError)
    error = VidfxError(content["message"], hint=content["hint"])
    if kind is not Interrupted:
        error = kind(content["message"], hint=content["hint"])
    error.add_note(content["traceback"])
    return error


def _kinds(root: type[VidfxError] = VidfxError) -> Iterator[type[VidfxError]]:
    """All classes of errors that are imported here."""
    yield root
    for kind in root.__subclasses__():
        yield from _kinds(kind)
