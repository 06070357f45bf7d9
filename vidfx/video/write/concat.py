"""The encoded segments of one video, put together without encoding them again."""

# PyAV's stubs leave the parameters of some types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av

from vidfx.errors import OutputError
from vidfx.video.write.muxer import Mp4Muxer


def concatenate(segments: Sequence[Path], mp4: Mp4Muxer, first_pts: int) -> None:
    """Copy all packets of ``segments``, MP4 files without sound, in order into ``mp4``.

    ``first_pts`` is that of the first frame, in the input's time base. The result has the times
    that one encoder of the whole video would have given it. Raises OutputError.
    """
    video: av.VideoStream | None = None
    header: bytes | None = None
    last_dts: int | None = None
    for segment in segments:
        with mp4.errors(), av.open(str(segment.absolute())) as container:
            source = container.streams.video[0]
            if video is None:
                header = source.codec_context.extradata
                video = mp4.begin(first_pts, lambda out, s=source: out.add_stream_from_template(s))
            elif source.codec_context.extradata != header:
                raise OutputError(
                    f"cannot write {mp4.path}: its segments were not encoded alike",
                    hint="run it again with --segments 1",
                )
            shift = mp4.ticks_at(mp4.info.start_pts)
            for packet in container.demux(source):
                if packet.pts is None or packet.dts is None:
                    continue  # the empty one at the end
                pts, dts = (mp4.ticks(t * packet.time_base) for t in (packet.pts, packet.dts))
                packet.stream = video
                packet.time_base = Fraction(1, mp4.scale)
                packet.pts, dts = pts + shift, dts + shift
                # where frame rates change, the first packets of a segment may claim to come early
                packet.dts = dts if last_dts is None else max(dts, last_dts + 1)
                last_dts = packet.dts
                mp4.mux([packet])
