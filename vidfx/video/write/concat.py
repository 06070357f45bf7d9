"""Segments of one video, encoded side by side, put together without encoding them again."""

# PyAV's stubs leave the parameters of some types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import av.container

from vidfx.atomic import Abortable
from vidfx.errors import OutputError
from vidfx.types import VideoInfo
from vidfx.video.write.muxer import Mp4Muxer, SinkReport, VideoPacket


class ConcatenatedVideo(Abortable):
    """Writes what VideoSinks without sound wrote of the segments of one video, and the sound, to
    ``path``, as one VideoSink would have done it. See VideoSink for the rest.
    """

    def __init__(
        self,
        path: Path,
        info: VideoInfo,
        *,
        audio_from: Path | None,
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> None:
        self._movie = Mp4Muxer(path, info, audio_from=audio_from, start_s=start_s, end_s=end_s)
        self._frames = 0
        self._last = 0

    def complete(self, files: Sequence[Path], first_pts: int) -> SinkReport:
        """Copy all packets of ``files``, in order: all but the file's name.

        ``first_pts`` is that of the first frame, in the input's time base.
        """
        try:
            for number, file in enumerate(files):
                with self._movie.errors(), av.open(str(file.absolute())) as container:
                    self._append(container, first_pts, begins=number == 0)
            return self._movie.complete(self._frames)
        except BaseException:
            self.abort()
            raise

    def publish(self) -> None:
        """Give the completed file its name."""
        self._movie.publish()

    def abort(self) -> None:
        """Stop and leave nothing behind; harmless after ``publish``."""
        self._movie.abort()

    def _append(
        self, container: av.container.InputContainer, first_pts: int, *, begins: bool
    ) -> None:
        source = container.streams.video[0]
        header = source.codec_context.extradata
        if begins:
            self._header = header
            self._video = self._movie.open(
                first_pts, lambda output: output.add_stream_from_template(source)
            )
        elif header != self._header:
            raise OutputError(
                f"cannot write {self._movie.pending.path}: its segments were not encoded alike",
                hint="run it again with --segments 1",
            )
        self._movie.mux(self._placed(container, source))

    def _placed(
        self, container: av.container.InputContainer, source: av.VideoStream
    ) -> Iterator[VideoPacket]:
        movie = self._movie
        shift = movie.ticks((movie.zero_pts - movie.info.start_pts) * movie.info.time_base)
        for packet in container.demux(source):
            if packet.pts is None or packet.dts is None:
                continue  # the empty one at the end
            pts, dts = (movie.ticks(t * packet.time_base) for t in (packet.pts, packet.dts))
            packet.stream = self._video
            packet.time_base = Fraction(1, movie.scale)
            packet.pts, dts = pts - shift, dts - shift
            # where frame rates change, the first packets of a segment may claim to come too early
            packet.dts = dts if not self._frames else max(dts, self._last + 1)
            self._last = packet.dts
            self._frames += 1
            yield packet
