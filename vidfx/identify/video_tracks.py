"""The tracks of one finished video as they are compared with those of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vidfx.corrections.line import Correction
from vidfx.corrections.read import saved_corrections
from vidfx.output.overview import is_person
from vidfx.people.embeddings_file import TrackEmbeddings
from vidfx.people.people_file import TrackPerson
from vidfx.saved.frames import read_settled
from vidfx.saved.runs import SavedVideo

LEAST_FACES = 2
"""Of a track that is compared: one face may be a bad one."""
LEAST_QUALITY = 0.1
"""Of its best face."""
Span = tuple[float, float]


@dataclass(frozen=True)
class OneTrack:
    """A track of a video, after its splits and merges."""

    number: int
    numbers: tuple[int, ...]
    "in the rows: those that were merged into it, and its own"
    person_id: int
    spans: tuple[Span, ...]
    "when it is in the picture, playback seconds"
    vector: np.ndarray | None
    "(D,) of length 1; None where too little was seen of it"
    name: str | None = None
    "of a gallery or an engine"
    given: str | None = None
    "by a person: a name, unknown or other"
    denied: tuple[str, ...] = ()
    "who it is not, by a person"


@dataclass(frozen=True)
class VideoTracks:
    """Those of a video."""

    name: str
    "path below the folder, without the summary's ending"
    made: str
    "when it was annotated"
    video: SavedVideo
    tracks: list[OneTrack] = field(default_factory=list[OneTrack])

    def apart(self) -> list[tuple[int, int]]:
        """Places of two tracks that are in the picture at one time."""
        events = sorted(
            (start, end, place)
            for place, track in enumerate(self.tracks)
            for start, end in track.spans
        )
        found: set[tuple[int, int]] = set()
        shown: list[tuple[float, int]] = []
        for start, end, place in events:
            shown = [(until, other) for until, other in shown if until > start]
            found |= {(min(place, o), max(place, o)) for _, o in shown if o != place}
            shown.append((end, place))
        return sorted(found)


def tracks_of(
    name: str, video: SavedVideo, faces: TrackEmbeddings, threshold: float
) -> VideoTracks:
    """The tracks of ``video`` with the vectors of its ``faces``.

    A track whose faces are alike by less than ``threshold`` has none: it is of several people.
    Raises InputError.
    """
    lines = saved_corrections(video).lines
    numbers = tracks_after(faces, video, lines)
    vectors = faces.vectors()
    own = _own_names(video)
    merged = _merged(own, lines)
    found = VideoTracks(name, _made(video.summary), video)
    for number, parts in sorted(merged.items()):
        spans = tuple(sorted(span for part in parts for span in _spans(own[part])))
        which = numbers == number
        of_track = [line for line in lines if line.track == number]
        names = [own[part]["identity"] for part in parts if is_person(own[part]["identity"])]
        whole = [e for e in of_track if e.action == "rename" and _is_whole(e, spans)]
        found.tracks.append(
            OneTrack(
                number,
                tuple(parts),
                own[number].get("person_id") or number,
                spans,
                _vector(vectors[which], faces.quality[which], threshold),
                name=names[0] if names else None,
                given=whole[-1].name if whole else None,
                denied=tuple(e.name for e in of_track if e.action == "not" and e.name),
            )
        )
    return found


def _made(summary: Mapping[str, Any]) -> str:
    with suppress(KeyError, TypeError):
        return str(summary["made"]["at"])
    return ""


def _own_names(video: SavedVideo) -> dict[int, dict[str, Any]]:
    """The tracks of the summary, with names of a gallery, but not of groups."""
    people: Mapping[int, TrackPerson] = video.people.tracks if video.people else {}
    found: dict[int, dict[str, Any]] = {}
    for track in video.summary["tracks"]:
        number, name = track["track_id"], track.get("identity")
        one = people.get(number)
        is_group = one is not None and one.verdict != "named" and one.group == name
        found[number] = {**track, "identity": None if is_group else name}
    return found


def _merged(own: Mapping[int, object], lines: Sequence[Correction]) -> dict[int, list[int]]:
    """The tracks that are left, each with its parts; those that are no faces are left out."""
    into = {number: number for number in own}
    for line in lines:
        if line.action == "merge" and _is_endless(line):
            into = {part: line.new_track if to == line.track else to for part, to in into.items()}
    dropped = {line.track for line in lines if line.action == "drop" and _is_endless(line)}
    found: dict[int, list[int]] = {}
    for part, to in into.items():
        if to in own and to not in dropped:
            found.setdefault(to, []).append(part)
    return found


def _is_endless(line: Correction) -> bool:
    return bool(np.isinf([line.from_s, line.to_s]).all())


def _is_whole(line: Correction, spans: Sequence[Span]) -> bool:
    return all(line.holds(start) and line.holds(end) for start, end in spans)


def _spans(track: Mapping[str, Any]) -> list[Span]:
    appearances = track.get("appearances") or ()
    found = [(float(one["from_s"]), float(one["to_s"])) for one in appearances]
    return found or [(float(track["first_s"]), float(track["last_s"]))]


def times_of(faces: TrackEmbeddings, video: SavedVideo) -> np.ndarray:
    """(N,) the time of each face, s. Raises InputError."""
    time_of = {f.frame.index: f.time_s for some in read_settled(video) for f in some.frames}
    return np.array([time_of.get(int(frame), np.nan) for frame in faces.frame])


def tracks_after(
    faces: TrackEmbeddings, video: SavedVideo, lines: Sequence[Correction]
) -> np.ndarray:
    """(N,) the track of each face, after splits and merges; 0 where it was dropped."""
    number = faces.track_id.astype(np.int64)
    changes = [line for line in lines if line.action in ("split", "merge", "drop")]
    if not changes:
        return number
    times = times_of(faces, video)
    for action in ("split", "merge", "drop"):
        for line in changes:
            if line.action == action:
                inside = np.array([line.holds(time_s) for time_s in times], bool)
                number[inside & (number == line.track)] = line.new_track
    return number


def _vector(vectors: np.ndarray, quality: np.ndarray, threshold: float) -> np.ndarray | None:
    """The mean of a track's faces, the better ones counting more."""
    if len(quality) < LEAST_FACES or quality.max() < LEAST_QUALITY:
        return None
    count = len(vectors)
    alike = (float(np.square(vectors.sum(0)).sum()) - count) / (count * (count - 1))
    if alike < threshold:
        return None
    mean = quality @ vectors
    return mean / np.linalg.norm(mean)
