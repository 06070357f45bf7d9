"""The files of corrections beside results, and the rows of a video with what they correct."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from vidfx.corrections.apply import apply
from vidfx.corrections.line import COLUMNS, Action, Correction, parse
from vidfx.corrections.people import ALL_VIDEOS, PersonLine, parse_person, present_name
from vidfx.corrections.places import BATCH, correction_files
from vidfx.errors import InputError
from vidfx.jobs.result_names import SUMMARY
from vidfx.notation import clean
from vidfx.saved.frames import read_settled
from vidfx.saved.runs import SavedVideo
from vidfx.stages.settled import Settled
from vidfx_engines.files import read_text

VIDEO, NOTE = "video", "note"
"""A column of the file of a batch, and one that people may fill as they like."""
NAMING = ("rename", "not")
"""Actions whose value is the name of a person."""
MOST_BYTES = 8 << 20
CHECK = "`vidfx corrections check` lists all of its lines"
Cells = Mapping[str, str]


@dataclass(frozen=True)
class Problem:
    """A line, or a file, that is no correction."""

    place: str
    why: str

    def __str__(self) -> str:
        return f"{self.place}: {self.why}"


@dataclass(frozen=True)
class Corrections:
    """Those of one video, in the order of their lines."""

    lines: tuple[Correction, ...] = ()
    left_out: tuple[Correction, ...] = ()
    "lines that are not applied: they may be about another face"

    def of(self, *actions: Action) -> list[Correction]:
        return [line for line in self.lines if line.action in actions]

    @property
    def name_people(self) -> bool:
        """Whether the corrected rows have identities even where no engine read any."""
        return bool(self.of("rename"))

    def without(self, other_faces: Collection[int]) -> Corrections:
        """Those that are not about these tracks, or hide them: they can show nobody by mistake."""
        doubtful = [e.track in other_faces and e.action != "hide" for e in self.lines]
        kept = tuple(e for e, out in zip(self.lines, doubtful, strict=True) if not out)
        left_out = tuple(e for e, out in zip(self.lines, doubtful, strict=True) if out)
        return Corrections(kept, left_out)

    def warnings(self) -> Iterator[str]:
        for line in self.left_out:
            yield (
                f"{line.place}: not applied: track {line.track} was another face before the video "
                "was annotated again; correct the line"
            )

    def fingerprint(self) -> str | None:
        """Of what they say, whatever their lines look like; None where there are none."""
        facts = repr([line.facts() for line in self.lines])
        return sha256(facts.encode()).hexdigest() if self.lines else None


def corrected(video: SavedVideo) -> Iterator[Settled]:
    """The rows of a finished video with its corrections, some frames at a time.

    Raises InputError where a table is damaged, and where a line of the corrections is wrong.
    """
    return apply(read_settled(video), saved_corrections(video).lines)


def saved_corrections(video: SavedVideo) -> Corrections:
    """Those of a finished video, as far as its track numbers still are of the same faces.

    Raises InputError where a line is wrong.
    """
    corrections = read_corrections(video.path, video.expressions)
    return corrections.without(other_faces(video, corrections))


def other_faces(video: SavedVideo, corrections: Corrections) -> Collection[int]:
    """Tracks that got another face in the run that made these results, if no line changed since."""
    drawn = video.summary.get("corrections", {})
    same = drawn.get("sha256") == corrections.fingerprint()
    return drawn.get("other_faces", ()) if same else ()


def read_corrections(summary: Path, expressions: Sequence[str] | None) -> Corrections:
    """Those of the video that has this summary; ``expressions`` are those that were read in it.

    Raises InputError where a line is wrong: half of what a person asked for could show a face.
    """
    lines, problems = read_lines(summary, expressions)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise InputError(f"{problems[0]}{more}", hint=f"correct it; {CHECK}")
    return Corrections(tuple(lines))


def read_lines(
    summary: Path, expressions: Sequence[str] | None
) -> tuple[list[Correction], list[Problem]]:
    """The lines of the batch, then those of the video itself; and what is wrong with them."""
    of_batch, of_video = correction_files(summary)
    name = summary.absolute().relative_to(of_batch.parent).as_posix().removesuffix(SUMMARY)
    batch, own = _read(of_batch, batch=True), _read(of_video, batch=False)
    lines: list[Correction] = []
    problems = [*batch.problems, *own.problems]
    people = _people_of(batch, problems)
    for place, cells in [*batch.lines.get(name, []), *own.lines.get("", [])]:
        try:
            line = parse(place, cells, expressions)
        except ValueError as error:
            problems.append(Problem(place, clean(str(error))))
            continue
        if line.action in NAMING and line.name:
            line = replace(line, name=present_name(line.name, people))
        lines.append(line)
    return lines, problems


def person_lines(batch: Path) -> list[PersonLine]:
    """The lines about people in the file of a batch. Raises InputError where one is wrong."""
    problems: list[Problem] = []
    lines = _people_of(_read(batch, batch=True), problems)
    if problems:
        raise InputError(str(problems[0]), hint=f"correct it; {CHECK}")
    return lines


def _people_of(batch: _File, problems: list[Problem]) -> list[PersonLine]:
    """Those of a file; ``problems`` gets what is wrong with them."""
    lines: list[PersonLine] = []
    for place, cells in batch.lines.get(ALL_VIDEOS, []):
        try:
            lines.append(parse_person(place, cells))
        except ValueError as error:
            problems.append(Problem(place, clean(str(error))))
    return lines


def names_given(path: Path) -> Iterator[str]:
    """The names in the lines of a file, of a batch or of a video, about single tracks."""
    for video, lines in _read(path, batch=path.name == BATCH).lines.items():
        for _, cells in lines if video != ALL_VIDEOS else ():
            if cells["action"].casefold() in NAMING:
                yield cells["value"]


def videos_named(batch: Path) -> dict[str, str]:
    """The videos in the file of a batch, each with the place of its first line."""
    lines = _read(batch, batch=True).lines
    return {name: some[0][0] for name, some in lines.items() if name != ALL_VIDEOS}


@dataclass
class _File:
    lines: dict[str, list[tuple[str, Cells]]] = field(
        default_factory=dict[str, list[tuple[str, Cells]]]
    )
    "place and cells, by video; of a video's own file by an empty text"
    problems: list[Problem] = field(default_factory=list[Problem])


def _read(path: Path, *, batch: bool) -> _File:
    """A file of corrections; no lines where there is none."""
    try:
        facts = path.stat()
    except FileNotFoundError:
        return _File()
    except OSError as error:
        return _File(problems=[Problem(clean(str(path)), error.strerror or str(error))])
    return _read_version(path, facts.st_mtime_ns, facts.st_size, batch)


@lru_cache(2)  # that of the batch stays here while those of its videos are read
def _read_version(path: Path, _changed_ns: int, _size: int, batch: bool) -> _File:
    file, place = _File(), clean(str(path))
    try:
        text = read_text(path, MOST_BYTES)
        _read_table(text, place, file, batch)
    except OSError as error:
        file.problems.append(Problem(place, error.strerror or str(error)))
    except (ValueError, csv.Error) as error:
        file.problems.append(Problem(place, clean(str(error))))
    return file


def _read_table(text: str, place: str, file: _File, batch: bool) -> None:
    """Raises ValueError and csv.Error."""
    if not text.strip():
        return
    first = text.partition("\n")[0]
    between = next((sign for sign in ";\t" if sign in first), ",")
    table = csv.reader(io.StringIO(text, newline=""), delimiter=between, strict=True)
    header = [cell.strip().casefold() for cell in next(table)]
    needed = [*([VIDEO] if batch else []), *COLUMNS]
    named = [name for name in header if name]
    if {*named} - {NOTE} != {*needed} or len({*named}) < len(named):
        raise ValueError(f"its first line must be {','.join(needed)} (and, optionally, {NOTE})")
    begin = table.line_num + 1
    for row in table:
        line, begin = begin, table.line_num + 1
        if not any(cell.strip() for cell in row):
            continue
        at = f"{place}, line {line}"
        if any(cell.strip() for cell in row[len(header) :]):
            file.problems.append(Problem(at, f"it has {len(row)} cells, not {len(header)}"))
            continue
        cells = dict.fromkeys(header, "") | dict(zip(header, map(str.strip, row), strict=False))
        if between == ";":  # as spreadsheets write where the decimal sign is a comma
            for name in ("from_s", "to_s"):
                cells[name] = cells[name].replace(",", ".")
            if cells["action"].casefold() == "box":
                cells["value"] = cells["value"].replace(",", ".")
        name = cells[VIDEO] if batch else ""
        if batch and not name:
            file.problems.append(Problem(at, f"{VIDEO} is empty"))
            continue
        file.lines.setdefault(name, []).append((at, cells))
