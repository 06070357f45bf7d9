"""A contact sheet for each track of finished videos."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vidfx.clips.clearest import TrackFaces, View, clearest_faces
from vidfx.clips.names import file_name
from vidfx.clips.sheet import compose, cut_out
from vidfx.corrections.read import corrected
from vidfx.corrections.shown import check_none_hidden
from vidfx.errors import InputError
from vidfx.jobs.outcomes import Outcome
from vidfx.notation import clean
from vidfx.overlay.font import Font
from vidfx.render.source import find_source
from vidfx.saved.each_video import Made, for_each_video
from vidfx.saved.places import VideosProgress, find_targets
from vidfx.saved.runs import AGAIN, SavedVideo, load_video
from vidfx.video.read.source import open_source
from vidfx.video.write.photograph import write_photograph

FOLDER = "sheets"
"""Below the first place, where no other folder is named."""


@dataclass(frozen=True)
class SheetRequest:
    faces: int = 12
    "on a sheet, at most"
    sources: Path | None = None
    "folder of the inputs, where they are not where they were"


def make_sheets(
    places: Sequence[Path],
    out: Path,
    request: SheetRequest,
    progress: VideosProgress,
) -> list[Outcome]:
    """Make the sheets of every video that ``places`` have; one that fails stops no other.

    ``progress`` gets each outcome, with its number of sheets, as soon as it is known. Raises
    UsageError before any work.
    """

    def work(summary: Path, folder: Path, made: Made) -> None:
        video = load_video(summary)
        check_none_hidden(video)
        tracks = clearest_faces(corrected(video), request.faces)
        if tracks:
            source = find_source(video, request.sources)
            _Sheets(video, tracks, request.faces, folder, made).read(source)

    return for_each_video(find_targets(places, out, progress), work, progress, "sheets")


class _Sheets:
    """The sheets of one video; each is written when its last face was read, and then forgotten."""

    def __init__(
        self,
        video: SavedVideo,
        tracks: Sequence[TrackFaces],
        most: int,
        folder: Path,
        made: Made,
    ) -> None:
        self._video, self._folder, self._made = video, folder, made
        self._font = Font()
        self._views = {track.number: track.chosen(most) for track in tracks}
        self._wanted: defaultdict[int, list[tuple[TrackFaces, View]]] = defaultdict(list)
        "by pts"
        for track in tracks:
            for view in self._views[track.number]:
                self._wanted[view.pts].append((track, view))
        self._pictures: defaultdict[int, list[np.ndarray]] = defaultdict(list)
        "by track"

    def read(self, source: Path) -> None:
        """Raises InputError where a frame is not there, and OutputError."""
        opened, _ = open_source(source, planes=False)
        with opened:
            for frame in opened:
                for track, view in self._wanted.pop(frame.pts, ()):
                    pictures = self._pictures[track.number]
                    pictures.append(cut_out(frame.rgb, view.box, opened.info.stretch))
                    if len(pictures) == len(self._views[track.number]):
                        self._write(track)
                if not self._wanted:
                    return
        raise InputError(
            f"{source}: {len(self._wanted)} frames that have rows are missing in it",
            hint=AGAIN,
        )

    def _write(self, track: TrackFaces) -> None:
        views, pictures = self._views[track.number], self._pictures.pop(track.number)
        faces = [
            (picture, _clock(view.time_s), clean(_line(view)))
            for view, picture in zip(views, pictures, strict=True)
        ]
        who = f": {track.identity}" if track.identity else ""
        sheet = compose(
            clean(f"Track {track.number}{who}"),
            clean(f"{self._video.name}, {_clock(track.first_s)} to {_clock(track.last_s)}"),
            faces,
            self._font,
        )
        name = file_name(self._video.name, f"track-{track.number:04}.jpg")
        write_photograph(self._folder / name, sheet, None)
        self._made.count += 1


def _line(view: View) -> str:
    quality = "interpolated" if view.quality < 0 else f"quality {view.quality:.2f}"
    return f"{view.expression}, {quality}" if view.expression else quality


def _clock(time_s: float) -> str:
    minutes, seconds = divmod(time_s, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02}:{seconds:04.1f}" if hours else f"{minutes}:{seconds:04.1f}"
