"""What a run and its worker processes tell each other: JSON over a socket, never pickles."""

from __future__ import annotations

import json
import socket
import traceback
from collections.abc import Iterator
from dataclasses import asdict
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

from vidfx.errors import Interrupted, VidfxError
from vidfx.jobs.plan import Job, Outputs, Part
from vidfx.jobs.storage import Origin
from vidfx.output.strict_json import to_json
from vidfx.video.container.segment import KeyFrame, Segment

Message = dict[str, Any]
MAX_BYTES = 16 << 20
"""Of one message; what is longer comes from no worker in good order."""
MAX_TEXT = 20_000
"""Characters of an error, and of where it was raised."""


class Channel:
    """One end. ``receive`` raises EOFError when the other end is gone, ``send`` OSError.

    For what is no message, or too long for one, they raise ValueError or OSError.
    """

    def __init__(self, file: int) -> None:
        self._connection = Connection(file)

    @classmethod
    def pair(cls) -> tuple[Channel, int]:
        """This end, and the number of the file that a child process inherits as the other."""
        ours, theirs = socket.socketpair()
        return cls(ours.detach()), theirs.detach()

    def fileno(self) -> int:
        return self._connection.fileno()

    def send(self, **message: Any) -> None:
        content = to_json(message).encode("ascii")
        if len(content) > MAX_BYTES:
            raise ValueError(f"a message of {len(content)} bytes is too long")
        self._connection.send_bytes(content)

    def receive(self) -> Message:
        return cast("Message", json.loads(self._connection.recv_bytes(MAX_BYTES)))

    def close(self) -> None:
        self._connection.close()


def job_as_json(job: Job) -> Message:
    return {
        "source": str(job.source),
        "outputs": [str(path) for path in job.outputs],
        "origin": asdict(job.origin) if job.origin else None,
        "destination": job.destination,
        "part": job.part and _part_as_json(job.part),
        "left_out": job.left_out,
    }


def job_from_json(content: Message) -> Job:
    outputs = Outputs(*map(Path, content["outputs"]))
    origin = Origin(**content["origin"]) if content["origin"] else None
    part = _part_from_json(content["part"]) if content["part"] else None
    left_out = tuple(content["left_out"])
    return Job(Path(content["source"]), outputs, origin, content["destination"], part, left_out)


def _part_as_json(part: Part) -> Message:
    return {
        "segment": asdict(part.segment),
        "labels": None if part.labels is None else str(part.labels),
    }


def _part_from_json(content: Message) -> Part:
    fields, labels = content["segment"], content["labels"]
    key_frames = {name: KeyFrame(**fields[name]) for name in ("key_frame", "warmup_key_frame")}
    return Part(Segment(**fields | key_frames), None if labels is None else Path(labels))


def error_as_json(error: VidfxError) -> Message:
    return {
        "type": type(error).__name__,
        "message": str(error)[:MAX_TEXT],
        "hint": error.hint[:MAX_TEXT],
        "traceback": "".join(traceback.format_exception(error))[-MAX_TEXT:],
    }


def error_from_json(content: Message) -> VidfxError:
    """The same error; where it was raised is a note that only --debug shows."""
    kind = next((k for k in _kinds() if k.__name__ == content["type"]), VidfxError)
    error = VidfxError(content["message"], hint=content["hint"])
    if kind is not Interrupted:
        error = kind(content["message"], hint=content["hint"])
    error.add_note(content["traceback"])
    return error


def _kinds(root: type[VidfxError] = VidfxError) -> Iterator[type[VidfxError]]:
    yield root
    for kind in root.__subclasses__():
        yield from _kinds(kind)
