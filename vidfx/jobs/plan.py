"""Jobs from what the user named: one input each, and where its results go."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vidfx.errors import InputError, OutputExistsError, UsageError, VidfxError
from vidfx.jobs import storage
from vidfx.jobs.earlier_results import names_kept
from vidfx.jobs.photographs import PHOTOGRAPHS, Photograph, annotated_picture
from vidfx.jobs.result_names import RESULTS, SUMMARY
from vidfx.jobs.search import Found, Search, real
from vidfx.jobs.storage import Origin
from vidfx.output.summary import read_summary


@dataclass(frozen=True)
class Outputs:
    """The result files of one input."""

    video: Path
    faces: Path
    frames: Path
    unshown: Path
    privacy: Path
    embeddings: Path
    people: Path
    summary: Path

    @classmethod
    def of(cls, stem: Path) -> Outputs:
        return cls(*(stem.with_name(stem.name + ending) for ending in RESULTS))

    def __iter__(self) -> Iterator[Path]:
        tables = self.faces, self.frames, self.unshown
        others = self.privacy, self.embeddings, self.people
        return iter((self.video, *tables, *others, self.summary))


@dataclass(frozen=True)
class Job:
    """One input and where its results go."""

    source: Path
    outputs: Outputs
    origin: Origin | None = None
    "of a video on storage, whose local copy will be ``source``"
    destination: str | None = None
    "URL of the folder that the results are delivered to"
    left_out: tuple[str, ...] = ()
    "lines about other files in the folder that it was found in"
    photographs: int = 0
    "how many there are, in the job of all of a run; ``source`` is their folder, or the only one"

    @property
    def name(self) -> str:
        """As the user knows it."""
        if self.photographs > 1:  # a sequence of the same folder has the name of the folder
            return f"{self.source} (photographs)"
        return self.origin.url if self.origin else str(self.source)

    def in_user_terms(self, text: str) -> str:
        """``text`` with names of storage instead of local paths that stand in for them."""
        if self.origin:
            text = text.replace(str(self.source), self.name)
        if self.destination:
            text = text.replace(str(self.outputs.summary.parent), self.destination)
            text = text.replace(str(Path.home()), "~")
        return text

    def addresses(self) -> list[str]:
        """Paths or URLs of the results, in the order of ``outputs``."""
        if self.destination is None:
            return [str(path) for path in self.outputs]
        return [f"{self.destination}/{path.name}" for path in self.outputs]


@dataclass(frozen=True)
class Plan:
    folder: Path
    "where results are made: the output folder, or its local stand-in in the spool"
    jobs: tuple[Job, ...]
    refused: tuple[tuple[str, VidfxError], ...]
    "inputs, lines of lists and files that cannot become jobs, with the reason"
    left_out: tuple[str, ...]
    "a line about each kind of files that were found and are not inputs"
    notices: tuple[str, ...]
    "lines about results that keep the names of an earlier run, and about pictures"
    photographs: tuple[Photograph, ...]
    "in the order given; they share the last of ``jobs``"


def plan_jobs(inputs: Sequence[str], out: str | Path, *, sequence: bool | None = None) -> Plan:
    """Jobs for files, folders, globs and lists of paths, each input once, in the order given.

    Results have the full name of their input, and its path below the folder that was named. Where
    inputs of several folders would share a name, it is their path below the folder that all inputs
    have in common. Results that an input has under another name keep it. A job whose results would
    overwrite an input is refused. ``sequence``: whether the pictures of a folder are one video;
    None: where their names say so. Others are photographs, which have one job. Inputs and ``out``
    may be URLs of storage. Raises UsageError for a wrong ``out``, UnavailableError where the
    package of ``out``'s store is missing.
    """
    if not str(out).strip():
        raise UsageError("--out is empty", hint="name a folder for the results")
    search = Search(sequence=sequence)
    folder = storage.folder_for(out)
    if storage.is_url(str(out)):
        storage.check_output_url(str(out))
    url = str(out).rstrip("/") if storage.is_url(str(out)) else None
    for text in inputs:
        search.add(text)
    search.end()
    items = [item for item in search.found.values() if not item.photograph]
    left_out = tuple(search.left_out.lines())
    names = _names(items)
    kept = names_kept(items, names, folder, url)
    jobs: list[Job] = []
    for item, name in zip(items, names, strict=True):
        stem = kept.get(item.place, name)
        below = "" if stem.parent == Path() else f"/{stem.parent.as_posix()}"
        destination = None if url is None else url + below
        job = Job(
            source=item.path,
            outputs=Outputs.of(folder / stem),
            origin=item.origin,
            destination=destination,
            left_out=() if item.named else left_out,
        )
        hit = next((path for path in job.outputs if real(path) in search.found), None)
        if hit is None:
            jobs.append(job)
            continue
        error = OutputExistsError(
            f"{job.name}: its result {hit} would overwrite an input",
            hint="use another output folder",
        )
        search.refuse(job.name, error)
    if photographs := _photographs(search, folder, url):
        own = _job_of(photographs, folder, left_out)
        other = next((job for job in jobs if job.outputs == own.outputs), None)
        if other and _has_results(other):
            photographs = ()
            search.refuse(own.name, _same_results(own, other))
        else:
            if other:
                jobs.remove(other)
                search.refuse(other.name, _same_results(other, own))
            jobs.append(own)
    refused = tuple(search.refused.values())
    notices = (*_kept_names(kept), *search.notices())
    return Plan(folder, tuple(jobs), refused, left_out, notices, photographs)


def find_media(inputs: Sequence[str]) -> Search:
    """The files that ``inputs`` name, each once; each picture is an input of its own."""
    search = Search(sequence=False)
    for text in inputs:
        search.add(text)
    search.end()
    return search


def _photographs(search: Search, folder: Path, url: str | None) -> tuple[Photograph, ...]:
    """Each with its own result, which is no input; others are refused."""
    items = [item for item in search.found.values() if item.photograph]
    if items and url is not None:
        error = InputError(
            f"{items[0].path}: photographs ({len(items)}) are not annotated into storage",
            hint="name a local folder with --out",
        )
        search.refuse(str(items[0].path), error)
        return ()
    found: dict[Path, Photograph] = {}
    for item, name in zip(items, _names(items), strict=True):
        result = folder / annotated_picture(name)
        if result in found or real(result) in search.found:
            other = found[result].source if result in found else "an input"
            error = OutputExistsError(
                f"{item.path}: its result {result} would overwrite {other}, or its result",
                hint="use another output folder",
            )
            search.refuse(str(item.path), error)
            continue
        found[result] = Photograph(item.path, name.as_posix(), result)
    return tuple(found.values())


def _job_of(photographs: Sequence[Photograph], folder: Path, left_out: tuple[str, ...]) -> Job:
    source = photographs[0].source
    if len(photographs) > 1:
        source = Path(os.path.commonpath([p.source.absolute().parent for p in photographs]))
        with suppress(ValueError):
            source = source.relative_to(Path.cwd()) if source != Path.cwd() else source
    outputs = Outputs.of(folder / PHOTOGRAPHS)
    return Job(source, outputs, left_out=left_out, photographs=len(photographs))


def _has_results(job: Job) -> bool:
    """Whether the results with the names of ``job`` are not those of photographs."""
    summary = read_summary(job.outputs.summary)
    return summary is not None and "photographs" not in summary


def _same_results(job: Job, other: Job) -> VidfxError:
    return OutputExistsError(
        f"{job.name}: its results would have the names of those of {other.name}, "
        f"{job.outputs.summary}",
        hint="annotate it alone, into another output folder",
    )


def _names(items: Sequence[Found]) -> list[Path]:
    """The name of each item's results, unlike any other: a path below the output folder."""
    folders = [item.place.parent for item in items]
    common = os.path.commonpath(folders) if folders else ""
    below = [item.place.relative_to(common) for item in items]
    names = [item.relative for item in items]
    while len(set(names)) < len(names):
        times = Counter(names)
        names = [
            name if times[name] == 1 else longer for name, longer in zip(names, below, strict=True)
        ]
    return names


def _kept_names(kept: Mapping[Path, Path]) -> Iterator[str]:
    if kept:
        place, name = next(iter(kept.items()))
        yield (
            f"{len(kept)} of the inputs {'have' if len(kept) > 1 else 'has'} results of an earlier "
            f"run under another name, which they keep: {name}{SUMMARY} is of {place.name}"
        )
