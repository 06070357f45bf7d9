"""What containers say beside their streams: what of it goes into the annotated video.

Names, descriptions, chapters and the date are kept. Where a camera was (``location`` and the like)
and which camera it was is no business of those who are given an annotated video, and is not.
"""

from __future__ import annotations

from fractions import Fraction

from av.container import InputContainer, OutputContainer
from av.stream import Disposition, Stream

from vidfx.types import Chapter, Metadata
from vidfx.video.container.container import main_picture, sounds_of

KEPT_TAGS = (
    *("title", "artist", "album_artist", "album", "composer", "genre", "date", "track", "disc"),
    *("comment", "description", "synopsis", "copyright", "grouping", "lyrics", "keywords"),
    *("show", "network", "episode_id", "creation_time"),
)
_KEPT_OF_SOUNDS = ("language", "title")
_MOST_CHARACTERS = 4096
"of a tag; what is longer is no name"
_MOST_CHAPTERS = 1000
_TICK = Fraction(1, 1000)


def metadata_of(container: InputContainer) -> Metadata:
    """The metadata of an input."""
    picture = main_picture(container)
    ogg = picture.metadata if picture is not None and container.format.name == "ogg" else {}
    said = {name.lower(): value for name, value in (container.metadata | ogg).items()}
    tags = ((name, _text(said.get(name))) for name in KEPT_TAGS)
    return Metadata(
        tags=tuple((name, text) for name, text in tags if text),
        chapters=tuple(_chapters(container)),
        unread=tuple(_unread(container)),
    )


def write_metadata(
    output: OutputContainer, metadata: Metadata, zero: Fraction, end: Fraction | None
) -> None:
    """Tags, and the chapters between ``zero`` and ``end``, in seconds of the input's time."""
    output.metadata.update(metadata.tags)
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


def copy_sound_metadata(source: Stream, copy: Stream) -> None:
    """A sound's language and name."""
    said = {"title": source.metadata.get("name"), **source.metadata}
    for name in _KEPT_OF_SOUNDS:
        if text := _text(said.get(name)):
            copy.metadata[name] = text


def _text(value: str | None) -> str | None:
    return value if value and len(value) <= _MOST_CHARACTERS else None


def _chapters(container: InputContainer) -> list[Chapter]:
    found: list[Chapter] = []
    listed = sorted(container.chapters()[:_MOST_CHAPTERS], key=lambda chapter: chapter["start"])
    for number, chapter in enumerate(listed, 1):
        unit = chapter["time_base"] or Fraction(0)
        start, end = chapter["start"] * unit, chapter["end"] * unit
        if start < end:
            title = _text(chapter["metadata"].get("title"))
            found.append(Chapter(start, end, title or str(number)))
    return found


def _unread(container: InputContainer) -> list[str]:
    picture, streams = main_picture(container), container.streams
    covers = [s for s in streams.video if s.disposition & Disposition.attached_pic]
    n_data = len(streams.data)
    if n_data and container.chapters() and "mov" in container.format.name:
        n_data -= 1  # the names of the chapters
    counts = (
        (len(streams.video) - len(covers) - (picture is not None), "more video stream"),
        (0 if sounds_of(container) else len(streams.audio), "sound stream"),
        (len(streams.subtitles), "subtitle stream"),
        (len(covers), "cover picture"),
        (len(streams.attachments), "attachment"),
        (n_data, "data track"),
    )
    return [f"{count} {kind}{'s' * (count > 1)}" for count, kind in counts if count > 0]
