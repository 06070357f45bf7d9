"""Serves a report on this machine only, so that corrections can be saved from the page.

Every address begins with a token. Requests that name another host, as a page of another site would
make them by a name of its own, and requests that another site sends, are refused.
"""

from __future__ import annotations

import mimetypes
import re
import secrets
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import unquote, urlsplit

from vidfx.corrections.add import add_corrections, add_to_batch
from vidfx.errors import UsageError, VidfxError
from vidfx.identify.group import group
from vidfx.jobs.result_names import ANNOTATED, REPORT, SUMMARY
from vidfx.people.groups_file import read_groups
from vidfx.report.build import PAGE, write_report
from vidfx.report.scripts import call
from vidfx.report.video_file import write_video_data
from vidfx.report.video_place import playable
from vidfx.saved.runs import load_video

PIECE = 1 << 18
MOST_TEXT = 1 << 20
"""Of corrections, bytes."""
SOURCE = "source/"


class ReportServer(ThreadingHTTPServer):
    """Serves ``out``, its report and the sources of its videos on the loopback interface."""

    daemon_threads = True

    def __init__(self, out: Path, port: int = 0) -> None:
        """Raises UsageError where the port is taken."""
        self.out = out.resolve()
        self.token = secrets.token_urlsafe(24)
        self._saving = Lock()
        try:
            super().__init__(("127.0.0.1", port), _Handler)
        except OSError as error:
            raise UsageError(
                f"port {port}: {error.strerror}", hint="choose another --port"
            ) from error

    def save(self, name: str, text: str) -> None:
        """Add lines to the corrections of a video, of the folder where ``name`` is empty; make its
        data again.

        Raises VidfxError.
        """
        if not name:
            self._save_people(text)
            return
        summary = self.inside(f"{name}{SUMMARY}")
        if summary is None:
            raise UsageError("there is no such video", hint="load the page again")
        with self._saving:
            add_corrections(summary, text, load_video(summary).expressions)
            write_video_data(self.out / REPORT, name, summary, faces=False)

    def _save_people(self, text: str) -> None:
        """Add lines about people and whole tracks, group again, and make the pages again."""
        with self._saving:
            groups = read_groups(self.out)
            if groups is None:
                raise UsageError("this folder has no groups", hint="run `vidfx people group`")
            add_to_batch(self.out, text)
            group(self.out, groups.threshold, lambda _: None)
            write_report(self.out, faces=False, report=lambda _: None)

    def inside(self, path: str) -> Path | None:
        """The file below the folder; None where it would be elsewhere."""
        with suppress(OSError, ValueError):  # names that no file can have
            file = (self.out / path).resolve()
            return file if file.is_relative_to(self.out) and file.is_file() else None
        return None

    def served(self, path: str) -> Path | None:
        """What may be seen: the report, and the pictures that its pages show; else None."""
        if path.startswith(SOURCE):
            return self._picture(path.removeprefix(SOURCE), live=True)
        if path.endswith(ANNOTATED):
            return self._picture(path.removesuffix(ANNOTATED), live=False)
        file = self.inside(path)
        return file if file and file.is_relative_to(self.out / REPORT) else None

    def _picture(self, name: str, *, live: bool) -> Path | None:
        """The source of a video, ``live``, or its annotated video, where its page shows that."""
        summary = self.inside(f"{name}{SUMMARY}")
        with suppress(VidfxError):
            video = load_video(summary) if summary else None
            if video and (shown := playable(video, self.out))["path"] and shown["live"] is live:
                return video.source if live else video.annotated
        return None

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def address(self) -> str:
        """Of the page."""
        return f"http://{self.host}/{self.token}/{REPORT}/{PAGE}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def _report(self) -> ReportServer:
        assert isinstance(self.server, ReportServer)
        return self.server

    def do_GET(self) -> None:
        file = self._wanted()
        if file is not None:
            self._send_file(file)

    do_HEAD = do_GET  # noqa: N815 - its name is given

    def do_POST(self) -> None:
        path = self._path()
        if path is None:
            return
        if path != "corrections" or self.headers.get("Origin") != f"http://{self._report.host}":
            self._refuse(HTTPStatus.FORBIDDEN)
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > MOST_TEXT:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        text = self.rfile.read(int(length)).decode("utf-8", "replace")
        try:
            self._report.save(unquote(self.headers.get("X-Video", "")), text)
        except VidfxError as error:
            self._send(str(error).encode(), "text/plain; charset=utf-8", HTTPStatus.BAD_REQUEST)
            return
        self._send(b"saved", "text/plain; charset=utf-8")

    def _path(self) -> str | None:
        """What is asked for after the token; None, with an answer, where it may not be."""
        own = f"/{self._report.token}/"
        path = unquote(urlsplit(self.path).path)
        if self.headers.get("Host") != self._report.host or not path.startswith(own):
            self._refuse(HTTPStatus.NOT_FOUND)
            return None
        return path.removeprefix(own)

    def _wanted(self) -> Path | None:
        path = self._path()
        if path is None:
            return None
        if path == f"{REPORT}/data/index.js":
            self._send_index()
            return None
        file = self._report.served(path)
        if file is None or not file.is_file():
            self._refuse(HTTPStatus.NOT_FOUND)
            return None
        return file

    def _send_index(self) -> None:
        text = (self._report.out / REPORT / "data" / "index.js").read_text(encoding="utf-8")
        base = f"/{self._report.token}/"
        text += call("serve", {"corrections": f"{base}corrections", "source": f"{base}{SOURCE}"})
        self._send(text.encode(), "text/javascript")

    def _send_file(self, file: Path) -> None:
        size = file.stat().st_size
        part = byte_range(self.headers.get("Range", ""), size)
        if part is not None and not part:
            self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            self._head("text/plain; charset=utf-8", 0)
            self.send_header("Content-Range", f"bytes */{size}")
            self.end_headers()
            return
        wanted = range(size) if part is None else part
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        self.send_response(HTTPStatus.OK if part is None else HTTPStatus.PARTIAL_CONTENT)
        self._head(kind, len(wanted))
        if part is not None:
            self.send_header("Content-Range", f"bytes {part.start}-{part.stop - 1}/{size}")
        self.end_headers()
        if self.command == "HEAD":
            return
        with file.open("rb") as stream:
            stream.seek(wanted.start)
            left = len(wanted)
            while left > 0 and (piece := stream.read(min(PIECE, left))):
                self.wfile.write(piece)
                left -= len(piece)

    def handle(self) -> None:
        with suppress(ConnectionError):  # a browser that seeks in a video ends its request
            super().handle()

    def _send(self, content: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        self._head(kind, len(content))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _refuse(self, status: HTTPStatus) -> None:
        self.close_connection = True
        self._send(status.phrase.encode(), "text/plain; charset=utf-8", status)

    def _head(self, kind: str, length: int) -> None:
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Referrer-Policy", "no-referrer")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name is given
        """Requests are not printed."""


def byte_range(header: str, size: int) -> range | None:
    """The bytes that a Range header asks for, of ``size``; empty where there are none of them.

    None: all, since there is no such header, or one that means nothing (RFC 9110, 14.2).
    """
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", header, re.ASCII)
    if not match or match.groups() == ("", ""):
        return None
    if not match[1]:
        return range(max(0, size - int(match[2])), size)
    first, last = int(match[1]), int(match[2]) if match[2] else size - 1
    if match[2] and last < first:
        return None
    return range(first, min(last + 1, size))
