"""Finished videos in output folders, each known by its summary."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from stat import S_ISREG
from typing import Any, cast

from vidfx.errors import InputError, UsageError
from vidfx.jobs.result_names import SUMMARY
from vidfx.notation import natural_order
from vidfx.output.summary import read_summary
from vidfx.people.people_file import People
from vidfx.saved.people import named_track, people_of

AGAIN = "annotate the video again"


@dataclass(frozen=True)
class SavedVideo:
    """The finished results of one video."""

    path: Path
    "of its summary, beside which all results are"
    summary: Mapping[str, Any]
    name: str
    "the file name of the input, with which those of its results begin"
    source: Path
    "the input, where it was when it was annotated"
    faces: Path
    frames: Path
    unshown: Path | None
    "None where an earlier version kept none"
    annotated: Path | None
    "the annotated video; None where none was written"
    size: tuple[int, int]
    "width and height of the upright picture, px as stored"
    time_base: Fraction
    "seconds per tick of ``pts``"
    frame_rate: float
    "frames per second on average"
    recognises: bool
    "whether faces were named"
    expressions: tuple[str, ...] | None
    "all that can be; None where none were read"
    people: People | None = None
    "who the tracks are, as `vidfx people` found since; None where it was not asked"


def find_summaries(places: Sequence[str | Path]) -> list[Path]:
    """The summaries that ``places`` name, each once: files, and all in folders and below.

    Those of a folder come in natural order of their paths. Raises UsageError where a place is
    missing, or has none.
    """
    found: dict[Path, None] = {}
    for place in map(Path, places):
        some = list(_summaries(place))
        if not some:
            raise UsageError(
                f"{place}: {_why_none(place)}",
                hint="name an output folder of `vidfx annotate`, or a summary in it",
            )
        found |= dict.fromkeys(some)
    return [*found]


def _summaries(place: Path) -> Iterator[Path]:
    if place.is_file() and place.name.endswith(SUMMARY):
        yield place
    for folder, below, names in os.walk(place):
        below[:] = sorted((name for name in below if name != ".vidfx"), key=natural_order)
        for name in sorted(names, key=natural_order):
            if name.endswith(SUMMARY):
                yield Path(folder, name)


def _why_none(place: Path) -> str:
    if not place.exists():
        return "there is no such file or folder"
    return "no finished video is in it" if place.is_dir() else "not the summary of a video"


def load_video(summary: Path) -> SavedVideo:
    """The results that a summary describes.

    Raises InputError where it is not one of a video by this or an earlier version of vidfx, or
    files that it lists are missing or have another size.
    """
    content = read_summary(summary)
    if content is None:
        raise InputError(f"{summary}: not a summary that this version can read", hint=AGAIN)
    if "photographs" in content:
        raise InputError(
            f"{summary}: it is of photographs, not of a video", hint="name the summary of a video"
        )
    try:
        video = _described(summary, content, _people(summary, content))
        _check_files(video)
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise InputError(f"{summary}: damaged: {what}", hint=AGAIN) from error
    return video


def _people(path: Path, summary: Mapping[str, Any]) -> People | None:
    """Raises InputError, and as ``_described``."""
    gallery = summary.get("people")
    names = None if gallery is None else _texts(gallery["names"])
    return people_of(path, names, [model["task"] for model in summary["models"]])


def _described(path: Path, summary: Mapping[str, Any], people: People | None) -> SavedVideo:
    """Raises KeyError, TypeError, ValueError, ArithmeticError and AttributeError."""
    if people:
        tracks = [named_track(track, people) for track in summary["tracks"]]
        summary = {**summary, "tracks": tracks}
    of_input, outputs, models = summary["input"], summary["outputs"], summary["models"]
    labels = {model["task"]: _texts(model["labels"]) for model in models}
    faces, frames, annotated = outputs["faces"], outputs["frames"], outputs.get("video")
    unshown = outputs.get("unshown")
    named = faces, frames, annotated or frames, unshown or frames
    if any(Path(name).name != name for name in named):
        raise ValueError("a result is named by a path")
    size = int(of_input["width_px"]), int(of_input["height_px"])
    base, rate = Fraction(of_input["time_base"]), float(of_input["frame_rate"])
    if min(*size, base) <= 0 or not 0 < rate < math.inf:
        raise ValueError("the size or the rate of the input is not above 0")
    return SavedVideo(
        path,
        summary,
        path.name.removesuffix(SUMMARY),
        source=Path(of_input.get("absolute_path") or of_input["path"]),
        faces=path.with_name(faces),
        frames=path.with_name(frames),
        unshown=None if unshown is None else path.with_name(unshown),
        annotated=None if annotated is None else path.with_name(annotated),
        size=size,
        time_base=base,
        frame_rate=rate,
        recognises="identity" in labels or "people" in summary or bool(people and people.are_named),
        expressions=labels.get("emotion"),
        people=people,
    )


def _texts(values: Any) -> tuple[str, ...]:
    """Raises TypeError where they are no list of texts."""
    if not isinstance(values, list):
        raise TypeError("labels are not a list")
    return tuple(map(str, cast(list[object], values)))


def _check_files(video: SavedVideo) -> None:
    """Raises InputError where the tables are not as they were written, and as ``_described``."""
    recorded = video.summary.get("bytes", {})
    tables = [video.faces, video.frames]
    tables += [video.unshown] if video.unshown else []
    for table in tables:
        try:
            facts = table.stat()
        except OSError as error:
            raise InputError(f"{table}: {error.strerror}", hint=AGAIN) from error
        if not S_ISREG(facts.st_mode):
            raise InputError(f"{table}: not a regular file", hint=AGAIN)
        size = facts.st_size
        if recorded.get(table.name, size) != size:
            raise InputError(
                f"{table}: changed since it was written ({recorded[table.name]} bytes then, "
                f"{size} now)",
                hint=f"{AGAIN}; put corrections into NAME.corrections.csv",
            )
