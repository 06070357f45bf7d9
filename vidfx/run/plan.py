"""From what the user named to jobs: one input, and the names of its results."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vidfx.errors import InputError, NotMediaError, VidfxError
from vidfx.video.image_source import IMAGE_SUFFIXES

VIDEO_SUFFIXES = frozenset(
    [
        *(".3gp", ".asf", ".avi", ".flv", ".gif", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4"),
        *(".mpeg", ".mpg", ".mts", ".mxf", ".ogv", ".ts", ".vob", ".webm", ".wmv"),
    ]
)
LIST_SUFFIXES = frozenset({".txt", ".lst"})
ANNOTATED = ".annotated.mp4"


@dataclass(frozen=True)
class Outputs:
    """The files that one input becomes."""

    video: Path
    faces: Path
    frames: Path
    summary: Path

    @classmethod
    def of(cls, stem: Path) -> Outputs:
        def named(ending: str) -> Path:
            return stem.with_name(stem.name + ending)

        return cls(
            named(ANNOTATED), named(".faces.csv"), named(".frames.csv"), named(".summary.json")
        )

    def __iter__(self) -> Iterator[Path]:
        return iter((self.video, self.faces, self.frames, self.summary))


@dataclass(frozen=True)
class Job:
    """One input and where its results go."""

    source: Path
    outputs: Outputs


@dataclass(frozen=True)
class Plan:
    jobs: tuple[Job, ...]
    refused: tuple[tuple[str, VidfxError], ...]
    "inputs that cannot even be jobs, as typed, with the reason"


@dataclass(frozen=True)
class _Found:
    path: Path
    relative: Path
    "where it stands below the folder that the user named"


def plan(inputs: Sequence[str], out: Path) -> Plan:
    """Jobs for files, folders, globs and lists of paths, each input once, in the order given.

    Results mirror the place of an input below the folder that was named. Inputs that would share
    a name keep their suffix in it; if they still do, their folders' names.
    """
    found: dict[Path, _Found] = {}
    refused: list[tuple[str, VidfxError]] = []
    for text in inputs:
        try:
            for item in _expand(text, listed=False):
                found.setdefault(item.path.resolve(), item)
        except VidfxError as error:
            refused.append((text, error))
    items = list(found.values())
    stems = _stems(items)
    jobs = [Job(item.path, Outputs.of(out / stem)) for item, stem in zip(items, stems, strict=True)]
    return Plan(tuple(jobs), tuple(refused))


def _stems(items: Sequence[_Found]) -> list[Path]:
    names = [i.relative if i.path.is_dir() else i.relative.with_suffix("") for i in items]
    names = _apart(names, [item.relative for item in items])
    return _apart(names, [Path(*item.path.resolve().parts[1:]) for item in items])


def _apart(names: list[Path], longer: list[Path]) -> list[Path]:
    """``names``, with those that stand more than once replaced by their ``longer`` ones."""
    times = Counter(names)
    return [n if times[n] == 1 else more for n, more in zip(names, longer, strict=True)]


def _expand(text: str, *, listed: bool) -> Iterator[_Found]:
    path = Path(text)
    if "\0" in text:
        raise NotMediaError(f"{text!r}: not a path", hint="check the spelling")
    try:
        if path.is_dir():
            yield from _in_folder(path)
        elif path.suffix.lower() in LIST_SUFFIXES and path.is_file() and not listed:
            yield from _in_list(path)
        elif path.exists():
            yield _Found(path, Path(path.name))
        elif glob.has_magic(text):
            matches = sorted(glob.glob(text, recursive=True))  # noqa: PTH207 - absolute ones too
            if not matches:
                raise NotMediaError(f"{text}: matches no file", hint="check the pattern")
            for match in matches:
                yield from _expand(match, listed=True)
        else:
            raise NotMediaError(f"{text}: there is no such file", hint="check the spelling")
    except OSError as error:
        raise InputError(f"{text}: {error.strerror}", hint="check the path") from error


def _in_list(path: Path) -> Iterator[_Found]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise NotMediaError(f"{path}: not a list of paths", hint="save it as UTF-8") from error
    names = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not names:
        raise NotMediaError(f"{path}: lists no paths", hint="write one path on each line")
    for name in names:
        yield from _expand(str(path.parent / name), listed=True)


def _in_folder(folder: Path) -> Iterator[_Found]:
    """Media below a folder; a folder that holds pictures and no video is one sequence."""
    before = 0
    for where, folders, files in os.walk(folder):
        place = Path(where)
        relative = place.relative_to(folder)
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        media = sorted(f for f in files if not f.startswith(".") and not f.endswith(ANNOTATED))
        videos = [f for f in media if Path(f).suffix.lower() in VIDEO_SUFFIXES]
        if videos:
            for name in videos:
                yield _Found(place / name, relative / name)
        elif any(Path(f).suffix.lower() in IMAGE_SUFFIXES for f in media):
            yield _Found(place, relative if relative.parts else Path(folder.resolve().name))
        else:
            continue
        before += 1
    if not before:
        raise NotMediaError(f"{folder}: no media in this folder", hint="name a folder of videos")
