"""The sound track of the output: the sound of an input, copied where MP4 can hold it, else AAC."""

# PyAV's stubs leave the parameters of some types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import av.container
from av.error import FFmpegError

from vidfx.errors import NotMediaError
from vidfx.video.container.demuxer import Demuxer, open_sound
from vidfx.video.container.metadata import copy_sound_metadata
from vidfx.video.container.protection import is_encrypted
from vidfx.video.sound.aac import Packets, add_aac
from vidfx.video.sound.copying import SoundCopy
from vidfx.video.sound.mp4_codecs import begins_as, can_copy, codec_of
from vidfx.video.sound.reader import MOST_GAP_S, SoundReader, Window

_MOST_EDIT_S = 86_400
"like MOST_GAP_S, for MP4, where an edit list may delay sound"


class SoundTrack:
    """The default (else the first) sound stream of ``source``, written into ``output``.

    The constructor adds a stream to ``output``; ``mux_until`` and ``mux_rest`` write its packets.
    Whatever is wrong with the sound is a line in ``warnings``; no error is raised for it.
    """

    def __init__(
        self,
        output: av.container.OutputContainer,
        source: Path | None,
        window: Window,
        *,
        named: bool = True,
    ) -> None:
        """``named``: with the name that the sound has in ``source``."""
        self._named = named
        self.warnings: list[str] = []
        self._output = output
        self._reader: SoundReader | None = None
        self._copy: SoundCopy | None = None
        self._packets: Packets = iter(())
        self._next: av.Packet[av.AudioStream] | None = None
        self._next_s: Fraction | None = None
        "its time in the output; None where it has none"
        self._time_base = Fraction(1)
        "of it"
        self._most_gap_s = Fraction(MOST_GAP_S)
        self._end_s = Fraction(0)
        "end of the sound or the picture that is written so far"
        self._label = "none"
        self._written = self._unwritable = 0
        demuxer = self._opened(source) if source is not None else None
        if demuxer is not None:
            self._begin(demuxer, window)

    @property
    def label(self) -> str:
        """'copied <codec>', '<codec> re-encoded to aac', or 'none' while nothing is written."""
        return self._label if self._written else "none"

    def mux_until(self, seconds: Fraction) -> None:
        """Write the packets before ``seconds`` of the output."""
        while self._next is not None:
            if self._next_s is not None and self._next_s >= seconds:
                break
            self._mux(self._next)
            self._advance()

    def mux_rest(self, shown: Fraction) -> None:
        """Write the packets that are left, up to the first long gap.

        ``shown`` is the end of the picture in seconds.
        """
        self._end_s = max(self._end_s, shown)
        while self._next is not None:
            if self._next_s is not None:
                gap_s = self._next_s - self._end_s
                if gap_s > self._most_gap_s:
                    self.warnings.append(
                        f"sound that begins {float(gap_s):.0f} s after the end of the rest was "
                        "left out"
                    )
                    break
            self._mux(self._next)
            self._advance()
        damaged = self._unwritable + (self._reader.damaged if self._reader else 0)
        self.warnings += self._copy.warnings if self._copy else []
        if damaged:
            self.warnings.append(f"{damaged} damaged sound packets were skipped")
        if self._label != "none" and not self._written:
            self.warnings.append("nothing of the sound could be kept")

    def close(self) -> None:
        """Release the input."""
        self._next = None
        self._packets = iter(())
        if self._reader is not None:
            self._reader.close()

    def _opened(self, source: Path) -> Demuxer[av.AudioStream] | None:
        try:
            return open_sound(source)
        except NotMediaError as error:
            reason = str(error).removeprefix(f"{source}: ")
            self.warnings.append(f"the sound could not be read: it {reason}")
            return None

    def _begin(self, demuxer: Demuxer[av.AudioStream], window: Window) -> None:
        """Choose between copying and encoding, and add the stream."""
        if others := len(demuxer.container.streams.audio) - 1:
            self.warnings.append(f"{others} more sound streams were left out")
        if demuxer.format == "mov":
            self._most_gap_s = Fraction(_MOST_EDIT_S)
        self._reader = reader = SoundReader(demuxer, window)
        stream, packets = reader.stream, reader.packets()
        first = next(packets, None)
        if first is None:
            self.warnings.append("there is no sound in this part of the input")
            return
        packets = chain([first], packets)
        codec = codec_of(first)
        channels = reader.channels
        if is_encrypted(first):
            self.warnings.append("the sound is encrypted and was left out")
        elif can_copy(codec, first):
            self._label = f"copied {codec}"
            copy = self._output.add_stream_from_template(stream)
            copy_sound_metadata(stream, copy, named=self._named)
            self._copy = SoundCopy(reader, copy)
            if demuxer.may_be_discontinuous and begins_as(codec, first):
                packets = self._copy.of_one_codec(codec, packets)
            self._packets = self._copy.packets(packets)
        elif channels.decodable:
            self._label = f"{codec} re-encoded to aac"
            encoder = add_aac(self._output, stream.rate, channels.count)
            copy_sound_metadata(stream, encoder, named=self._named)
            self._packets = reader.encoded(packets, encoder)
        else:
            self.warnings.append(
                f"the sound was left out: {codec} of {channels.name} cannot be decoded here"
            )
        self._advance()

    def _advance(self) -> None:
        """Get the next packet; an error ends the sound, never the picture."""
        try:
            self._next = packet = next(self._packets, None)
            self._next_s = None
            if packet:
                self._time_base = packet.time_base
            if packet and packet.pts is not None:
                self._next_s = packet.pts * self._time_base
        except (FFmpegError, ValueError, RuntimeError) as error:
            self._next = None
            self.warnings.append(f"the sound could not be kept to its end: {error}")

    def _mux(self, packet: av.Packet[av.AudioStream]) -> None:
        end = ((packet.pts or 0) + (packet.duration or 0)) * self._time_base
        try:
            self._output.mux_one(packet)
            self._written += 1
        except (FFmpegError, ValueError):
            # a full disk fails for the picture too, which raises the error
            self._unwritable += 1
        self._end_s = max(self._end_s, end)
