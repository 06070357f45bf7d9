"""The side data of frames, of kinds that PyAV knows and of others."""

from __future__ import annotations

from enum import Enum

import av
from av.sidedata.sidedata import Type


def _nameless(cls: type[Enum], value: object) -> Enum:
    member = object.__new__(cls)
    member._name_ = f"UNKNOWN_{value}"
    member._value_ = value
    return member


# PyAV lists the kinds of one FFmpeg version; a kind that a newer one added, as EXIF was, would
# make all side data of a frame unreadable
Type._missing_ = classmethod(_nameless)  # pyright: ignore[reportAttributeAccessIssue]


def side_data(frame: av.VideoFrame, kind: str) -> bytes | None:
    """The side data of a kind, by PyAV's name; None where the frame has none."""
    found = frame.side_data.get(kind)
    return None if found is None else bytes(found)
