"""Who and what as subtitles: WebVTT for browsers, SRT for players."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable

from vidfx.export.cues import Cue, Cues
from vidfx.export.escapes import for_subtitles, for_vtt
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


class _Subtitles(TextWriter):
    """Writes each cue once it is complete."""

    def __init__(self, video: SavedVideo, file: AtomicFile) -> None:
        super().__init__(video, file)
        self._cues = Cues(1 / video.frame_rate)

    def add(self, settled: Settled) -> None:
        self._write(self._cues.add(settled))

    def finish(self) -> None:
        self._write(self._cues.finish())
        self.close()

    def _write(self, cues: Iterable[Cue]) -> None:
        self.text.writelines(map(self._line, cues))

    @abstractmethod
    def _line(self, cue: Cue) -> str: ...


class Vtt(_Subtitles):
    """``NAME.vtt``."""

    def __init__(self, video: SavedVideo, file: AtomicFile) -> None:
        super().__init__(video, file)
        self.text.write("WEBVTT\n")

    def _line(self, cue: Cue) -> str:
        return f"\n{between(cue.start_s, cue.end_s)}\n{for_vtt(cue.text)}\n"


class Srt(_Subtitles):
    """``NAME.srt``."""

    def __init__(self, video: SavedVideo, file: AtomicFile) -> None:
        super().__init__(video, file)
        self._number = 0

    def _line(self, cue: Cue) -> str:
        self._number += 1
        times = between(cue.start_s, cue.end_s, point=",")
        return f"{self._number}\n{times}\n{for_subtitles(cue.text)}\n\n"
