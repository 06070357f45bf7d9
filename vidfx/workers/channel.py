"""Messages between two processes: JSON over a socket."""

from __future__ import annotations

import socket
from multiprocessing.connection import Connection
from typing import Any

from msgspec import Struct

from vidfx.workers.messages import from_text, to_text

MAX_BYTES = 16 << 20
"""Of one message; a worker that works well sends none that is longer."""


class Channel:
    """One end of the connection."""

    def __init__(self, file: int, receives: Any) -> None:
        """``receives``: the type, or union of types, of the messages that come to this end."""
        self._connection = Connection(file)
        self._receives = receives

    @classmethod
    def pair(cls, receives: Any) -> tuple[Channel, int]:
        """This end, and the number of the file that a child process inherits as the other."""
        ours, theirs = socket.socketpair()
        return cls(ours.detach(), receives), theirs.detach()

    def fileno(self) -> int:
        return self._connection.fileno()

    def send(self, message: Struct) -> None:
        """Raises OSError where the other end is closed, ValueError for too long a message."""
        content = to_text(message).encode("ascii")
        if len(content) > MAX_BYTES:
            raise ValueError(f"a message of {len(content)} bytes is too long")
        self._connection.send_bytes(content)

    def receive(self) -> Any:
        """Waits for the next message.

        Raises EOFError where the other end is closed, ValueError or OSError for what is no message
        of ``receives``, or is too long.
        """
        return from_text(self._connection.recv_bytes(MAX_BYTES), self._receives)

    def close(self) -> None:
        self._connection.close()
