"""Somebody out of the results of one video, or of all photographs of a folder."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from vidfx.corrections.read import Corrections, read_corrections
from vidfx.errors import InputError, read_errors
from vidfx.forget.correction_lines import without
from vidfx.forget.faces import Known, faces_of
from vidfx.forget.names import Names
from vidfx.forget.new_files import NewFiles
from vidfx.forget.rows import Rows, whole_lines
from vidfx.jobs.result_names import EMBEDDINGS
from vidfx.output.strict_json import to_json
from vidfx.output.summary import read_summary
from vidfx.people.embeddings_file import TrackEmbeddings
from vidfx.people.people_file import OTHER, TrackPerson, people_bytes
from vidfx.saved.people import people_path
from vidfx.saved.runs import AGAIN, SavedVideo, load_video


@dataclass(frozen=True)
class Galleries:
    """What a gallery is with the person and without, by ``Gallery.fingerprint``."""

    before: str
    after: str


@dataclass(frozen=True)
class FromResults:
    """What was taken out."""

    summary: str
    "path"
    files: tuple[str, ...]
    "names of those that changed"
    rows: int
    "of faces.csv"
    embeddings: int


def forget_in_results(
    summary: Path,
    names: Names,
    *,
    grouped: Collection[int] = (),
    known: Known | None = None,
    galleries: Galleries | None = None,
    dry_run: bool,
) -> FromResults | None:
    """None where they have nothing of the person. ``grouped`` are tracks of the person's group.

    The summary gets the sizes of the new files, and the fingerprint of the new gallery: for the
    next run these results are done. Raises InputError where they are damaged, OutputError.
    """
    before = read_summary(summary)
    if before is None:
        raise InputError(f"{summary}: not a summary that this version can read", hint=AGAIN)
    video = None if "photographs" in before else load_video(summary)
    content = _content(before, names, galleries)
    embeddings = 0
    with NewFiles(dry_run=dry_run) as files:
        if video:
            embeddings = _embeddings(video, names, grouped, known, files)
            _people(video, names, grouped, files)
            content |= _corrections(video, before, names)
        rows, deserted = _tables(summary, before, names, files)
        counts = before.get("counts", {})
        if deserted and counts.get("frames_with_target"):
            left = max(0, counts["frames_with_target"] - deserted)
            content["counts"] = {**counts, "frames_with_target": left}
        sizes = {p.name: size for p in files.paths if (size := files.size(p)) is not None}
        recorded = before.get("bytes", {})
        known_sizes = {name: sizes.get(name, size) for name, size in recorded.items()}
        content |= {"bytes": known_sizes} if recorded else {}
        if content != before:
            files.add(summary, f"{to_json(content, indent=1)}\n".encode("ascii"))
        files.publish()
        changed = tuple(path.name for path in files.paths)
    return FromResults(str(summary), changed, rows, embeddings) if changed else None


def _content(
    before: Mapping[str, Any], names: Names, galleries: Galleries | None
) -> dict[str, Any]:
    """A summary without the person."""
    content = {**before}
    if "tracks" in before:
        content["tracks"] = [_track(track, names) for track in before["tracks"]]
    if "overview" in before:
        kept = [n for n in before["overview"].get("identities", ()) if not names.has(n)]
        content["overview"] = {**before["overview"], "identities": kept}
    if "people" in before:
        kept = [n for n in before["people"].get("names", ()) if not names.has(n)]
        content["people"] = {**before["people"], "names": kept}
    work = before.get("fingerprint", {})
    if galleries and work.get("people") == galleries.before:
        content["fingerprint"] = {**work, "people": galleries.after}
    return content


def _track(track: Mapping[str, Any], names: Names) -> dict[str, Any]:
    if not names.has(track.get("identity")):
        return {**track}
    return {**track, "identity": OTHER, "identity_prob": None}


def _corrections(video: SavedVideo, before: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """Lines that are not applied, as their tracks are other faces now, stay so."""
    recorded = before.get("corrections", {})
    if not recorded.get("other_faces"):
        return {}
    found = read_corrections(video.path, video.expressions)
    if found.fingerprint() != recorded.get("sha256"):
        return {}
    now = Corrections(tuple(without(found.lines, names))).fingerprint()
    return {"corrections": {**recorded, "sha256": now}}


def _embeddings(
    video: SavedVideo,
    names: Names,
    grouped: Collection[int],
    known: Known | None,
    files: NewFiles,
) -> int:
    path = video.path.with_name(video.name + EMBEDDINGS)
    if not path.exists():
        return 0
    faces = TrackEmbeddings.read(path)
    theirs = faces_of(faces, video, names, grouped, known)
    if theirs.any():
        files.add(path, faces.rows(~theirs).bytes())
    return int(theirs.sum())


def _people(video: SavedVideo, names: Names, grouped: Collection[int], files: NewFiles) -> None:
    if video.people is None:
        return
    now = {number: _person(one, names, grouped) for number, one in video.people.tracks.items()}
    if now != dict(video.people.tracks):
        files.add(people_path(video.path), people_bytes(now.values()))


def _person(one: TrackPerson, names: Names, grouped: Collection[int]) -> TrackPerson:
    if names.has(one.name):
        one = msgspec.structs.replace(one, verdict="unknown", name=None, score=None)
    if names.has(one.group) or one.track_id in grouped:
        one = msgspec.structs.replace(one, group=None)
    return one


def _tables(
    summary: Path, before: Mapping[str, Any], names: Names, files: NewFiles
) -> tuple[int, int]:
    """The rows of faces that changed, and the frames that show nobody with a name any more."""
    faces, deserted = 0, 0
    for kind in ("faces", "frames"):
        name = str(before["outputs"][kind])
        if Path(name).name != name:
            raise InputError(f"{summary}: damaged: a result is named by a path", hint=AGAIN)
        path = summary.with_name(name)
        with read_errors(path), path.open(encoding="utf-8", newline="") as stream:
            lines = whole_lines(stream)
            header = next(lines, "")
            rows = Rows(header, names)

            def rewrite(
                take: Callable[[str], object],
                header: str = header,
                lines: Any = lines,
                rows: Rows = rows,
            ) -> bool:
                take(header)
                for line in lines:
                    take(rows.without(line))
                return rows.changed > 0

            files.add_lines(path, rewrite)
        faces += rows.changed if kind == "faces" else 0
        deserted += rows.deserted
    return faces, deserted
