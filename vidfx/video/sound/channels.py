"""The channels of a sound, sorted into an order for which FFmpeg has a layout."""

# PyAV's stubs have an array type for each sample format.
# pyright: reportArgumentType=false

from __future__ import annotations

import av
import numpy as np

_ORDER = (
    *("FL", "FR", "FC", "LFE", "BL", "BR", "FLC", "FRC", "BC", "SL", "SR"),
    *("TC", "TFL", "TFC", "TFR", "TBL", "TBC", "TBR"),
)
"of the channels in FFmpeg's own layouts"


class Channels:
    """The channels of a stream, before it is decoded.

    Make one object a stream, since the bindings free a layout with its own list of channels, as
    QuickTime's may be, twice: with the object that ``layout`` returns, and with the decoder. So it
    is read once, and replaced by a layout without a list.
    """

    def __init__(self, stream: av.AudioStream) -> None:
        layout = stream.codec_context.layout
        names = [channel.name for channel in layout.channels]
        self.count = len(names)
        self.name = layout.name
        known = len(set(names)) == len(names) and set(names) <= set(_ORDER)
        in_order = sorted(names, key=_ORDER.index) if known else names
        self._listed = "(" in self.name and (not known or names != in_order)
        if self._listed:
            stream.codec_context.layout = f"{self.count}C"
        # only decoders of PCM keep the layout that is set
        self.decodable = not self._listed or stream.codec_context.name.startswith("pcm_")
        self._order = [names.index(name) for name in in_order] if known else None
        self._in_order = "+".join(in_order)

    def in_order(self, frame: av.AudioFrame) -> av.AudioFrame:
        """A decoded frame whose channels are in the order of a layout that resamplers know."""
        if not self._listed or self._order is None:
            return frame
        samples = frame.to_ndarray().reshape(frame.samples, self.count)[:, self._order]
        ordered = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples).reshape(1, -1), frame.format.name, self._in_order
        )
        ordered.sample_rate, ordered.pts = frame.sample_rate, frame.pts
        ordered.time_base = frame.time_base
        return ordered
