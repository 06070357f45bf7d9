"""Texts with times: who and what as subtitles, and shots as chapters.

WebVTT is for browsers, SRT for players.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import ClassVar

from vidfx.export.cues import Cue, Cues
from vidfx.export.escapes import for_ffmetadata, for_subtitles, for_vtt
from vidfx.export.named_shots import NamedShot, NamedShots
from vidfx.export.writer import TextWriter
from vidfx.saved.runs import SavedVideo
from vidfx.stages.settled import Settled
from vidfx_engines.files import AtomicFile


def clock(seconds: float, *, point: str = ".") -> str:
    """Hours, minutes, seconds and milliseconds."""
    whole, thousandths = divmod(round(max(seconds, 0.0) * 1000), 1000)
    minutes, second = divmod(whole, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}{point}{thousandths:03d}"


def between(start_s: float, end_s: float, *, point: str = ".") -> str:
    """The line of times of a cue, which lasts a millisecond at least."""
    end_s = max(end_s, start_s + 0.001)
    return f"{clock(start_s, point=point)} --> {clock(end_s, point=point)}"


class _TimedText(TextWriter):
    """Writes each cue or shot once it is complete."""

    head: ClassVar[str] = ""
    kind: ClassVar[type[Cues | NamedShots]] = Cues

    def __init__(self, video: SavedVideo, file: AtomicFile) -> None:
        super().__init__(video, file)
        self._spans = self.kind(1 / video.frame_rate)
        self.text.write(self.head)

    def add(self, settled: Settled) -> None:
        self._write(self._spans.add(settled))

    def finish(self) -> None:
        self._write(self._spans.finish())
        self.close()

    def _write(self, spans: Iterable[Cue | NamedShot]) -> None:
        self.text.writelines(map(self._line, spans))

    @abstractmethod
    def _line(self, span: Cue | NamedShot) -> str: ...


class Vtt(_TimedText):
    """``NAME.vtt``."""

    head = "WEBVTT\n"

    def _line(self, span: Cue | NamedShot) -> str:
        return f"\n{between(span.start_s, span.end_s)}\n{for_vtt(span.text)}\n"


class Srt(_TimedText):
    """``NAME.srt``."""

    _number = 0

    def _line(self, span: Cue | NamedShot) -> str:
        self._number += 1
        times = between(span.start_s, span.end_s, point=",")
        return f"{self._number}\n{times}\n{for_subtitles(span.text)}\n\n"


class ChaptersVtt(Vtt):
    """``NAME.chapters.vtt``."""

    kind = NamedShots


class ChaptersFfmetadata(_TimedText):
    """``NAME.chapters.txt``: ``ffmpeg -i VIDEO -i FILE -map_chapters 1 -c copy OUT.mp4``."""

    head, kind = ";FFMETADATA1\n", NamedShots

    def _line(self, span: Cue | NamedShot) -> str:
        start, end = (round(time_s * 1000) for time_s in (span.start_s, span.end_s))
        title = for_ffmetadata(span.text)
        return f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={start}\nEND={end}\ntitle={title}\n"
