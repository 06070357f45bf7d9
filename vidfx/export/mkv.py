"""``NAME.overlay.mkv``: a copy of the input with boxes and labels as subtitles, and chapters."""

from __future__ import annotations

from fractions import Fraction

from vidfx.export.ass import Ass
from vidfx.export.escapes import one_line
from vidfx.export.from_source import PictureWriter
from vidfx.export.named_shots import NamedShot, NamedShots
from vidfx.saved.runs import SavedVideo
from vidfx.stages.settled import Settled
from vidfx.types import Chapter
from vidfx.video.write.subtitled import copy_with_subtitles
from vidfx_engines.files import AtomicFile


class Mkv(PictureWriter):
    """Writes an ASS file first, whose lines go into the copy at the end."""

    def __init__(self, video: SavedVideo, file: AtomicFile) -> None:
        super().__init__(video, file)
        self._file = file
        self._lines = AtomicFile(file.path.with_name(f"{file.path.name}.ass"))
        self._ass = Ass(video, self._lines)
        self._shots = NamedShots(1 / video.frame_rate)
        self._chapters: list[NamedShot] = []

    def add(self, settled: Settled) -> None:
        self._ass.add(settled)
        self._chapters += self._shots.add(settled)

    def finish(self) -> None:
        self._ass.finish()
        self._chapters += self._shots.finish()
        start = int(self.video.summary["input"].get("start_pts", 0))
        zero = start * self.video.time_base
        chapters = [
            Chapter(zero + Fraction(shot.start_s), zero + Fraction(shot.end_s), one_line(shot.text))
            for shot in self._chapters
        ]
        copy_with_subtitles(self.video.source, self._lines.writable, chapters, zero, self._file)

    def close(self) -> None:
        self._ass.close()
        self._lines.discard()
