"""``NAME.overlay.mkv``: a copy of the input with boxes and labels as subtitles, and chapters."""

from __future__ import annotations

from fractions import Fraction

from vidfx.corrections.read import read_corrections
from vidfx.errors import InputError
from vidfx.export.ass import Ass
from vidfx.export.chapters import NamedShot, NamedShots
from vidfx.export.escapes import one_line
from vidfx.export.writer import Writer
from vidfx.saved.runs import SavedVideo
from vidfx.stages.settled import Settled
from vidfx.types import Chapter
from vidfx.video.write.subtitled import copy_with_subtitles
from vidfx_engines.files import AtomicFile


class Mkv(Writer):
    """Writes an ASS file first, whose lines go into the copy at the end."""

    needs_source = True

    def __init__(self, video: SavedVideo, file: AtomicFile) -> None:
        """Raises InputError where the input shows faces that are to be hidden."""
        super().__init__(video, file)
        if _hides(video):
            raise InputError(
                f"{video.path}: faces are to be hidden, and a copy of the input would show them",
                hint="use `vidfx render --hide`, and --to ass beside its result",
            )
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
            Chapter(
                zero + Fraction(shot.start_s), zero + Fraction(shot.end_s), one_line(shot.title)
            )
            for shot in self._chapters
        ]
        copy_with_subtitles(self.video.source, self._lines.writable, chapters, zero, self._file)

    def close(self) -> None:
        self._ass.close()
        self._lines.discard()


def _hides(video: SavedVideo) -> bool:
    """Whether the annotated video hides faces, or corrections say so."""
    settings = video.summary.get("fingerprint", {}).get("settings", {})
    corrections = read_corrections(video.path, video.expressions)
    return bool(settings.get("hide") or corrections.of("hide"))
