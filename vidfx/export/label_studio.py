"""``NAME.label-studio.json``: a task with a ``VideoRectangle`` for each track, as predictions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from vidfx.export.escapes import one_line
from vidfx.export.track_rows import TrackFile, TrackRows
from vidfx.export.writer import TextWriter
from vidfx.saved.runs import SavedVideo
from vidfx.stages.settled import Settled
from vidfx.version import __version__
from vidfx_engines.files import AtomicFile

NO_NAME = "face"
"""The label of a track without a name."""


class LabelStudio(TextWriter):
    """Frames count from 1 and are those of a player at the mean frame rate; boxes are in per cent.

    ``enabled`` is false where a track is not on the next frame.
    """

    def __init__(self, video: SavedVideo, file: AtomicFile) -> None:
        super().__init__(video, file)
        self._tracks = TrackFile(self.folder)
        self._last_s = 0.0

    def add(self, settled: Settled) -> None:
        self._tracks.add(settled)
        self._last_s = settled.frames[-1].time_s

    def finish(self) -> None:
        data = {"video": one_line(self.video.name)}
        model = f"vidfx {__version__}"
        self.text.write(f'[{{"data": {json.dumps(data)},\n"predictions": [{{"model_version": ')
        self.text.write(f'{json.dumps(model)}, "result": [')
        separator = "\n"
        for track in self._tracks.tracks():
            self.text.write(separator)
            self.text.writelines(self._region(track))
            separator = ",\n"
        self.text.write("]}]}]\n")
        self.close()

    def close(self) -> None:
        self._tracks.close()
        super().close()

    def _region(self, track: TrackRows) -> Iterator[str]:
        rate = self.video.frame_rate
        value = {
            "framesCount": round(self._last_s * rate) + 1,
            "duration": round(self._last_s + 1 / rate, 6),
            "labels": [one_line(track.identity or NO_NAME)],
        }
        yield f'{{"id": "track-{track.number}", "type": "videorectangle", "from_name": "box", '
        yield f'"to_name": "video", "value": {json.dumps(value)[:-1]}, "sequence": ['
        separator = ""
        for key in self._sequence(track):
            yield separator + json.dumps(key)
            separator = ","
        yield "]}}"

    def _sequence(self, track: TrackRows) -> Iterator[dict[str, Any]]:
        width, height = self.video.size
        rows = zip(
            *(track.time_s.tolist(), track.box.tolist(), track.is_key.tolist()),
            track.ends.tolist(),
            strict=True,
        )
        waiting: dict[str, Any] | None = None
        for time_s, (x1, y1, x2, y2), is_key, ends in rows:
            if not is_key:
                continue
            key = {
                "frame": round(time_s * self.video.frame_rate) + 1,
                "time": round(time_s, 6),
                "enabled": not ends,
                "rotation": 0,
                "x": round(100 * x1 / width, 4),
                "y": round(100 * y1 / height, 4),
                "width": round(100 * (x2 - x1) / width, 4),
                "height": round(100 * (y2 - y1) / height, 4),
            }
            if waiting and waiting["frame"] < key["frame"]:
                yield waiting
            waiting = key  # of two that share a frame of the player, the later one
        if waiting:
            yield waiting
