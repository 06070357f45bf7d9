"""The data of one video in a report, and the pictures of its faces."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from vidfx.corrections.hidden import hidden_spans
from vidfx.corrections.places import correction_files
from vidfx.corrections.read import corrected, saved_corrections
from vidfx.corrections.shown import hides_faces
from vidfx.errors import output_errors
from vidfx.report.face_sheets import MOST, face_sheet
from vidfx.report.scripts import call
from vidfx.report.video_data import collect, describe
from vidfx.report.video_place import playable
from vidfx.saved.people import people_path
from vidfx.saved.runs import SavedVideo, load_video
from vidfx_engines.files import write_atomically


def write_video_data(folder: Path, name: str, summary: Path, *, faces: bool) -> bool:
    """Make the data of one video in the report ``folder``; returns whether it was out of date.

    Raises InputError and OutputError.
    """
    data, sheet = data_file(folder, name), sheet_file(folder, name)
    is_new = _is_newer(summary, data)
    if not is_new and (not faces or sheet.exists()):
        return False
    if is_new:  # where the results or a correction cannot be read, nothing old is shown
        for old in (data, sheet):
            with output_errors(old):
                old.unlink(missing_ok=True)
    video = load_video(summary)
    content = video_content(video, folder)
    numbers = _sheet_numbers(video.summary)
    if faces and numbers and _may_take_faces(video):
        write(sheet, _sheet(video, numbers, content))
    if sheet.exists():
        _add_sheet(content, f"faces/{quote(name)}.jpg", numbers)
    write(data, call("video", {"id": name, **content}))
    return True


def single_content(video: SavedVideo, folder: Path, *, faces: bool) -> dict[str, Any]:
    """What the page of a video shows if all of it is in the page, which is in ``folder``.

    Raises InputError.
    """
    content = video_content(video, folder)
    numbers = _sheet_numbers(video.summary)
    if faces and numbers and _may_take_faces(video):
        jpeg = base64.b64encode(_sheet(video, numbers, content)).decode()
        _add_sheet(content, f"data:image/jpeg;base64,{jpeg}", numbers)
    return content


def video_content(video: SavedVideo, folder: Path) -> dict[str, Any]:
    """What the page of a video shows, if the page is in ``folder``. Raises InputError."""
    frames, rows = collect(corrected(video), len(video.expressions or ()))
    content = describe(video, frames, rows)
    hidden = _hidden_tracks(video)
    for track in content["tracks"]:
        track["hidden"] = track["id"] in hidden
    return {"video": playable(video, folder), "sheet": None, **content}


def _hidden_tracks(video: SavedVideo) -> set[int]:
    """Those that corrections hide as a whole, or for a time. Raises InputError."""
    lines = saved_corrections(video).lines
    last = {line.track: line.action for line in hidden_spans(lines)}
    return {track for track, action in last.items() if action == "hide"}


def _may_take_faces(video: SavedVideo) -> bool:
    """A cut-out of the source can show a hidden face beside the one it is of."""
    return video.source.exists() and not hides_faces(video)


def data_file(folder: Path, name: str) -> Path:
    return folder / "data" / f"{name}.js"


def sheet_file(folder: Path, name: str) -> Path:
    return folder / "faces" / f"{name}.jpg"


def _sheet_numbers(summary: Mapping[str, Any]) -> list[int]:
    """The tracks that have a place in the sheet, in its order, whatever was corrected since."""
    return [track["track_id"] for track in summary["tracks"][:MOST]]


def _sheet(video: SavedVideo, numbers: Sequence[int], content: Mapping[str, Any]) -> bytes:
    best = {t["id"]: (t["best_s"], t["best_box"]) for t in content["tracks"]}
    return face_sheet(video.source, [best.get(number) for number in numbers])


def _add_sheet(content: dict[str, Any], path: str, numbers: Sequence[int]) -> None:
    content["sheet"] = path, len(numbers)
    places = {number: place for place, number in enumerate(numbers)}
    for track in content["tracks"]:
        track["face"] = places.get(track["id"])


def _is_newer(summary: Path, data: Path) -> bool:
    """Whether the results, their names or their corrections are newer than the data."""
    times: list[int] = []
    for file in (summary, people_path(summary), *correction_files(summary)):
        with suppress(FileNotFoundError):
            times.append(file.stat().st_mtime_ns)
    with suppress(OSError):
        return max(times) > data.stat().st_mtime_ns
    return True


def write(path: Path, content: str | bytes) -> None:
    """A file and its folders. Raises OutputError."""
    with output_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content.encode() if isinstance(content, str) else content)
