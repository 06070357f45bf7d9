"""`vidfx people group`: the strangers of an output folder get names that stay."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from vidfx.corrections.people import PersonLine, present_name
from vidfx.corrections.places import BATCH, batch_folder
from vidfx.corrections.read import person_lines
from vidfx.errors import UsageError
from vidfx.identify.video_tracks import OneTrack, VideoTracks, tracks_of
from vidfx.jobs.outcomes import Outcome, as_failure
from vidfx.jobs.result_names import EMBEDDINGS, SUMMARY
from vidfx.people.clusters import NOBODY, Clusters, cluster
from vidfx.people.embeddings_file import TrackEmbeddings
from vidfx.people.groups_file import (
    Alike,
    GroupedTrack,
    GroupedVideo,
    Groups,
    read_groups,
    write_groups,
)
from vidfx.people.linking import Linking, linking_of
from vidfx.people.names import RESERVED, folded
from vidfx.people.people_file import TrackPerson, write_people
from vidfx.saved.people import people_path
from vidfx.saved.places import find_videos
from vidfx.saved.runs import load_video

NUMBERED = "Person {}"
_NUMBER = re.compile(r"Person ([1-9]\d{0,8})", re.IGNORECASE)
MOST_ALIKE = 200
"""Pairs of groups that are kept, to ask people about."""
NONE_SAVED = "annotate the videos with --embeddings"


@dataclass(frozen=True)
class Grouped:
    """What became of an output folder."""

    videos: int
    tracks: int
    people: int
    unknown: int
    "tracks that are nobody's: too little was seen of them, or they are like two people"
    new: int
    "people who were not there before"
    outcomes: tuple[Outcome, ...] = ()
    "of videos with embeddings"


def group(out: Path, threshold: float | None, report: Callable[[Outcome], None]) -> Grouped:
    """Name the tracks of all videos of ``out`` that have embeddings.

    Groups that are there keep their names; see ``groups_file``. ``threshold`` is the cosine from
    which tracks are of one person; None: that of the model. Raises UsageError, InputError and
    OutputError.
    """
    before = read_groups(out) or Groups()
    saved = _with_embeddings(out)
    lines = person_lines(batch_folder(saved[0][0]) / BATCH)
    found, outcomes = _read(out, saved, threshold, report)
    members = _Members(found, before, lines)
    clusters = members.clustered()
    groups = members.named(clusters)
    groups.threshold = threshold
    _write_names(found.videos, groups)
    if groups != before:
        write_groups(out, groups)
    names = [t.first_name for v in groups.videos.values() for t in v.tracks]
    people = {groups.names[name] for name in names if name}
    return Grouped(
        len(found.videos),
        len(names),
        len(people),
        sum(name is None for name in names),
        len(people - {*before.names.values()}),
        tuple(outcomes),
    )


@dataclass(frozen=True)
class _Found:
    videos: list[VideoTracks]
    model: str
    threshold: float
    margin: float


def _with_embeddings(out: Path) -> list[tuple[Path, Path]]:
    """Summaries, and the embeddings beside them. Raises UsageError."""
    if not out.is_dir():
        raise UsageError(f"{out}: not a folder", hint="name an output folder of `vidfx annotate`")
    paths = [
        (summary, summary.with_name(summary.name.removesuffix(SUMMARY) + EMBEDDINGS))
        for summary, _ in find_videos([out]).summaries
    ]
    saved = [(summary, path) for summary, path in paths if path.exists()]
    if not saved:
        raise UsageError(f"{out}: none of its videos has embeddings", hint=NONE_SAVED)
    return saved


def _read(
    out: Path,
    saved: Sequence[tuple[Path, Path]],
    threshold: float | None,
    report: Callable[[Outcome], None],
) -> tuple[_Found, list[Outcome]]:
    models: dict[Path, str] = {}
    linking: Linking | None = None
    videos: list[VideoTracks] = []
    outcomes: list[Outcome] = []
    for summary, path in saved:
        name = summary.relative_to(out).as_posix().removesuffix(SUMMARY)
        try:
            faces = TrackEmbeddings.read(path)
            models[path] = faces.model
            linking = linking or linking_of(faces.model, threshold)
            videos.append(tracks_of(name, load_video(summary), faces, linking.threshold))
        except UsageError:
            raise
        except Exception as error:  # noqa: BLE001 - one video's fault must not end the others
            outcomes.append(Outcome(str(summary), "failed", error=as_failure(summary, error)))
            report(outcomes[-1])
        else:
            outcomes.append(Outcome(str(summary), "done"))
    used = Counter(models.values()).most_common()
    if len(used) > 1:
        other = next(path for path, model in models.items() if model != used[0][0])
        raise UsageError(
            f"{other}: its embeddings are by another model than those of {used[0][1]} videos",
            hint="annotate these videos again with the same model, or group them in another folder",
        )
    if linking is None or not videos:
        raise UsageError(f"{out}: none of its videos can be read", hint="see the errors above")
    return _Found(videos, used[0][0], linking.threshold, linking.margin), outcomes


class _Members:
    """The tracks of all videos in one row, with what is known of each."""

    def __init__(self, found: _Found, before: Groups, lines: Sequence[PersonLine]) -> None:
        self._found, self._before, self._lines = found, before, lines
        self._known = before if before.model in ("", found.model) else Groups()
        self._tracks: list[OneTrack] = []
        self._first: list[str | None] = []
        "first names that are known: of groups, galleries, engines, people"
        self._rows: list[int] = []
        "of the tracks that are compared"
        self._apart: list[tuple[int, int]] = []
        for video in found.videos:
            start = len(self._tracks)
            self._apart += [(start + one, start + other) for one, other in video.apart()]
            earlier = self._earlier(video)
            for track in video.tracks:
                self._first.append(self._first_name(track, earlier.get(track.number)))
                if track.vector is not None and track.given not in RESERVED:
                    self._rows.append(len(self._tracks))
                self._tracks.append(track)

    def _earlier(self, video: VideoTracks) -> dict[int, str | None]:
        known = self._known.videos.get(video.name)
        if known is None or known.made != video.made:
            return {}
        return {track.track: track.first_name for track in known.tracks}

    def _first_name(self, track: OneTrack, earlier: str | None) -> str | None:
        if track.given:
            return None if track.given in RESERVED else track.given
        for name in (track.name, earlier):
            if name and not self._is_denied(track, name):
                return name
        return None

    def _present(self, first_name: str) -> str:
        return present_name(first_name, self._lines)

    def _is_denied(self, track: OneTrack, first_name: str) -> bool:
        name = folded(self._present(first_name))
        return any(folded(denied) == name for denied in track.denied)

    def clustered(self) -> Clusters:
        """Of the tracks that are compared."""
        rows, places = self._rows, {row: place for place, row in enumerate(self._rows)}
        numbers: dict[str, int] = {}
        person = np.full(len(rows), NOBODY)
        first: dict[str, int] = {}
        for place, row in enumerate(rows):
            if name := self._first[row]:
                key = folded(self._present(name))
                person[place] = numbers.setdefault(key, len(numbers))
                first.setdefault(key, place)
        apart = [
            (places[one], places[other])
            for one, other in self._apart
            if one in places and other in places
        ]
        for place, row in enumerate(rows):
            for denied in self._tracks[row].denied:
                other = first.get(folded(denied))
                apart += [] if other is None else [(place, other)]
        vectors = [track.vector for track in (self._tracks[row] for row in rows)]
        kept = [vector for vector in vectors if vector is not None]
        table = np.stack(kept).astype(np.float32) if kept else np.zeros((0, 1), np.float32)
        links = np.array(apart, np.int64).reshape(-1, 2)
        return cluster(table, self._found.threshold, self._found.margin, links, person)

    def named(self, clusters: Clusters) -> Groups:
        """All groups, old and new; new ones in the order of their size."""
        of_label: defaultdict[int, list[int]] = defaultdict(list)
        for row, label in zip(self._rows, clusters.label.tolist(), strict=True):
            of_label[label].append(row)
        of_label.pop(NOBODY, None)
        number = self._next_number()
        for label in sorted(of_label, key=lambda label: (-len(of_label[label]), label)):
            rows = of_label[label]
            known = next((name for row in rows if (name := self._first[row])), None)
            if known is None:
                known, number = NUMBERED.format(number), number + 1
            for row in rows:
                self._first[row] = self._first[row] or known
        doubts = dict(zip(self._rows, self._doubts(clusters).tolist(), strict=True))
        firsts = {name for name in self._first if name}
        return Groups(
            model=self._found.model,
            next_number=number,
            names={name: self._present(name) for name in sorted(firsts)},
            videos=dict(self._videos(doubts)),
            alike=self._alike(clusters),
        )

    def _next_number(self) -> int:
        """Above all that are or were used, also by people in corrections."""
        names = [name for name in self._first if name]
        names += [name for line in self._lines for name in (line.name, line.new_name)]
        names += [name for track in self._tracks for name in track.denied]
        used = [int(match[1]) for name in names if (match := _NUMBER.fullmatch(name))]
        return max([self._before.next_number - 1, *used]) + 1

    def _doubts(self, clusters: Clusters) -> np.ndarray:
        """0..1: how near each track is to being left out of its group."""
        threshold = self._found.threshold
        clear = np.minimum(clusters.own - np.maximum(clusters.next, threshold), 1 - threshold)
        return (1 - clear / (1 - threshold)).clip(0, 1)

    def _videos(self, doubts: dict[int, float]) -> Iterator[tuple[str, GroupedVideo]]:
        row = 0
        for video in self._found.videos:
            tracks: list[GroupedTrack] = []
            for track in video.tracks:
                doubt = round(doubts.get(row, 0.0), 3)
                time_s = min(start for start, _ in track.spans)
                tracks.append(GroupedTrack(track.number, self._first[row], doubt, time_s))
                row += 1
            yield video.name, GroupedVideo(video.made, tracks)

    def _alike(self, clusters: Clusters) -> list[Alike]:
        """Pairs of groups that people may want to merge, the most alike first."""
        best: dict[tuple[str, str], float] = {}
        pairs: list[tuple[int, int]] = clusters.near.tolist()
        for (one, other), cosine in zip(pairs, clusters.near_cosine.tolist(), strict=True):
            first, second = self._first[self._rows[one]], self._first[self._rows[other]]
            if first and second and self._present(first) != self._present(second):
                best.setdefault((first, second), round(cosine, 4))
        ordered = sorted(best.items(), key=lambda item: -item[1])[:MOST_ALIKE]
        return [Alike(one, other, cosine) for (one, other), cosine in ordered]


def _write_names(videos: Sequence[VideoTracks], groups: Groups) -> None:
    """Into the files that all commands read, where they change. Raises OutputError."""
    for video in videos:
        before = dict(video.video.people.tracks) if video.video.people else {}
        now = {n: msgspec.structs.replace(one, group=None) for n, one in before.items()}
        names = {one.track: one.first_name for one in groups.videos[video.name].tracks}
        for track in video.tracks:
            first = names[track.number]
            for number in track.numbers:
                own = now.get(number) or TrackPerson(number, track.person_id)
                group = groups.names[first] if first and first != track.name else None
                now[number] = msgspec.structs.replace(own, group=group)
        if now != before:
            write_people(people_path(video.video.path), now.values())
