"""A copy of the first part of a video, without decoding it."""

# PyAV's stubs leave the parameters of some types open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import av
from av.error import FFmpegError

from vidfx.video.container.kinds import kind_of


def copy_first_part(path: Path, to: Path, seconds: float) -> bool:
    """Copy the pictures' packets of the first ``seconds`` of ``path`` to ``to``, an MKV file.

    False where there are no packets, or FFmpeg cannot copy them.
    """
    if kind_of(path) != "video":
        return False
    try:
        with closing(av.open(path)) as source, closing(av.open(to, "w", "matroska")) as copy:
            video = source.streams.video[0]
            target = copy.add_stream_from_template(video)
            last_s: float | None = None
            for packet in source.demux(video):
                if packet.dts is None:
                    continue
                time_s = float(packet.dts * (packet.time_base or 0))
                last_s = time_s + seconds if last_s is None else last_s
                if time_s >= last_s:
                    break
                packet.stream = target
                copy.mux(packet)
    except (FFmpegError, IndexError, ValueError):
        return False
    return last_s is not None
