"""Clips of people, made of the photographs of Labeled Faces in the Wild.

A clip has three photographs of one person, each moved slowly, with a cut between them.
"""

from __future__ import annotations

import csv
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from benchmarks.clips import camera, write_clip

ENROLLED, SHOTS, SHOT_FRAMES = 5, 3, 20
"""Photographs of each person, of each clip, and frames of each photograph."""
SIDE = 360
"""px of the clips; LFW's photographs have 250."""
COLUMNS = ("video", "person", "from_s", "to_s", "x_px", "y_px")
STRANGER = "stranger_"
"""Begins the names of clips of people who are not enrolled."""


class Photographs:
    """The files of a zip by person: ``<person>/<file>.jpg``."""

    def __init__(self, archive: Path) -> None:
        self._zip = zipfile.ZipFile(archive)
        self.by_person: defaultdict[str, list[str]] = defaultdict(list)
        for name in sorted(self._zip.namelist()):
            if name.endswith(".jpg"):
                self.by_person[name.split("/")[-2]].append(name)

    def content(self, name: str) -> bytes:
        return self._zip.read(name)

    def pixels(self, name: str) -> np.ndarray:
        """(H, W, 3) uint8 RGB."""
        bgr = cv2.imdecode(np.frombuffer(self.content(name), np.uint8), cv2.IMREAD_COLOR)
        assert bgr is not None, name
        return np.ascontiguousarray(bgr[..., ::-1])


def make(
    archive: Path, people: int, clips: int, strangers: int, folder: Path, rng: np.random.Generator
) -> list[str]:
    """``clips`` of each of the ``people`` with most pictures, and one each of ``strangers``.

    ``folder`` gets ``enrolled/<person>/``, ``videos/`` and ``truth.csv``. No photograph is used
    twice. Returns the people.
    """
    found = Photographs(archive)
    often = sorted(found.by_person, key=lambda name: -len(found.by_person[name]))
    chosen, others = often[:people], [n for n in often[people:] if len(found.by_person[n]) >= SHOTS]
    rows: list[tuple[object, ...]] = [COLUMNS]
    for name in chosen:
        files = [str(file) for file in rng.permutation(found.by_person[name])]
        pictures = folder / "enrolled" / name
        pictures.mkdir(parents=True)
        for file in files[:ENROLLED]:
            (pictures / Path(file).name).write_bytes(found.content(file))
        for number in range(clips):
            start = ENROLLED + SHOTS * number
            video = folder / "videos" / f"{name}_{number}.mp4"
            _write(found, files[start : start + SHOTS], video, rng)
            rows.append((video.name, name, "", "", SIDE // 2, SIDE // 2))
    for name in rng.permutation(others)[:strangers].tolist():
        files = found.by_person[name][:SHOTS]
        _write(found, files, folder / "videos" / f"{STRANGER}{name}.mp4", rng)
    with (folder / "truth.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows(rows)
    return chosen


def _write(found: Photographs, files: Sequence[str], path: Path, rng: np.random.Generator) -> None:
    size = (SIDE, SIDE)
    shots: list[Iterator[np.ndarray]] = []
    for file in files:
        first, last = (
            (0.5 + x, 0.5 + y, across)
            for x, y, across in rng.uniform((-0.04, -0.04, 0.8), (0.04, 0.04, 1.0), (2, 3))
        )
        shots.append(camera(found.pixels(file), size, SHOT_FRAMES, (first, last)))
    write_clip(path, chain(*shots), size)
