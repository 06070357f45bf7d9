"""Tags and chapters of an input, and which of them the annotated video gets.

Names, descriptions, chapters and the date are kept. Where the camera was (``location`` and the
like) and which camera it was are left out: they are private.
"""

from __future__ import annotations

from fractions import Fraction

from av.container import OutputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from vidfx.types import Chapter, Metadata
from vidfx.version import __version__
from vidfx.video.container.demuxer import Demuxer

KEPT_TAGS = (
    *("title", "artist", "album_artist", "album", "composer", "genre", "date", "track", "disc"),
    *("comment", "description", "synopsis", "copyright", "grouping", "lyrics", "keywords"),
    *("show", "network", "episode_id", "creation_time"),
)
_KEPT_OF_SOUNDS = ("language", "title")
_MOST_CHARACTERS = 4096
"of a tag; a longer one is left out"
_MOST_CHAPTERS = 1000
_TICK = Fraction(1, 1000)
_MARK = f"annotated by vidfx {__version__}"


def metadata_of(demuxer: Demuxer[VideoStream]) -> Metadata:
    """Tags, chapters, and a count of the streams that are not read."""
    # Ogg has the tags of the file in its streams
    of_stream = demuxer.stream.metadata if demuxer.format == "ogg" else {}
    all_tags = demuxer.container.metadata | of_stream
    by_name = {name.lower(): value for name, value in all_tags.items()}
    tags = ((name, _text(by_name.get(name))) for name in KEPT_TAGS)
    return Metadata(
        tags=tuple((name, text) for name, text in tags if text),
        chapters=tuple(_chapters(demuxer)),
        unread=tuple(_unread(demuxer)),
    )


def write_metadata(
    output: OutputContainer, metadata: Metadata, zero: Fraction, end: Fraction | None
) -> None:
    """Write the tags, and the chapters between ``zero`` and ``end`` (seconds of the input).

    The comment says that the video is annotated, after what it said before.
    """
    tags = dict(metadata.tags)
    said = tags.get("comment", "")
    if _MARK not in said:
        tags["comment"] = f"{said}; {_MARK}" if said else _MARK
    output.metadata.update(tags)
    chapters = [c for c in metadata.chapters if c.end_s > zero and (not end or c.start_s < end)]
    output.set_chapters(
        [
            {
                "id": number,
                "start": round((max(zero, chapter.start_s) - zero) / _TICK),
                "end": round((min(chapter.end_s, end or chapter.end_s) - zero) / _TICK),
                "time_base": _TICK,
                "metadata": {"title": chapter.title},
            }
            for number, chapter in enumerate(chapters)
        ]
    )


def copy_sound_metadata(source: Stream, copy: Stream, *, named: bool = True) -> None:
    """Copy the language of a sound stream, and its name where ``named``."""
    tags = {"title": source.metadata.get("name"), **source.metadata}
    for name in _KEPT_OF_SOUNDS if named else _KEPT_OF_SOUNDS[:1]:
        if text := _text(tags.get(name)):
            copy.metadata[name] = text


def _text(value: str | None) -> str | None:
    return value if value and len(value) <= _MOST_CHARACTERS else None


def _chapters(demuxer: Demuxer[VideoStream]) -> list[Chapter]:
    found: list[Chapter] = []
    listed = sorted(
        demuxer.container.chapters()[:_MOST_CHAPTERS], key=lambda chapter: chapter["start"]
    )
    for number, chapter in enumerate(listed, 1):
        unit = chapter["time_base"] or Fraction(0)
        start, end = chapter["start"] * unit, chapter["end"] * unit
        if start < end:
            title = _text(chapter["metadata"].get("title"))
            found.append(Chapter(start, end, title or str(number)))
    return found


def _unread(demuxer: Demuxer[VideoStream]) -> list[str]:
    streams = demuxer.container.streams
    covers = [s for s in streams.video if s.disposition & Disposition.attached_pic]
    n_data = len(streams.data)
    if n_data and demuxer.format == "mov" and demuxer.container.chapters():
        n_data -= 1  # the names of the chapters
    counts = (
        (len(streams.video) - len(covers) - 1, "more video stream"),
        (0 if demuxer.sounds else len(streams.audio), "sound stream"),
        (len(streams.subtitles), "subtitle stream"),
        (len(covers), "cover picture"),
        (len(streams.attachments), "attachment"),
        (n_data, "data track"),
    )
    return [f"{count} {kind}{'s' * (count > 1)}" for count, kind in counts if count > 0]
