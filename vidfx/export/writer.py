"""What every exported file does: it gets all frames in order, and is finished at the end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from vidfx.export.escapes import person
from vidfx.saved.runs import SavedVideo
from vidfx.stages.settled import Settled
from vidfx_engines.files import AtomicFile


class Writer(ABC):
    """Writes one file of one video. Everything here may raise OSError."""

    needs_source: ClassVar[bool] = False
    "whether it reads ``video.source``, which is the same file then as when it was annotated"

    def __init__(self, video: SavedVideo, file: AtomicFile) -> None:
        """``file`` is empty; its creator gives it its name."""
        self.video = video
        self.folder = file.path.parent
        "for temporary files"
        self.path = file.writable

    @abstractmethod
    def add(self, settled: Settled) -> None:
        """The next frames with their faces."""

    @abstractmethod
    def finish(self) -> None:
        """All frames were added: complete and close the file. Raises InputError too."""

    @abstractmethod
    def close(self) -> None:
        """Close the file, complete or not."""


class TextWriter(Writer):
    """Writes a text file in UTF-8."""

    def __init__(self, video: SavedVideo, file: AtomicFile) -> None:
        super().__init__(video, file)
        self.text = self.path.open("w", encoding="utf-8", errors="replace", newline="\n")

    def close(self) -> None:
        self.text.close()


def who(settled: Settled) -> Iterator[str]:
    """The person of each face."""
    faces = settled.faces
    tracks: list[int] = faces.track.tolist()
    if faces.identity is None:
        return (person(None, track, is_named=False) for track in tracks)
    named: list[bool] = faces.identity.are_people().tolist()
    texts = faces.identity.texts()
    return (
        person(text, track, is_named=is_named)
        for text, track, is_named in zip(texts, tracks, named, strict=True)
    )


def what(settled: Settled) -> list[str | None]:
    """The expression of each face; None where none is certain or none was read."""
    emotion = settled.faces.emotion
    return [None] * len(settled.faces) if emotion is None else emotion.texts()
