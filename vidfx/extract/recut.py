"""``vidfx dataset recut``: a data set's pictures, and each cut again as ``annotate`` cuts faces.

    OUT/<path>              the picture as it is
    OUT/<stem>.cut.png      its face, beside it, where one is found (recut_picture)
    OUT/faces.csv           both with the same source, so that a split keeps them together
    OUT/votes.csv           where the data set has votes

OUT is made under a temporary name beside it, and renamed when it is complete.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from vidfx.annotation.models import load_models
from vidfx.config import Settings
from vidfx.errors import EngineFailedError, UsageError, output_errors
from vidfx.extract.recut_picture import CANVAS, THRESHOLD, OnCanvas, best_faces, cut_face, on_canvas
from vidfx.extract.request import ExtractProgress
from vidfx.extract.tables import append_rows
from vidfx.stages.detect import Detector
from vidfx_engines.cores import available_cores
from vidfx_engines.errors import EngineError
from vidfx_engines.files import part_name
from vidfx_engines.spec import CropSpec
from vidfx_training.dataset.index import (
    FACE_COLUMNS,
    FACES_FILE,
    SPLIT_FILE,
    Dataset,
    Picture,
    read_dataset,
)
from vidfx_training.dataset.picture_file import read_picture
from vidfx_training.dataset.votes_file import VOTES_FILE
from vidfx_training.errors import DataError

SCHEMA = "vidfx.dataset.recut/1"
BATCH = 16


@dataclass(frozen=True)
class Recut:
    """What a run resulted in."""

    pictures: int
    "copied"
    cut: int
    "of them also cut again; in the others no face was found"
    unreadable: tuple[str, ...]
    "paths of the pictures that were left out"

    def as_json(self) -> dict[str, Any]:
        without_face = self.pictures - self.cut
        return {"schema": SCHEMA, **asdict(self), "without_face": without_face}


def recut(
    root: Path, out: Path, crop: CropSpec, settings: Settings, progress: ExtractProgress
) -> Recut:
    """Make the data set ``out``, whole or not at all, from the one in ``root``.

    ``settings`` has detector, device, backend and threads. An unreadable picture is reported as
    failed and left out. Raises UsageError where ``out`` is not empty or the pictures were cut by
    ``annotate``'s rule already, DataError where the data set is wrong or not one picture can be
    read, UnavailableError and EngineFailedError for the detector, and OutputError.
    """
    data = read_dataset(root, use_split=False)
    _check(data, out)
    if (root / SPLIT_FILE).exists():
        progress.notice(f"{root / SPLIT_FILE} is not copied; split {out} again")
    target = Path(os.path.realpath(out))
    part = target.with_name(part_name(target.name))
    try:
        with output_errors(out):
            part.mkdir(parents=True)
            rows = list(_write_pictures(data, part, crop, settings, progress))
            if not rows:
                raise DataError(f"{root}: no picture can be read", hint="check the files")
            _write_tables(data, part, rows)
            part.replace(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    copied = {picture.path for picture, path in rows if picture.path == path}
    unreadable = tuple(p.path for p in data if p.path not in copied)
    return Recut(len(copied), len(rows) - len(copied), unreadable)


def _check(data: Dataset, out: Path) -> None:
    """Raises UsageError and DataError for what can be known before any work."""
    if data.crop is not None:
        raise UsageError(
            f"{data.root}: its faces were cut by `vidfx dataset extract`, as annotate cuts them",
            hint="train on it as it is",
        )
    if Path(os.path.realpath(out)).is_relative_to(os.path.realpath(data.root)):
        raise UsageError(f"{out}: is in the data set itself", hint="name a folder outside of it")
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise UsageError(f"{out}: exists and is not empty", hint="name a new folder")
    names: set[str] = set()
    for picture in data:
        for name in (picture.path, _cut_name(picture.path)):
            if name in names:
                raise DataError(
                    f"{data.root}: two pictures would have the name {name}",
                    hint="rename one of them; pictures that were cut again need no second time",
                )
            if name != name.encode(errors="replace").decode():
                raise DataError(f"{data.root}: the name {name!r} is not UTF-8", hint="rename it")
            names.add(name)


def _cut_name(path: str) -> str:
    return str(PurePosixPath(path).with_suffix(".cut.png"))


def _write_pictures(
    data: Dataset, part: Path, crop: CropSpec, settings: Settings, progress: ExtractProgress
) -> Iterator[tuple[Picture, str]]:
    """Yields each picture that was written below ``part``, with its path there."""

    def load(picture: Picture) -> OnCanvas | DataError:
        try:
            return on_canvas(read_picture(data.file(picture)))
        except DataError as error:
            return error

    def write(
        picture: Picture, item: OnCanvas, landmarks: np.ndarray | None
    ) -> list[tuple[Picture, str]]:
        path = picture.path
        (part / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(data.file(picture), part / path)
        if landmarks is None:
            return [(picture, path)]
        (part / _cut_name(path)).write_bytes(cut_face(item, landmarks, crop))
        return [(picture, path), (picture, _cut_name(path))]

    threads = settings.threads or available_cores()
    with load_models(settings, checks=False) as models, ThreadPoolExecutor(threads) as pool:
        for notice in models.notices():
            progress.notice(notice.text)
        detector = Detector(models.detector.engine, threshold=THRESHOLD, long_side=CANVAS)
        for start in range(0, len(data), BATCH):
            pictures = data.pictures[start : start + BATCH]
            progress.advanced(pictures[0].path, start, len(data))
            loaded: dict[Picture, OnCanvas] = {}
            for picture, found in zip(pictures, pool.map(load, pictures), strict=True):
                if isinstance(found, DataError):
                    progress.failed(picture.path, found)
                else:
                    loaded[picture] = found
            try:
                faces = best_faces(detector, list(loaded.values()))
            except EngineError as error:
                raise EngineFailedError(f"{data.root}: {error}", hint=error.hint) from error
            for written in pool.map(write, loaded, loaded.values(), faces):
                yield from written
        progress.advanced("", len(data), len(data))


def _write_tables(data: Dataset, part: Path, rows: list[tuple[Picture, str]]) -> None:
    faces = [
        {
            "path": path,
            "label": "" if data.answers else picture.label,
            "source": picture.source or picture.path,
        }
        for picture, path in rows
    ]
    append_rows(part / FACES_FILE, FACE_COLUMNS, faces)
    if data.answers:
        votes = [
            {"picture": path}
            | dict(zip(data.answers, map(_number, picture.votes or ()), strict=True))
            for picture, path in rows
        ]
        append_rows(part / VOTES_FILE, ("picture", *data.answers), votes)


def _number(vote: float) -> str:
    return str(int(vote) if vote.is_integer() else vote)
