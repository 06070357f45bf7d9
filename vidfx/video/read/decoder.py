"""Decodes the frames of a video with FFmpeg, and counts the frames that come before each."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import chain
from pathlib import Path

import av
from av.error import FFmpegError
from av.video.stream import VideoStream

from vidfx.video.container.demuxer import decode, open_video
from vidfx.video.container.field_pictures import FieldPairs
from vidfx.video.container.frame_times import PtsFromDts
from vidfx.video.container.protection import undecodable
from vidfx.video.container.timeline import Timeline


class VideoDecoder:
    """The decoded frames of one file, from its beginning or from a key frame.

    Packets that cannot be decoded are skipped and counted. Raises NotMediaError where the file
    cannot be opened or no frame of it can be decoded.
    """

    def __init__(self, path: Path) -> None:
        self.demuxer = open_video(path)
        self.demuxer.stream.thread_type = "AUTO"
        self.timeline = Timeline()
        self.pts_from_dts = PtsFromDts.of(self.demuxer)
        self.hidden = self.undecodable = 0
        "packets of frames that are not shown, and packets that could not be decoded"
        self.last_error = ""
        self._fields = FieldPairs(self.demuxer.stream)
        self._pending: list[int] = []
        "a heap: PTS of packets whose frames have not been returned"
        self._n_before = 0
        "frames before those that are pending"
        frames = self._decoded(self.demuxer.packets(timeline=self.timeline))
        first = next(frames, None)
        if first is None:
            self.close()
            raise undecodable(path, self.last_error)
        self.first = first
        self.frames: Iterator[av.VideoFrame] = chain([first], frames)
        "in presentation order, the first frame included; read once"

    def close(self) -> None:
        self.demuxer.close()

    @property
    def has_fields(self) -> bool:
        """Whether frames so far were stored as two field pictures."""
        return self._fields.count > 0

    def seek(self, key_pts: int, pts: int, index: int) -> bool:
        """Continue with the frame at ``pts``, number ``index``, decoding from a key frame.

        Returns False where the decoder does not return that frame; then nothing more can be read.
        """
        self._pending.clear()
        self.demuxer.container.seek(key_pts, stream=self.demuxer.stream)
        packets = self.demuxer.packets()
        packet = next(packets, None)
        if not packet or not packet.is_keyframe or packet.pts is None or packet.pts > pts:
            return False
        frames = self._decoded(chain([packet], packets))
        frame = next((f for f in frames if f.pts is not None and f.pts >= pts), None)
        if not frame or frame.pts != pts:
            return False
        self.frames = chain([frame], frames)
        self.index_of(pts)
        self._n_before = index
        return True

    def index_of(self, pts: int) -> int:
        """How many frames of the file come before ``pts``, those that cannot be decoded included.

        So a frame has the same index wherever the reading began. ``pts`` must rise.
        """
        while self._pending and self._pending[0] < pts:
            heappop(self._pending)
            self._n_before += 1
        return self._n_before

    def _decoded(self, packets: Iterator[av.Packet[VideoStream]]) -> Iterator[av.VideoFrame]:
        for packet in packets:
            if packet.is_discard:
                self.hidden += 1
            elif not self._fields.is_second(packet):
                order = self.pts_from_dts
                pts = packet.pts if order is None else order.feed(packet.dts)
                if pts is not None:
                    heappush(self._pending, pts)
            yield from self._decode(packet)
        for pts in self.pts_from_dts.flush() if self.pts_from_dts else ():
            heappush(self._pending, pts)
        yield from self._decode(None)

    def _decode(self, packet: av.Packet[VideoStream] | None) -> list[av.VideoFrame]:
        try:
            return decode(self.demuxer.stream, packet)
        except FFmpegError as error:
            self.undecodable += 1
            self.last_error = error.strerror or type(error).__name__
            return []
