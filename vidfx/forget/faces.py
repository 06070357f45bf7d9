"""Which saved embeddings of a video are of one person."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from vidfx.corrections.line import Correction
from vidfx.corrections.read import saved_corrections
from vidfx.forget.names import Names
from vidfx.identify.video_tracks import times_of, tracks_after
from vidfx.output.overview import is_person
from vidfx.people.embeddings_file import TrackEmbeddings
from vidfx.people.gallery import Gallery
from vidfx.people.thresholds import Thresholds
from vidfx.people.who import who_are
from vidfx.saved.runs import SavedVideo

Known = tuple[Gallery, Thresholds]


def faces_of(
    faces: TrackEmbeddings,
    video: SavedVideo,
    names: Names,
    grouped: Collection[int],
    known: Known | None,
) -> np.ndarray:
    """(N,) bool: those of the tracks that have the name or are ``grouped``, and of those that the
    gallery would name so; with all other tracks of the same person in the video that have no name.

    Corrections count more. Raises InputError.
    """
    tracks = video.summary["tracks"]
    own = {t["track_id"] for t in tracks if names.has(t["identity"])} | {*grouped}
    own |= _recognised(faces, video, names, known)
    lines = saved_corrections(video).lines
    number = tracks_after(faces, video, lines)
    theirs = np.isin(faces.track_id, [*own])
    said = _apply(lines, names, number, faces, video, theirs)
    persons = {
        t["person_id"] for t in tracks if t["track_id"] in {*faces.track_id[theirs].tolist()}
    }
    alike = [
        t["track_id"]
        for t in tracks
        if t.get("person_id") and t["person_id"] in persons and not is_person(t["identity"])
    ]
    same = np.isin(faces.track_id, alike) | (np.isin(number, number[theirs]) & (number > 0))
    return theirs | (same & ~said)


def _recognised(
    faces: TrackEmbeddings, video: SavedVideo, names: Names, known: Known | None
) -> set[int]:
    if known is None or not len(faces) or known[0].model != faces.model:
        return set()
    spans = {t["track_id"]: (t["first_s"], t["last_s"]) for t in video.summary["tracks"]}
    found = who_are(faces, spans, known)
    return {number for number, one in found.items() if names.has(one.name)}


def _apply(
    lines: tuple[Correction, ...],
    names: Names,
    number: np.ndarray,
    faces: TrackEmbeddings,
    video: SavedVideo,
    theirs: np.ndarray,
) -> np.ndarray:
    """Change ``theirs`` as people said who somebody is; returns (N,) where they did."""
    said = np.zeros(len(faces), bool)
    spoken = [e for e in lines if e.action == "rename"]
    spoken += [e for e in lines if e.action == "not" and names.has(e.name)]
    times = times_of(faces, video) if spoken else said
    for line in spoken:
        which = (number == line.track) & np.array([line.holds(time_s) for time_s in times], bool)
        theirs[which], said[which] = line.action == "rename" and names.has(line.name), True
    return said
