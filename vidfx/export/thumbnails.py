"""``NAME.thumbnails.vtt`` and ``.jpg``: small pictures that a player shows over its time line."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from fractions import Fraction
from urllib.parse import quote

import cv2
import numpy as np

from vidfx.export.from_source import PictureWriter
from vidfx.export.subtitles import between
from vidfx.export.writer import TextWriter
from vidfx.saved.runs import SavedVideo
from vidfx.stages.settled import Settled
from vidfx.video.read.source import open_source
from vidfx_engines.files import AtomicFile

COLUMNS, MOST = 10, 100
"""Of the sheet; thumbnails on it."""
WIDTH = 160
"""px of a thumbnail."""
JPEG_QUALITY = 80


@dataclass
class _Plan:
    """The times of the thumbnails: at most MOST, a second apart or more."""

    size: tuple[int, int]
    "width and height of a thumbnail, px"
    first_s: float = math.inf
    last_s: float = 0.0

    @classmethod
    def of(cls, video: SavedVideo) -> _Plan:
        width, height = video.size
        aspect = Fraction(video.summary["input"].get("sample_aspect_ratio", 1))
        return cls((WIDTH, max(1, round(WIDTH * height / (width * aspect)))))

    def add(self, settled: Settled) -> None:
        self.first_s = min(self.first_s, settled.frames[0].time_s)
        self.last_s = settled.frames[-1].time_s

    def times(self) -> list[float]:
        if self.last_s < self.first_s:
            return []
        every_s = max((self.last_s - self.first_s) / MOST, 1.0)
        count = min(int((self.last_s - self.first_s) / every_s) + 1, MOST)
        return [self.first_s + number * every_s for number in range(count)]

    def corner(self, number: int) -> tuple[int, int]:
        """Left and top of a thumbnail on the sheet, px."""
        down, right = divmod(number, COLUMNS)
        return right * self.size[0], down * self.size[1]


class ThumbnailSheet(PictureWriter):
    """``NAME.thumbnails.jpg``: all thumbnails in one picture."""

    def __init__(self, video: SavedVideo, file: AtomicFile) -> None:
        super().__init__(video, file)
        self._plan = _Plan.of(video)

    def add(self, settled: Settled) -> None:
        self._plan.add(settled)

    def finish(self) -> None:
        times, (width, height) = self._plan.times(), self._plan.size
        rows, columns = -(-len(times) // COLUMNS) or 1, min(len(times), COLUMNS) or 1
        sheet = np.zeros((rows * height, columns * width, 3), np.uint8)
        number = 0
        source, _ = open_source(self.video.source, planes=False)
        with source:
            for frame in source:
                if number == len(times):
                    break
                if source.info.seconds(frame.pts) < times[number] - 1e-6:
                    continue
                left, top = self._plan.corner(number)
                small = cv2.resize(frame.rgb, (width, height), interpolation=cv2.INTER_AREA)
                sheet[top : top + height, left : left + width] = small
                number += 1
        options = (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY)
        encoded, data = cv2.imencode(".jpg", sheet[..., ::-1], options)
        assert encoded
        self.path.write_bytes(data.tobytes())

    def close(self) -> None:
        """There is nothing to close."""


class ThumbnailVtt(TextWriter):
    """``NAME.thumbnails.vtt``: when each is shown, and where it is on the sheet."""

    def __init__(self, video: SavedVideo, file: AtomicFile) -> None:
        super().__init__(video, file)
        self._plan = _Plan.of(video)

    def add(self, settled: Settled) -> None:
        self._plan.add(settled)

    def finish(self) -> None:
        plan, times = self._plan, self._plan.times()
        ends = [*times[1:], plan.last_s + 1 / self.video.frame_rate]
        sheet = quote(os.fsencode(f"{self.video.name}.thumbnails.jpg"))
        self.text.write("WEBVTT\n")
        for number, (start_s, end_s) in enumerate(zip(times, ends, strict=True)):
            place = ",".join(map(str, (*plan.corner(number), *plan.size)))
            self.text.write(f"\n{between(start_s, end_s)}\n{sheet}#xywh={place}\n")
        self.close()
