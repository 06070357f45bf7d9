"""The files that the user named, also by folders, globs, lists and URLs."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile
from pathlib import Path

from vidfx.errors import InputError, NotMediaError, VidfxError
from vidfx.jobs import storage
from vidfx.jobs.left_out import LeftOutFiles, is_result
from vidfx.jobs.locks import FOLDER
from vidfx.jobs.path_list import LIST_SUFFIXES, read_list
from vidfx.jobs.photographs import is_annotated_picture
from vidfx.jobs.result_names import CLIPS, CLIPS_TABLE, DRAWN, REPORT, is_made
from vidfx.jobs.sequences import are_frames
from vidfx.jobs.storage import Origin
from vidfx.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES, is_animation, may_be_video
from vidfx_engines.files import leads_out

_ANY_FOLDERS = re.compile(r"(?:^|(?<=/))\*\*(?:/|$)")


@dataclass(frozen=True)
class Found:
    path: Path
    relative: Path
    "path below the folder that the user named"
    origin: Origin | None = None
    named: bool = True
    "by the user; False: found in a folder"
    photograph: bool = False
    "a picture that is no frame of a sequence"

    @cached_property
    def place(self) -> Path:
        """An absolute path that only this input has."""
        path = self.path
        return real(path) if path.is_dir() else real(path.parent) / path.name

    def before(self, other: Found) -> bool:
        """Whether an input that was named twice is this rather than ``other``, in any order.

        That is, the one in the outermost folder that was named.
        """
        return self._rank() < other._rank()

    def _rank(self) -> tuple[int, bool, str]:
        return -len(self.relative.parts), self.path.is_symlink(), str(self.path)


def real(path: Path) -> Path:
    return Path(os.path.realpath(path))  # before Python 3.13, resolve() fails on a loop of links


class Search:
    """The files that inputs name. An error of one does not end the search."""

    def __init__(self, *, sequence: bool | None = None) -> None:
        """``sequence``: whether pictures of a folder are one video; None: by their names."""
        self.sequence = sequence
        self.found: dict[Path, Found] = {}
        "by real path"
        self.refused: dict[str, tuple[str, VidfxError]] = {}
        "by message: each is reported once"
        self.left_out = LeftOutFiles()
        self._results: dict[Path, Found] = {}
        "of earlier runs, which were named"
        self._sequences: list[str] = []
        "folders that were found to be sequences"

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

    def end(self) -> None:
        """After all inputs: results of earlier runs are inputs only if there is no other."""
        if self.found:
            self.left_out.results += [str(item.path) for item in self._results.values()]
            return
        videos = {k: v for k, v in self._results.items() if v.path.name.endswith(DRAWN)}
        self.found = videos or self._results

    def notices(self) -> Iterator[str]:
        """What was decided about pictures in folders, where nobody said it."""
        if self.sequence is not None:
            return
        for folder in self._sequences:
            yield f"{folder}: its pictures are one video; --no-sequence annotates each on its own"
        count = sum(item.photograph and not item.named for item in self.found.values())
        if count > 1:
            yield (
                f"{count} pictures are photographs, annotated each on its own; --sequence makes "
                "one video of the pictures of a folder"
            )

    def refuse(self, name: str, error: VidfxError) -> None:
        self.refused.setdefault(str(error), (name, error))

    @contextmanager
    def _refusing(self, name: str, path: Path) -> Generator[None]:
        try:
            yield
        except VidfxError as error:
            self.refuse(name, error)
        except OSError as error:
            self._refuse_path(name, path, error)

    def _refuse_path(self, name: str, path: Path, error: OSError) -> None:
        reason = error.strerror or error
        self.refuse(name, InputError(f"{path}: {reason}", hint="check the path"))

    def _add_path(self, path: Path, below: Path | None = None) -> None:
        """A file or a folder; ``below``: its path below the folder of the glob that found it."""
        if path.is_dir():
            self._add_folder(path, below or Path())
        elif not path.is_file():
            raise NotMediaError(f"{path}: not a regular file", hint="save it as a file first")
        elif is_result(path):
            picture = path.suffix.lower() in IMAGE_SUFFIXES
            found = Found(path, Path(path.name), named=True, photograph=picture)
            self._results.setdefault(real(path), found)
        elif self.sequence and path.suffix.lower() in IMAGE_SUFFIXES and not is_animation(path):
            raise NotMediaError(f"{path}: one picture is no sequence", hint="name its folder")
        else:
            self._keep(path, below or Path(path.name), named=True)

    def _keep(self, path: Path, relative: Path, *, named: bool = False) -> None:
        with self._refusing(str(path), path):
            place = Path(os.path.realpath(path, strict=True))
            picture = path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()
            photograph = picture and not is_animation(path)
            self._take(place, Found(path, relative, named=named, photograph=photograph))

    def _take(self, place: Path, found: Found) -> None:
        known = self.found.get(place, found)
        first = known if known.before(found) else found
        self.found[place] = replace(first, named=known.named or found.named)

    def _add_url(self, url: str) -> None:
        """Videos on storage; a sequence of pictures there is not one input."""
        empty = True
        for item in storage.find(url):
            video = item.local.suffix.lower() in VIDEO_SUFFIXES
            if item.named or (video and not is_made(item.local.name)):
                found = Found(item.local, item.relative, item.origin, named=item.named)
                self._take(real(item.local), found)
                empty = False
            else:
                self.left_out.add(item.local.name)
        if empty:
            raise NotMediaError(f"{url}: no media there", hint="name a folder of videos")

    def _add_list(self, path: Path) -> None:
        for name in read_list(path):
            self.add(name, path.parent, listed=True)

    def _add_glob(self, text: str, folder: Path) -> None:
        """Matches of a pattern, which keep their paths below its last folder without a wildcard."""
        fixed = takewhile(lambda part: not glob.has_magic(part), Path(text).parts[:-1])
        head = folder.joinpath(*fixed)
        pattern = os.path.join(glob.escape(str(folder)), text)  # noqa: PTH118 - keeps a last slash
        paths = [Path(match) for match in sorted(set(self._matches(pattern)))]
        lost = {p for p in paths if is_made(p.name) and not is_result(p)}
        for path in lost:  # a result whose summary is missing
            self.left_out.add(path.name)
        if len(paths) == len(lost):
            raise NotMediaError(f"{folder / text}: matches no file", hint="check the pattern")
        for path in paths:
            if path not in lost:
                with self._refusing(str(path), path):
                    below = path.relative_to(head)
                    self._add_path(path, None if ".." in below.parts else below)

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
            if FOLDER in folders:  # it has results
                own = (REPORT, CLIPS) if Path(place, CLIPS, CLIPS_TABLE).is_file() else (REPORT,)
                folders[:] = [name for name in folders if name not in own]
            folders[:] = sorted(f for f in folders if not f.startswith("."))
            yield Path(place), sorted(f for f in files if not f.startswith("."))

    def _add_folder(self, folder: Path, below: Path) -> None:
        """Media in a folder and its subfolders."""
        empty, refused = True, len(self.refused)
        inside = real(folder)
        for place, names in self._walk(folder):
            relative = below / place.relative_to(folder)
            videos, pictures = self._media(place, names, inside)
            frames = bool(pictures) and self._are_frames(place, pictures, beside=bool(videos))
            for name in videos if frames else [*videos, *pictures]:
                self._keep(place / name, relative / name)
            if frames:
                self._keep(place, relative if relative.parts else Path(real(folder).name))
            empty = empty and not videos and not pictures
        if empty and len(self.refused) == refused:
            raise NotMediaError(
                f"{folder}: no media in this folder", hint="name a folder of videos"
            )

    def _are_frames(self, place: Path, names: Sequence[str], *, beside: bool) -> bool:
        """Whether the pictures of a folder, which may be ``beside`` videos, are a sequence."""
        frames = self.sequence
        if frames is None:
            with self._refusing(str(place), place):
                frames = not beside and are_frames(place, names)
        for name in names if frames else ():
            with self._refusing(str(place / name), place / name):
                self._check(place / name, place)
        self._sequences += [str(place)] if frames else []
        return bool(frames)

    def _media(self, place: Path, names: list[str], inside: Path) -> tuple[list[str], list[str]]:
        """Of the files in ``place``, the videos and the pictures."""
        videos: list[str] = []
        pictures: list[str] = []
        for name in names:
            path, suffix = place / name, Path(name).suffix.lower()
            with self._refusing(str(path), path):
                picture = suffix in IMAGE_SUFFIXES and not (
                    is_annotated_picture(name) or is_made(name)
                )
                if picture or (suffix in VIDEO_SUFFIXES and not is_made(name)):
                    self._check(path, inside)
                    if picture or may_be_video(path):
                        (pictures if picture else videos).append(name)
                        continue
                if not is_result(path):
                    self.left_out.add(name)
        return videos, pictures

    def _check(self, path: Path, inside: Path) -> None:
        """Raises InputError where media found in a folder are not to be opened."""
        if leads_out(path, inside):
            raise InputError(
                f"{path}: is a link out of the folder that was named, to {real(path)}",
                hint="name that file or its folder too",
            )
        if path.exists() and not path.is_file():
            raise InputError(f"{path}: not a regular file", hint="remove it from the folder")
