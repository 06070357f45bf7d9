"""The folder that face crops are collected in: an ImageFolder that records its sources.

    DIR/<label>/<stem>-<time or number>.jpg
    DIR/faces.csv        a row for each picture (vidfx_training.dataset.index)
    DIR/sources.csv      a row for each source that was read, with faces or without (tables)
    DIR/dataset.json     how the faces were cut, and which detector found them (dataset_json)
    DIR/.extract/        unfinished work; removed at the end of a run

The pictures of a source are kept in ``.extract`` until all are written. Then ``commit.json`` there
lists them, and from then on they count: the next process that opens the folder does what it says.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import cv2

from vidfx.errors import OutputError, output_errors
from vidfx.extract.crop_selection import REASONS, FaceCrop
from vidfx.extract.dataset_json import check_dataset, write_dataset_json, write_json
from vidfx.extract.names import safe_stem
from vidfx.extract.tables import (
    SOURCE_COLUMNS,
    SOURCES_FILE,
    append_rows,
    end_last_line,
    read_sources,
)
from vidfx.jobs.file_locks import lock_file
from vidfx_engines.spec import CropSpec
from vidfx_training.dataset.index import FACE_COLUMNS, FACES_FILE, read_faces, read_json
from vidfx_training.errors import DataError

WORK_FOLDER = ".extract"
COMMIT_FILE = "commit.json"
JPEG = (
    *(cv2.IMWRITE_JPEG_QUALITY, 95),
    *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
)


@dataclass(frozen=True)
class SourceEntry:
    """One source under one label, which is read only once."""

    source: str
    label: str
    start_s: str = ""
    "playback seconds; empty is the beginning"
    end_s: str = ""
    "playback seconds; empty is the end"


@dataclass(frozen=True)
class PendingCrop:
    """A crop on the disk that has no name in the data set yet."""

    file: Path
    facts: dict[str, str]
    "the cells of its row that are known: time_s, track, face_px, score, quality"


class DatasetWriter:
    """A folder of crops, open for one run at a time.

    Raises UsageError where its pictures were cut otherwise or are of unknown origin, DataError
    where its files are damaged, OutputError where it cannot be written or another run writes.
    """

    def __init__(self, root: Path, crop: CropSpec, detector: Mapping[str, str | None]) -> None:
        self.root = root
        self._work = root / WORK_FOLDER
        self._commit_file = self._work / COMMIT_FILE
        self._counter = 0
        with output_errors(root):
            self.notices = check_dataset(root, crop, detector)
            self._work.mkdir(parents=True, exist_ok=True)
            self._lock = _lock(self._work, root)
        try:
            self._recover()
            write_dataset_json(root, crop, detector)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> DatasetWriter:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            with output_errors(self.root):
                self._recover()
                self._work.rmdir()
        finally:
            self.close()

    def __contains__(self, entry: SourceEntry) -> bool:
        return entry in self._entries

    def close(self) -> None:
        """Let other runs write; unfinished work stays for the next one."""
        os.close(self._lock)

    def counts(self) -> dict[str, int]:
        """Rows of ``faces.csv`` by label."""
        return dict(self._counts)

    def keep(self, crop: FaceCrop, *, photograph: bool) -> PendingCrop:
        """Write one crop of the source that is being read, for ``commit``. Raises OutputError."""
        self._counter += 1
        file = self._work / f"{self._counter}.jpg"
        encoded, data = cv2.imencode(".jpg", cv2.cvtColor(crop.pixels, cv2.COLOR_RGB2BGR), JPEG)
        assert encoded
        with output_errors(file):
            file.write_bytes(data.tobytes())
        facts = {
            "time_s": "" if photograph else f"{crop.time_s:.3f}",
            "track": "" if photograph else str(crop.track),
            "face_px": f"{crop.face_px:.1f}",
            "score": f"{crop.score:.4f}",
            "quality": f"{crop.quality:.4f}",
        }
        return PendingCrop(file, facts)

    def commit(
        self,
        entry: SourceEntry,
        stem: str,
        crops: Sequence[PendingCrop],
        left_out: Mapping[str, int],
    ) -> None:
        """Add ``crops`` of ``entry`` to the data set. Raises OutputError.

        Their file names begin with ``stem``. Crops that were kept but are not given are removed
        when the folder is closed.
        """
        moves: dict[str, str] = {}
        rows: list[dict[str, str]] = []
        for number, crop in enumerate(crops, 1):
            time_s = crop.facts["time_s"]
            mark = f"{float(time_s):09.3f}" if time_s else str(number)
            path = self._free_path(f"{entry.label}/{safe_stem(stem)}-{mark}")
            moves[crop.file.name] = path
            rows.append({"path": path, "label": entry.label, "source": entry.source, **crop.facts})
        counts = {"crops": len(crops), **{reason: left_out.get(reason, 0) for reason in REASONS}}
        source = {**asdict(entry), **{name: str(n) for name, n in counts.items()}}
        write_json(self._commit_file, {"moves": moves, "faces": rows, "source": source})
        with output_errors(self.root):
            self._carry_out()

    def discard(self) -> None:
        """Remove the crops of a source that failed. Raises OutputError."""
        with output_errors(self._work):
            for file in self._work.iterdir():
                if file != self._commit_file:
                    file.unlink(missing_ok=True)

    def _free_path(self, start: str) -> str:
        """A path that no row has, in upper or lower case, and no file."""
        number, path = 1, f"{start}.jpg"
        while path.casefold() in self._paths or (self.root / path).exists():
            number += 1
            path = f"{start}-{number}.jpg"
        self._paths.add(path.casefold())
        return path

    def _recover(self) -> None:
        """Finish what ``commit.json`` lists, remove other unfinished work, and read the tables."""
        torn = self._commit_file.exists()
        for name in (FACES_FILE, SOURCES_FILE):
            end_last_line(self.root / name, torn=torn)
        rows, sources = read_faces(self.root), read_sources(self.root)
        if rows and tuple(rows[0]) != FACE_COLUMNS:
            raise DataError(
                f"{self.root / FACES_FILE}: its columns are not {', '.join(FACE_COLUMNS)}",
                hint="extract into another folder",
            )
        self._rows = {row["path"] for row in rows}
        self._paths = {path.casefold() for path in self._rows}
        self._counts: dict[str, int] = {}
        for row in rows:
            self._counts[row["label"]] = self._counts.get(row["label"], 0) + 1
        self._entries = set(map(_entry, sources))
        known = {(entry.source, entry.label) for entry in self._entries}
        named = {(row["source"], row["label"]) for row in rows}
        self._entries |= {SourceEntry(*source) for source in named - known}
        if torn:
            self._carry_out()
        self.discard()

    def _carry_out(self) -> None:
        """Do what ``commit.json`` says; parts of it may be done already."""
        decided = read_json(self._commit_file)
        for name, path in cast("dict[str, str]", decided["moves"]).items():
            file, target = self._work / name, self.root / path
            if file.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                file.replace(target)
        rows = cast("list[dict[str, str]]", decided["faces"])
        rows = [row for row in rows if row["path"] not in self._rows]
        source = cast("dict[str, str]", decided["source"])
        entry = _entry(source)
        append_rows(self.root / FACES_FILE, FACE_COLUMNS, rows)
        if entry not in self._entries:
            append_rows(self.root / SOURCES_FILE, SOURCE_COLUMNS, [source])
        self._rows.update(row["path"] for row in rows)
        self._entries.add(entry)
        self._counts[entry.label] = self._counts.get(entry.label, 0) + len(rows)
        self._commit_file.unlink()


def _entry(row: Mapping[str, str]) -> SourceEntry:
    return SourceEntry(row["source"], row["label"], row["start_s"], row["end_s"])


def _lock(folder: Path, root: Path) -> int:
    """Keep every other run out of ``root`` until the returned descriptor is closed.

    Raises OSError, and OutputError where another run has it.
    """
    opened = os.open(folder, os.O_RDONLY)
    try:
        lock_file(opened)
    except BlockingIOError as error:
        os.close(opened)
        raise OutputError(
            f"{root}: another run is writing into this folder", hint="wait until it has ended"
        ) from error
    return opened
