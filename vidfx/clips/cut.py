"""The moments of one video as files: copied from key frame on, or encoded exactly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Literal

from vidfx.clips.moments import Moment
from vidfx.clips.names import file_name
from vidfx.errors import InputError, output_errors
from vidfx.saved.runs import SavedVideo
from vidfx.video.container.kinds import kind_of
from vidfx.video.read.source import open_source
from vidfx.video.write.copied_parts import SUFFIX, Part, copy_parts
from vidfx.video.write.encoder import VideoEncoder
from vidfx.video.write.muxer import Mp4Muxer
from vidfx_engines.files import AtomicFile

Cut = Literal["fast", "exact", "none"]
"""Of ``none`` there are no files."""


def cut_moments(
    video: SavedVideo, source: Path, moments: Sequence[Moment], cut: Cut, folder: Path
) -> Iterator[tuple[Moment, str, float | None]]:
    """Write a file for each of ``moments``, in order; yields its name when it is complete.

    With it comes where it begins, in playback seconds. Raises InputError where ``source`` cannot
    be read or cut so, OutputError.
    """
    if cut == "none" or not moments:
        yield from ((moment, "", None) for moment in moments)
        return
    with output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    suffix = SUFFIX if cut == "fast" else ".mp4"
    names = [clip_name(video.name, moment, suffix) for moment in moments]
    parts = [
        Part(moment.from_s, moment.to_s, folder / name)
        for moment, name in zip(moments, names, strict=True)
    ]
    if cut == "exact":
        done = ((part, _encode(source, part)) for part in parts)
    elif kind_of(source) == "video":
        zero = int(video.summary["input"].get("start_pts", 0)) * video.time_base
        done = copy_parts(source, parts, Fraction(zero))
    else:
        raise InputError(f"{source}: it has no key frames to cut at", hint="use --cut exact")
    for moment, (part, begins_s) in zip(moments, done, strict=True):
        yield moment, part.path.name, begins_s


def clip_name(name: str, moment: Moment, suffix: str) -> str:
    """``NAME.FROM-TO.mkv`` with seconds: the same for the same moment."""
    return file_name(name, f"{moment.from_s:09.3f}-{moment.to_s:09.3f}{suffix}")


def _encode(source: Path, part: Part) -> float:
    """Returns where it begins."""
    opened, _ = open_source(source, planes=True, start_s=part.from_s, end_s=part.to_s)
    begins_s = part.from_s
    with opened, output_errors(part.path), AtomicFile(part.path) as file:
        info = opened.info
        sound = info.path if info.has_audio else None
        with Mp4Muxer(file, info, audio_from=sound, start_s=part.from_s, end_s=part.to_s) as mp4:
            encoder = VideoEncoder(mp4)
            for number, frame in enumerate(opened):
                begins_s = begins_s if number else info.seconds(frame.pts)
                encoder.write(frame)
            encoder.finish()
            mp4.complete()
    return begins_s
