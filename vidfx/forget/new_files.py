"""New contents of files that belong together: all get their names, or none does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from stat import S_IMODE
from typing import IO

from vidfx.errors import output_errors
from vidfx_engines.files import AtomicFile


class NewFiles:
    """Collects them; ``publish`` gives them their names, in the order in which they were added.

    Each keeps the permissions of the file that it replaces. A ``dry_run`` writes nothing.
    Everything raises OutputError.
    """

    def __init__(self, *, dry_run: bool) -> None:
        self._dry_run = dry_run
        self._files: dict[Path, AtomicFile | None] = {}

    def __enter__(self) -> NewFiles:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            if file:
                file.discard()

    @property
    def paths(self) -> list[Path]:
        return [*self._files]

    def add(self, path: Path, content: bytes) -> None:
        def write(file: IO[bytes]) -> bool:
            file.write(content)
            return True

        if self._dry_run:
            self._files[path] = None
        else:
            self._write(path, write)

    def add_lines(self, path: Path, rewrite: Callable[[Callable[[str], object]], bool]) -> None:
        """``rewrite`` is called with what takes each line; it says whether there is a change."""
        if self._dry_run:
            if rewrite(lambda _: None):
                self._files[path] = None
        else:
            self._write(path, lambda file: rewrite(lambda line: file.write(line.encode())))

    def _write(self, path: Path, write: Callable[[IO[bytes]], bool]) -> None:
        with output_errors(path):
            file = AtomicFile(path, S_IMODE(path.stat().st_mode))
            try:
                with file.writable.open("wb") as stream:
                    is_new = write(stream)
                file.seal()
            except BaseException:
                file.discard()
                raise
            if is_new:
                self._files[path] = file
            else:
                file.discard()

    def size(self, path: Path) -> int | None:
        """Bytes of a new file; None where there is none."""
        file = self._files.get(path)
        return file and file.size()

    def publish(self) -> None:
        for path, file in self._files.items():
            if file:
                with output_errors(path):
                    file.publish()
