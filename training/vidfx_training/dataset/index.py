"""List the pictures of a data set with their labels, sources and parts.

Three layouts are read: ``DIR/<label>/**``, a plain ImageFolder; the same with ``DIR/split.json``
(see split.py), which gives the parts; and ``DIR/{train,val,test}/<label>/**``, split on disk.
With ``DIR/votes.csv`` (see votes.py) it lists the pictures, and folders are no labels.
``vidfx dataset extract`` writes the facts of each picture to ``DIR/faces.csv``, and how faces were
cut to ``DIR/dataset.json``.
"""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, cast, get_args

from vidfx_engines.spec import CropSpec
from vidfx_training.dataset.votes_file import VOTES_FILE, read_votes
from vidfx_training.errors import DataError

Part = Literal["train", "val", "test"]
PARTS: tuple[Part, ...] = get_args(Part)
PART_FOLDERS: dict[str, Part] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
}
PICTURE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
SPLIT_FILE = "split.json"
FACES_FILE = "faces.csv"
DATASET_FILE = "dataset.json"
FACE_COLUMNS = ("path", "label", "source", "time_s", "track", "face_px", "score", "quality")
"""Of ``faces.csv``: path relative to DIR, with slashes; source as the user named it; seconds;
shorter side of the face's box in the source, px; detector's score; quality 0..1. Empty: unknown."""


@dataclass(frozen=True)
class Picture:
    """One labelled picture."""

    path: str
    "relative to the data set's folder, with slashes"
    label: str
    "of voted pictures the answer with the most votes, the first of equals"
    part: Part | None = None
    source: str | None = None
    "the recording or photograph it was cut from, if known"
    time_s: float | None = None
    hard: bool = False
    "in the subset of the test set that is reported separately: dark, blurred, covered or small"
    votes: tuple[float, ...] | None = None
    "for each of the data set's answers: how many chose it, or its probability"


@dataclass(frozen=True)
class Dataset:
    """Labelled pictures below one folder, sorted by path."""

    root: Path
    pictures: tuple[Picture, ...]
    crop: CropSpec | None = None
    "how the faces were cut, where ``dataset.json`` says"
    split: Mapping[str, Any] = field(default_factory=dict[str, Any])
    "``split.json`` without the file list: seed, ratios, rule"
    answers: tuple[str, ...] = ()
    "the columns of ``votes.csv``; empty where pictures have one label each"

    def __len__(self) -> int:
        return len(self.pictures)

    def __iter__(self) -> Iterator[Picture]:
        return iter(self.pictures)

    @property
    def labels(self) -> tuple[str, ...]:
        """Sorted names of the classes that have pictures."""
        return tuple(sorted({p.label for p in self.pictures}))

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts that have pictures; empty where the data set is not split."""
        return tuple(part for part in PARTS if any(p.part == part for p in self.pictures))

    def part(self, part: Part) -> Dataset:
        """The pictures of one part."""
        return self.only(p for p in self.pictures if p.part == part)

    def only(self, pictures: Iterable[Picture]) -> Dataset:
        return replace(self, pictures=tuple(pictures))

    def file(self, picture: Picture) -> Path:
        return self.root / picture.path

    def counts(self) -> dict[str, int]:
        """Pictures by label, labels sorted."""
        return dict(sorted(Counter(p.label for p in self.pictures).items()))


def read_dataset(root: Path, *, split: Path | None = None, use_split: bool = True) -> Dataset:
    """List the pictures below ``root`` without opening them.

    ``split`` names a split file other than ``root/split.json``; ``use_split=False`` ignores both.
    Raises DataError where there are no pictures, or where votes.csv, faces.csv, dataset.json or the
    split file is wrong.
    """
    if not root.is_dir():
        raise DataError(f"{root}: there is no such folder", hint="name a folder of folders")
    on_disk = _parts_on_disk(root)
    answers: tuple[str, ...] = ()
    pictures: list[Picture] = []
    if (root / VOTES_FILE).is_file():
        answers, rows = read_votes(root)
        for path, votes in rows:
            label = answers[votes.index(max(votes))]
            pictures.append(Picture(path, label, on_disk.get(path.split("/")[0]), votes=votes))
    elif on_disk:
        for name, part in on_disk.items():
            for label in _folders(root / name):
                pictures += _pictures(root, f"{name}/{label}", label, part)
    else:
        for label in _folders(root):
            pictures += _pictures(root, label, label, None)
    if not pictures:
        raise DataError(
            f"{root}: no pictures in folders named after their labels",
            hint="lay them out as DIR/<label>/picture.jpg",
        )
    pictures.sort(key=lambda p: p.path)
    pictures = _with_sources(root, pictures)
    data = Dataset(root, tuple(pictures), _crop(root), answers=answers)
    file = split or root / SPLIT_FILE
    if use_split and (split is not None or file.is_file()):
        data = apply_split(data, file)
    return data


def empty_folders(data: Dataset) -> tuple[str, ...]:
    """Class folders without pictures; none where the labels are votes."""
    if data.answers:
        return ()
    listed = read_dataset(data.root, use_split=False)
    tops = [p for p in data.root.iterdir() if p.is_dir()]
    if listed.parts:
        parts = [p for p in tops if p.name.lower() in PART_FOLDERS]
        tops = [p for part in parts for p in part.iterdir() if p.is_dir()]
    filled = {p.path.rsplit("/", i)[0] for p in listed for i in range(1, p.path.count("/") + 1)}
    found = [p.relative_to(data.root).as_posix() for p in tops if not p.name.startswith(".")]
    return tuple(sorted(set(found) - filled))


def without_votes(data: Dataset) -> tuple[str, ...]:
    """Paths of pictures that ``votes.csv`` does not list; none where labels are folders."""
    if not data.answers:
        return ()
    listed = {p.path for p in read_dataset(data.root, use_split=False)}
    return tuple(sorted({p.path for p in _pictures(data.root, "", "", None)} - listed))


def _parts_on_disk(root: Path) -> dict[str, Part]:
    """The part by folder, where ``root`` has a folder for training; else empty."""
    found: dict[str, Part] = {
        name: PART_FOLDERS[name.lower()] for name in _folders(root) if name.lower() in PART_FOLDERS
    }
    return found if "train" in found.values() else {}


def _folders(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))


def _pictures(root: Path, below: str, label: str, part: Part | None) -> list[Picture]:
    """Every picture below ``root/below``, except hidden ones; follows no links to folders."""
    found: list[Picture] = []
    for place, folders, files in os.walk(root / below):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in files:
            if name.startswith(".") or Path(name).suffix.lower() not in PICTURE_SUFFIXES:
                continue
            path = Path(place, name).relative_to(root).as_posix()
            found.append(Picture(path, label, part))
    return found


def _with_sources(root: Path, pictures: list[Picture]) -> list[Picture]:
    """``pictures`` with the sources and times of ``faces.csv``."""
    known = {row["path"]: row for row in read_faces(root)}
    if not known:
        return pictures
    found: list[Picture] = []
    for picture in pictures:
        row = known.get(picture.path)
        if row:
            time_s = float(row["time_s"]) if row.get("time_s") else None
            picture = replace(picture, source=row.get("source") or None, time_s=time_s)  # noqa: PLW2901
        found.append(picture)
    return found


def read_faces(root: Path) -> list[dict[str, str]]:
    """The rows of ``root/faces.csv``; empty without one. Raises DataError where it is wrong."""
    file = root / FACES_FILE
    try:
        with file.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{file}: {error}", hint="fix or remove it") from error
    for number, row in enumerate(rows, 2):
        try:
            float(row["time_s"] or 0)
            if None in (row["path"], row["source"]):
                raise ValueError
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"{file}: line {number} is not what `vidfx dataset extract` writes",
                hint="extract again, or remove the file to continue without sources",
            ) from error
    return rows


def _crop(root: Path) -> CropSpec | None:
    file = root / DATASET_FILE
    if not file.is_file():
        return None
    content = read_json(file)
    crop = content.get("crop")
    if not isinstance(crop, dict):
        raise DataError(f"{file}: crop is missing", hint="extract again, or remove the file")
    found = cast("dict[str, Any]", crop)
    template, size = found.get("template"), found.get("size")
    if template not in ("arcface", "fer") or type(size) is not int or not 8 <= size <= 1024:
        raise DataError(f"{file}: crop: {found!r} is unknown", hint="extract again")
    return CropSpec(template, size)


def apply_split(data: Dataset, file: Path) -> Dataset:
    """``data`` with the parts of a split file, without the pictures that it does not list.

    Raises DataError where it lists none of these pictures, an unknown part, or a path twice.
    """
    content = read_json(file)
    files = content.get("files")
    if not isinstance(files, dict) or set(cast("dict[str, Any]", files)) - set(PARTS):
        raise DataError(f"{file}: not a split file", hint="make one: vidfx dataset split DIR")
    listed: dict[str, Part] = {}
    for part, paths in cast("dict[Part, Any]", files).items():
        for path in _strings(paths, file):
            if path in listed:
                raise DataError(f"{file}: {path} is in two parts", hint="split again")
            listed[path] = part
    hard: Collection[str] = set(_strings(content.get("hard", []), file))
    kept = [
        replace(p, part=listed[p.path], hard=p.path in hard)
        for p in data.pictures
        if p.path in listed
    ]
    if not kept:
        raise DataError(
            f"{file}: lists none of the pictures in {data.root}", hint="split this folder again"
        )
    rest = {key: value for key, value in content.items() if key not in ("files", "hard")}
    return replace(data, pictures=tuple(kept), split=rest)


def _strings(value: object, file: Path) -> list[str]:
    items = cast("list[object]", value) if isinstance(value, list) else [None]
    if not all(isinstance(item, str) for item in items):
        raise DataError(f"{file}: a list of paths is needed", hint="split again")
    return cast("list[str]", items)


def read_json(file: Path) -> dict[str, Any]:
    """The JSON object in ``file``. Raises DataError where it is unreadable or not an object."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DataError(f"{file}: {reason}", hint="fix or remove it") from error
    if not isinstance(content, dict):
        raise DataError(f"{file}: a JSON object is needed", hint="fix or remove it")
    return cast("dict[str, Any]", content)
