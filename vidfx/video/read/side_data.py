"""The side data of frames, whatever kinds of it there are."""

from __future__ import annotations

from enum import Enum

import av
from av.sidedata.sidedata import Type


def _nameless(cls: type[Enum], value: object) -> Enum:
    member = object.__new__(cls)
    member._name_ = f"UNKNOWN_{value}"
    member._value_ = value
    return member


# the bindings list the kinds of one FFmpeg; a kind that a newer one added, as EXIF was, would make
# all side data of its frame unreadable
Type._missing_ = classmethod(_nameless)  # pyright: ignore[reportAttributeAccessIssue]


def side_data(frame: av.VideoFrame, kind: str) -> bytes | None:
    """What ``frame`` carries of a kind, by the bindings' name; None where there is none."""
    found = frame.side_data.get(kind)
    return None if found is None else bytes(found)
