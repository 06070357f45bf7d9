"""A chapter a shot, with the names of who is in it: WebVTT for browsers, and FFmpeg's metadata."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from vidfx.export.escapes import for_ffmetadata, for_vtt
from vidfx.export.subtitles import between
from vidfx.export.writer import TextWriter
from vidfx.saved.runs import SavedVideo
from vidfx.stages.settled import Settled
from vidfx_engines.files import AtomicFile

SHORTEST_S = 1.0
"""A cut sooner after the start of a chapter begins no other one."""


@dataclass
class NamedShot:
    """What is between two cuts."""

    number: int
    "from 1"
    start_s: float
    end_s: float = 0.0
    "the start of the next one"
    people: set[str] = field(default_factory=set[str])
    "the names of those who are seen in it"

    @property
    def title(self) -> str:
        names = ", ".join(sorted(self.people))
        return f"Shot {self.number}: {names}" if names else f"Shot {self.number}"


class NamedShots:
    """Finds the shots of frames that are added in order."""

    def __init__(self, frame_s: float) -> None:
        """``frame_s`` is how long the last frame is shown."""
        self._frame_s = frame_s
        self._shot: NamedShot | None = None
        self._last_s = 0.0

    def add(self, settled: Settled) -> Iterator[NamedShot]:
        """Yields those that end."""
        names: list[set[str]] = [set() for _ in settled.frames]
        labels = settled.faces.identity
        if labels:
            named: list[bool] = labels.are_people().tolist()
            for place, name, is_named in zip(settled.places, labels.texts(), named, strict=True):
                if name and is_named:
                    names[place].add(name)
        for frame, people in zip(settled.frames, names, strict=True):
            self._last_s = frame.time_s
            shot = self._shot
            if shot is None:
                shot = self._shot = NamedShot(1, frame.time_s)
            elif frame.cut and frame.time_s - shot.start_s >= SHORTEST_S:
                shot.end_s = frame.time_s
                yield shot
                shot = self._shot = NamedShot(shot.number + 1, frame.time_s)
            shot.people |= people

    def finish(self) -> Iterator[NamedShot]:
        """Yields the last one."""
        if self._shot:
            self._shot.end_s = self._last_s + self._frame_s
            yield self._shot


class _Chapters(TextWriter):
    """Writes each chapter once its end is known."""

    def __init__(self, video: SavedVideo, file: AtomicFile) -> None:
        super().__init__(video, file)
        self._shots = NamedShots(1 / video.frame_rate)

    def add(self, settled: Settled) -> None:
        self._write(self._shots.add(settled))

    def finish(self) -> None:
        self._write(self._shots.finish())
        self.close()

    def _write(self, shots: Iterable[NamedShot]) -> None:
        self.text.writelines(map(self._line, shots))

    @abstractmethod
    def _line(self, shot: NamedShot) -> str: ...


class ChaptersVtt(_Chapters):
    """``NAME.chapters.vtt``."""

    def __init__(self, video: SavedVideo, file: AtomicFile) -> None:
        super().__init__(video, file)
        self.text.write("WEBVTT\n")

    def _line(self, shot: NamedShot) -> str:
        return f"\n{between(shot.start_s, shot.end_s)}\n{for_vtt(shot.title)}\n"


class ChaptersFfmetadata(_Chapters):
    """``NAME.chapters.txt``: ``ffmpeg -i VIDEO -i FILE -map_chapters 1 -c copy OUT.mp4``."""

    def __init__(self, video: SavedVideo, file: AtomicFile) -> None:
        super().__init__(video, file)
        self.text.write(";FFMETADATA1\n")

    def _line(self, shot: NamedShot) -> str:
        start, end = (round(time_s * 1000) for time_s in (shot.start_s, shot.end_s))
        title = for_ffmetadata(shot.title)
        return f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={start}\nEND={end}\ntitle={title}\n"
