"""From what the user named to jobs: one input, and the names of its results."""

from __future__ import annotations

import glob
import os
import re
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vidfx.errors import (
    InputError,
    NotMediaError,
    OutputExistsError,
    UnavailableError,
    VidfxError,
)
from vidfx.run import storage
from vidfx.run.storage import Origin
from vidfx.video.segment import Segment
from vidfx.video.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES

LIST_SUFFIXES = frozenset({".txt", ".lst"})
ANNOTATED = ".annotated.mp4"
_ANY_FOLDERS = re.compile(r"(?:^|(?<=/))\*\*(?:/|$)")


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
class Part:
    """A segment of a video that a worker does for another one."""

    segment: Segment
    labels: Path | None = None
    "what to draw on it; None: only look at it"

    def file(self, path: Path) -> Path:
        """Stands for this segment's part of an output."""
        return path.with_name(f"{path.name}.{self.segment.number}")


@dataclass(frozen=True)
class Job:
    """One input and where its results go."""

    source: Path
    outputs: Outputs
    origin: Origin | None = None
    "of a video on storage, whose place in the spool is ``source``"
    destination: str | None = None
    "URL of the folder that the results go to from the spool"
    part: Part | None = None
    "None: the whole of it"

    @property
    def name(self) -> str:
        """As the user knows it."""
        return self.origin.url if self.origin else str(self.source)

    def addresses(self) -> list[str]:
        """Where the results will stand, in the order of ``outputs``."""
        if self.destination is None:
            return [str(path) for path in self.outputs]
        return [f"{self.destination}/{path.name}" for path in self.outputs]


@dataclass(frozen=True)
class Plan:
    folder: Path
    "where results are made: the output folder, or what stands for it in the spool"
    jobs: tuple[Job, ...]
    refused: tuple[tuple[str, VidfxError], ...]
    "inputs, lines of lists and files found that cannot even be jobs, with the reason"


@dataclass(frozen=True)
class _Found:
    path: Path
    relative: Path
    "where it stands below the folder that the user named"
    origin: Origin | None = None


def plan(inputs: Sequence[str], out: str | Path) -> Plan:
    """Jobs for files, folders, globs and lists of paths, each input once, in the order given.

    Results mirror the place of an input below the folder that was named. Inputs that would share
    a name keep their suffix in it; if they still do, their place below the folder that all inputs
    have in common. A job whose results would stand on an input is refused. Inputs and ``out``
    may be URLs of storage. Raises UnavailableError where a store's package is missing.
    """
    search = _Search()
    folder = storage.folder_for(out)
    url = str(out).rstrip("/") if storage.is_url(str(out)) else None
    for text in inputs:
        search.add(text)
    items = list(search.found.values())
    jobs: list[Job] = []
    for item, stem in zip(items, _stems(items), strict=True):
        below = "" if stem.parent == Path() else f"/{stem.parent.as_posix()}"
        destination = None if url is None else url + below
        job = Job(item.path, Outputs.of(folder / stem), item.origin, destination)
        hit = next((path for path in job.outputs if _real(path) in search.found), None)
        if hit is None:
            jobs.append(job)
            continue
        error = OutputExistsError(
            f"{job.name}: its result {hit} would overwrite an input",
            hint="use another output folder",
        )
        search.refuse(job.name, error)
    return Plan(folder, tuple(jobs), tuple(search.refused.values()))


def find_media(inputs: Sequence[str]) -> tuple[list[Path], list[tuple[str, VidfxError]]]:
    """Files that ``inputs`` stand for, each once: videos, and every picture for itself.

    The second list is what was refused, with the reason.
    """
    search = _Search(sequences=False)
    for text in inputs:
        search.add(text)
    return [item.path for item in search.found.values()], list(search.refused.values())


def _stems(items: Sequence[_Found]) -> list[Path]:
    """A name for each item, unlike any other."""

    def bare(names: Sequence[Path]) -> list[Path]:
        pairs = zip(items, names, strict=True)
        return [name if item.path.is_dir() else name.with_suffix("") for item, name in pairs]

    places = [
        _real(i.path) if i.path.is_dir() else _real(i.path.parent) / i.path.name for i in items
    ]
    common = os.path.commonpath([place.parent for place in places]) if places else ""
    below = [place.relative_to(common) for place in places]
    relative = [item.relative for item in items]
    names = bare(relative)
    for longer in (relative, bare(below), below):
        names = _apart(names, longer)
    while (apart := _apart(names, below)) != names:
        names = apart
    return names


def _apart(names: list[Path], longer: list[Path]) -> list[Path]:
    """``names``, with those that stand more than once replaced by their ``longer`` ones."""
    times = Counter(names)
    return [n if times[n] == 1 else more for n, more in zip(names, longer, strict=True)]


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))  # before Python 3.13, resolve() fails on a loop of links


class _Search:
    """What inputs stand for. Whatever is wrong with one costs no other."""

    def __init__(self, *, sequences: bool = True) -> None:
        self.sequences = sequences
        "a folder that holds pictures and no video is one input; else each picture is one"
        self.found: dict[Path, _Found] = {}
        "by real path"
        self.refused: dict[str, tuple[str, VidfxError]] = {}
        "by message: each is said once"

    def add(self, text: str, folder: Path = Path(), *, listed: bool = False) -> None:
        """An input as typed, or a line of a list in ``folder``."""
        if storage.is_url(text):
            with self._refusing(text, Path(text)):
                self._add_url(text)
            return
        text = storage.local_path(text)
        path = folder / text
        with self._refusing(text, path):
            if not text.strip() or "\0" in text:
                raise NotMediaError(f"{text!r}: not a path", hint="name a video or a folder")
            if path.suffix.lower() in LIST_SUFFIXES and path.is_file() and not listed:
                self._add_list(path)
            elif path.exists():
                self._add_path(path)
            elif glob.has_magic(text):
                self._add_glob(text, folder)
            else:
                raise NotMediaError(f"{path}: there is no such file", hint="check the spelling")

    def refuse(self, name: str, error: VidfxError) -> None:
        self.refused.setdefault(str(error), (name, error))

    @contextmanager
    def _refusing(self, name: str, path: Path) -> Generator[None]:
        try:
            yield
        except UnavailableError:
            raise
        except VidfxError as error:
            self.refuse(name, error)
        except OSError as error:
            self._refuse_path(name, path, error)

    def _refuse_path(self, name: str, path: Path, error: OSError) -> None:
        reason = error.strerror or error
        self.refuse(name, InputError(f"{path}: {reason}", hint="check the path"))

    def _add_path(self, path: Path) -> None:
        if path.is_dir():
            self._add_folder(path)
        else:
            self._keep(path, Path(path.name))

    def _keep(self, path: Path, relative: Path) -> None:
        with self._refusing(str(path), path):
            self.found.setdefault(Path(os.path.realpath(path, strict=True)), _Found(path, relative))

    def _add_url(self, url: str) -> None:
        """Videos on storage; a sequence of pictures there is not one input."""
        for item in storage.find(url, VIDEO_SUFFIXES):
            if not item.local.name.endswith(ANNOTATED):
                found = _Found(item.local, item.relative, item.origin)
                self.found.setdefault(_real(item.local), found)

    def _add_list(self, path: Path) -> None:
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except UnicodeDecodeError as error:
            raise NotMediaError(f"{path}: not a list of paths", hint="save it as UTF-8") from error
        names = [line.strip() for line in lines]
        names = [name for name in names if name and not name.startswith("#")]
        if not names:
            raise NotMediaError(f"{path}: lists no paths", hint="write one path on each line")
        for name in names:
            self.add(name, path.parent, listed=True)

    def _add_glob(self, text: str, folder: Path) -> None:
        """Matches of a pattern, without the results of an earlier run."""
        pattern = os.path.join(glob.escape(str(folder)), text)  # noqa: PTH118 - keeps a last slash
        matches = sorted({m for m in self._matches(pattern) if not m.endswith(ANNOTATED)})
        if not matches:
            raise NotMediaError(f"{folder / text}: matches no file", hint="check the pattern")
        for match in matches:
            path = Path(match)
            with self._refusing(str(path), path):
                self._add_path(path)

    def _matches(self, pattern: str) -> Iterator[str]:
        """glob.glob, but ``**`` follows no links, whose loops would have no end."""
        head, *tail = _ANY_FOLDERS.split(pattern, maxsplit=1)
        heads = glob.glob(head)  # noqa: PTH207 - absolute ones too
        if not tail or not tail[0]:  # what ends in ** is a folder, searched anyway
            yield from heads
            return
        for base in heads:
            for folder, _ in self._walk(Path(base)):
                yield from self._matches(f"{glob.escape(str(folder))}/{tail[0]}")

    def _walk(self, folder: Path) -> Iterator[tuple[Path, list[str]]]:
        """Every folder and its files, without the hidden, following no links to folders."""

        def refuse(error: OSError) -> None:
            self._refuse_path(str(error.filename), error.filename, error)

        for place, folders, files in os.walk(folder, onerror=refuse):
            folders[:] = sorted(f for f in folders if not f.startswith("."))
            yield Path(place), sorted(f for f in files if not f.startswith("."))

    def _leads_out(self, path: Path, inside: Path) -> bool:
        """Whether a file found in a folder is a link to media elsewhere, which nobody named."""
        media = path.suffix.lower() in VIDEO_SUFFIXES | IMAGE_SUFFIXES
        if not media or not path.is_symlink() or _real(path).is_relative_to(inside):
            return False
        message = f"{path}: is a link out of the folder that was named, to {_real(path)}"
        self.refuse(str(path), InputError(message, hint="name that file or its folder too"))
        return True

    def _add_folder(self, folder: Path) -> None:
        """Media below a folder, its pictures as ``sequences`` says."""
        empty, refused = True, len(self.refused)
        inside = _real(folder)
        for place, names in self._walk(folder):
            files = [name for name in names if not self._leads_out(place / name, inside)]
            relative = place.relative_to(folder)
            suffixes = {f: Path(f).suffix.lower() for f in files if not f.endswith(ANNOTATED)}
            videos = [f for f, suffix in suffixes.items() if suffix in VIDEO_SUFFIXES]
            for name in videos:
                self._keep(place / name, relative / name)
            pictures = [f for f, suffix in suffixes.items() if suffix in IMAGE_SUFFIXES]
            if not self.sequences:
                for name in pictures:
                    self._keep(place / name, relative / name)
            elif pictures and not videos:
                self._keep(place, relative if relative.parts else Path(_real(folder).name))
            empty = empty and not videos and not pictures
        if empty and len(self.refused) == refused:
            raise NotMediaError(
                f"{folder}: no media in this folder", hint="name a folder of videos"
            )
