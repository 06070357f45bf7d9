"""The tracks of finished videos named by a gallery, from their saved embeddings alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from vidfx.errors import GalleryError, InputError
from vidfx.jobs.result_names import EMBEDDINGS, SUMMARY
from vidfx.output.summary import read_summary
from vidfx.people.embeddings_file import TrackEmbeddings
from vidfx.people.gallery import Gallery
from vidfx.people.people_file import TrackPerson, read_people, write_people
from vidfx.people.thresholds import thresholds
from vidfx.people.who import who_are
from vidfx.saved.people import people_path
from vidfx.saved.runs import find_summaries


@dataclass
class Identified:
    """What became of the videos of some folders."""

    evidence: str
    "of the thresholds"
    videos: int = 0
    without: int = 0
    "videos that have no embeddings"
    verdicts: Counter[str] = field(default_factory=Counter[str])
    "tracks by verdict"
    people: Counter[str] = field(default_factory=Counter[str])
    "tracks by name"
    damaged: list[str] = field(default_factory=list[str])
    "why videos could not be named"


def identify(places: Sequence[Path], folder: Path, target_far: float) -> Identified:
    """Name the tracks of all videos in ``places``; nothing is decoded, and no model runs.

    Names go into ``NAME.people.json``, where what reads rows finds them. Raises UsageError where
    there is no video, GalleryError and OutputError.
    """
    gallery = Gallery.read(folder)
    limits = thresholds(gallery, target_far)
    done = Identified(limits.evidence)
    for summary in find_summaries(places):
        name = summary.name.removesuffix(SUMMARY)
        file = summary.with_name(name + EMBEDDINGS)
        if not file.exists():
            done.without += 1
            continue
        try:
            embeddings = TrackEmbeddings.read(file)
            if embeddings.model != gallery.model and len(embeddings):
                raise GalleryError(
                    f"{file}: its embeddings were made by another model than those of {folder}",
                    hint="make the gallery with the engine of this run, or annotate again",
                )
            tracks = (read_summary(summary) or {}).get("tracks", [])
            spans = {t["track_id"]: (t["first_s"], t["last_s"]) for t in tracks}
        except InputError as error:
            done.damaged.append(f"{error} ({error.hint})")
            continue
        before = _before(summary)
        found = who_are(embeddings, spans, (gallery, limits))
        done.verdicts.update(one.verdict for one in found.values() if one.verdict)
        done.people.update(one.name for one in found.values() if one.name)
        groups = {number: one.group for number, one in before.items()}
        named = {n: replace(one, group=groups.get(n)) for n, one in found.items()}
        if named != before:
            write_people(people_path(summary), named.values())
        done.videos += 1
    return done


def _before(summary: Path) -> dict[int, TrackPerson]:
    """What is known of a video's tracks; nothing where the file is damaged: it is made again."""
    try:
        return read_people(people_path(summary)) or {}
    except InputError:
        return {}
