"""The folder that face crops are collected in: an ImageFolder that remembers its sources.

    DIR/<label>/<stem>-<time or number>.jpg
    DIR/faces.csv        a row for each picture (vidfx_training.dataset.index)
    DIR/sources.csv      a row for each source that was looked at, faces or not
    DIR/dataset.json     how the faces were cut, and by which detector they were found
    DIR/.extract/        what is not finished; gone when no run is writing

The pictures of a source wait in ``.extract`` until all are whole. Then ``commit.json`` there lists
them, and from that moment on they count: whoever opens the folder next carries out what it says.
"""

from __future__ import annotations

import csv
import io
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import cv2

import vidfx
from vidfx.errors import OutputError, UsageError, output_errors
from vidfx.extract.crop_selection import REASONS, Crop
from vidfx.extract.names import safe_stem
from vidfx.output.strict_json import to_json
from vidfx_engines.files import write_atomically
from vidfx_engines.spec import CropSpec
from vidfx_training.dataset.index import (
    DATASET_FILE,
    FACE_COLUMNS,
    FACES_FILE,
    read_faces,
    read_json,
)
from vidfx_training.errors import DataError

SOURCES_FILE = "sources.csv"
SOURCE_COLUMNS = ("source", "label", "start_s", "end_s", "crops", *REASONS)
"""Of ``sources.csv``: the part that was read, empty where all was; pictures kept and left out."""
WORK_FOLDER = ".extract"
COMMIT_FILE = "commit.json"
JPEG = (
    *(cv2.IMWRITE_JPEG_QUALITY, 95),
    *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
)


@dataclass(frozen=True)
class Entry:
    """One source under one label: what is looked at once and no more."""

    source: str
    label: str
    start_s: str = ""
    "playback seconds; empty is the beginning"
    end_s: str = ""
    "playback seconds; empty is the end"


@dataclass(frozen=True)
class Waiting:
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
        self.notices: list[str] = []
        self._work = root / WORK_FOLDER
        self._commit = self._work / COMMIT_FILE
        self._counter = 0
        with output_errors(root):
            self._agree(crop, detector)
            self._work.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self._work, os.O_RDONLY)
        try:
            _lock(self._lock, root)
            self._recover()
            if not (root / DATASET_FILE).exists():
                _write_json(
                    root / DATASET_FILE,
                    {
                        "schema": 1,
                        "crop": {"template": crop.template, "size": crop.size},
                        "detector": dict(detector),
                        "vidfx": vidfx.__version__,
                    },
                )
        except BaseException:
            os.close(self._lock)
            raise

    def __enter__(self) -> DatasetWriter:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            with output_errors(self.root):
                self._recover()
                self._work.rmdir()
        finally:
            os.close(self._lock)

    def __contains__(self, entry: Entry) -> bool:
        return entry in self._entries

    def counts(self) -> dict[str, int]:
        """Rows of ``faces.csv`` by label."""
        return dict(self._counts)

    def keep(self, crop: Crop, *, photograph: bool) -> Waiting:
        """Write one crop of the source that is being read, for ``commit`` to take or leave."""
        self._counter += 1
        file = self._work / f"{self._counter}.jpg"
        whole, data = cv2.imencode(".jpg", cv2.cvtColor(crop.pixels, cv2.COLOR_RGB2BGR), JPEG)
        assert whole
        with output_errors(file):
            file.write_bytes(data.tobytes())
        facts = {
            "time_s": "" if photograph else f"{crop.time_s:.3f}",
            "track": "" if photograph else str(crop.track),
            "face_px": f"{crop.face_px:.1f}",
            "score": f"{crop.score:.4f}",
            "quality": f"{crop.quality:.4f}",
        }
        return Waiting(file, facts)

    def commit(
        self, entry: Entry, stem: str, crops: Sequence[Waiting], left_out: Mapping[str, int]
    ) -> None:
        """Make these crops of ``entry`` part of the data set, and forget the others."""
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
        _write_json(self._commit, {"moves": moves, "faces": rows, "source": source})
        with output_errors(self.root):
            self._carry_out()

    def discard(self) -> None:
        """Remove the crops of a source that did not come to its end."""
        with output_errors(self._work):
            for file in self._work.iterdir():
                if file != self._commit:
                    file.unlink(missing_ok=True)

    def _free_path(self, start: str) -> str:
        """A path that no row has, whatever the case of its letters, and no file."""
        number, path = 1, f"{start}.jpg"
        while path.casefold() in self._paths or (self.root / path).exists():
            number += 1
            path = f"{start}-{number}.jpg"
        self._paths.add(path.casefold())
        return path

    def _agree(self, crop: CropSpec, detector: Mapping[str, str | None]) -> None:
        file = self.root / DATASET_FILE
        if self.root.exists() and not self.root.is_dir():
            raise UsageError(f"{self.root}: is a file", hint="name a folder")
        if not file.exists():
            folders = (f for f in _children(self.root) if f.is_dir() and f.name[0] != ".")
            if any(_children(folder) for folder in folders):
                raise UsageError(
                    f"{self.root}: holds folders already, and no {DATASET_FILE} says how their "
                    "pictures were cut",
                    hint="name a new folder",
                )
            return
        content = read_json(file)
        have = content.get("crop")
        want = {"template": crop.template, "size": crop.size}
        if have != want:
            raise UsageError(
                f"{file}: its pictures have the crop {_show(have)}, not {_show(want)}",
                hint="use the same --size and --template, or another folder",
            )
        if content.get("detector") != dict(detector):
            self.notices.append(
                f"{file}: other faces here were found by another detector: "
                f"{_show(content.get('detector'))}"
            )

    def _recover(self) -> None:
        """Carry out what was decided, remove what was not, and read what is there."""
        torn = self._commit.exists()
        for name in (FACES_FILE, SOURCES_FILE):
            _end_line(self.root / name, torn=torn)
        rows, sources = read_faces(self.root), _read_sources(self.root / SOURCES_FILE)
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
        self._entries = {Entry(s["source"], s["label"], s["start_s"], s["end_s"]) for s in sources}
        known = {(entry.source, entry.label) for entry in self._entries}
        named = {(row["source"], row["label"]) for row in rows}
        self._entries |= {Entry(*source) for source in named - known}
        if torn:
            self._carry_out()
        self.discard()

    def _carry_out(self) -> None:
        """Do what ``commit.json`` says, whatever part of it is done already."""
        decided = read_json(self._commit)
        for name, path in cast("dict[str, str]", decided["moves"]).items():
            file, target = self._work / name, self.root / path
            if file.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                file.replace(target)
        rows = cast("list[dict[str, str]]", decided["faces"])
        rows = [row for row in rows if row["path"] not in self._rows]
        source = cast("dict[str, str]", decided["source"])
        entry = Entry(source["source"], source["label"], source["start_s"], source["end_s"])
        _append(self.root / FACES_FILE, FACE_COLUMNS, rows)
        if entry not in self._entries:
            _append(self.root / SOURCES_FILE, SOURCE_COLUMNS, [source])
        self._rows.update(row["path"] for row in rows)
        self._entries.add(entry)
        self._counts[entry.label] = self._counts.get(entry.label, 0) + len(rows)
        self._commit.unlink()


def _children(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _show(crop: object) -> str:
    if not isinstance(crop, dict):
        return repr(crop)
    return ", ".join(str(value) for value in cast("dict[str, object]", crop).values())


def _lock(folder: int, root: Path) -> None:
    """Keep every other run out of ``root`` until this process ends or closes ``folder``."""
    if sys.platform == "win32":
        return
    import fcntl  # noqa: PLC0415

    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise OutputError(
            f"{root}: another run is writing into this folder", hint="wait until it has ended"
        ) from error


def _write_json(file: Path, content: dict[str, Any]) -> None:
    with output_errors(file):
        write_atomically(file, (to_json(content, indent=1) + "\n").encode())


def _append(file: Path, columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
    """Add rows in one write, below a header where the file is new."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    if not file.exists() or not file.stat().st_size:
        writer.writeheader()
    writer.writerows(rows)
    with file.open("ab") as stream:
        stream.write(text.getvalue().encode())


def _end_line(file: Path, *, torn: bool) -> None:
    """Make a file end with a whole line: cut one that a killed run began, end an editor's."""
    if not file.exists():
        return
    data = file.read_bytes()
    if not data or data.endswith(b"\n"):
        return
    with file.open("rb+") as stream:
        if torn:
            stream.truncate(data.rfind(b"\n") + 1)
        else:
            stream.seek(0, os.SEEK_END)
            stream.write(b"\n")


def _read_sources(file: Path) -> list[dict[str, str]]:
    try:
        with file.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
    except FileNotFoundError:
        return []
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{file}: {error}", hint="mend or remove it") from error
    if rows and tuple(rows[0]) != SOURCE_COLUMNS:
        raise DataError(
            f"{file}: its columns are not {', '.join(SOURCE_COLUMNS)}", hint="mend or remove it"
        )
    return rows
