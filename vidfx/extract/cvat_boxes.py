"""Boxes that people checked in CVAT, read from a file of its format "CVAT for video 1.1".

Nothing that the file refers to is read, and a file with a document type, which could define
entities, is refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from vidfx.errors import InputError
from vidfx.extract.names import check_label

OWN_LABEL = "label"
"""Means CVAT's label of a track, where the name of an attribute is expected."""
NO_LABELS = ("", "unknown", "unsure")
"""Values that say nothing about a face."""
_HINT = "name the annotations.xml of an export in the format CVAT for video 1.1"


@dataclass(frozen=True)
class LabelledBox:
    """A face on a key frame."""

    track: int
    "from 1, in the order of the file"
    box: tuple[float, float, float, float]
    "xyxy px"
    label: str


@dataclass
class CvatBoxes:
    """The boxes of one video."""

    size: tuple[int, int] | None = None
    "width and height of the video, px, where the file has them"
    by_frame: dict[int, list[LabelledBox]] = field(default_factory=dict[int, list[LabelledBox]])
    "by the index of the frame, from 0"
    unlabelled: int = 0
    "boxes whose label is one of NO_LABELS"
    attributes: set[str] = field(default_factory=set[str])
    "the names of all"

    def labels(self) -> list[str]:
        return sorted({one.label for some in self.by_frame.values() for one in some})


def read_cvat(path: Path, attribute: str) -> CvatBoxes:
    """The boxes on key frames, labelled by the value of ``attribute``.

    Boxes outside the picture are no boxes. Raises InputError where the file is no XML, not of this
    format, or has a label that cannot name a class.
    """
    reader = _Reader(attribute)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", hint=_HINT) from error
    except (expat.ExpatError, ValueError, KeyError) as error:
        why = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise InputError(f"{path}: line {parser.CurrentLineNumber}: {why}", hint=_HINT) from error
    found = reader.found
    if not found.by_frame and attribute not in found.attributes | {OWN_LABEL}:
        known = ", ".join(sorted(found.attributes)) or "none"
        raise InputError(
            f"{path}: no box has the attribute {attribute!r}",
            hint=f"--label-from takes label, or one of its attributes: {known}",
        )
    return found


def _refuse(*_: object) -> NoReturn:
    raise ValueError("it has a document type, which annotations do not need")


class _Reader:
    """Handles the elements of the file in their order."""

    def __init__(self, attribute: str) -> None:
        self.found = CvatBoxes()
        self._attribute = attribute
        self._elements: list[str] = []
        self._track = 0
        self._track_label = ""
        self._box: Mapping[str, str] | None = None
        self._name = ""
        "of the attribute that is read"
        self._text: list[str] = []
        self._values: dict[str, str] = {}
        "of the attributes of the box"
        self._size: dict[str, int] = {}

    def start(self, name: str, given: Mapping[str, str]) -> None:
        if not self._elements and name != "annotations":
            raise ValueError(f"its first element is {name[:40]!r}, not 'annotations'")
        if name == "image":
            raise ValueError("it is of pictures, not of a video")
        self._elements.append(name)
        self._text = []
        if name == "track":
            self._track += 1
            self._track_label = given["label"]
        elif name == "box" and self._elements[-2] == "track":
            self._box, self._values = given, {}
        elif name == "attribute" and self._box is not None:
            self._name = given["name"]

    def text(self, text: str) -> None:
        self._text.append(text)

    def end(self, name: str) -> None:
        text = "".join(self._text)
        self._elements.pop()
        if name in ("width", "height") and self._elements[-1:] == ["original_size"]:
            self._size[name] = int(text)
            if len(self._size) == 2:
                self.found.size = self._size["width"], self._size["height"]
        elif name == "attribute" and self._box is not None:
            self._values[self._name] = text
        elif name == "box" and self._box is not None:
            self._add(self._box)
            self._box = None

    def _add(self, given: Mapping[str, str]) -> None:
        self.found.attributes |= set(self._values)
        if given.get("outside", "0") == "1" or given["keyframe"] != "1":
            return
        frame = int(given["frame"])
        x1, y1, x2, y2 = (float(given[side]) for side in ("xtl", "ytl", "xbr", "ybr"))
        if frame < 0 or not all(map(math.isfinite, (x1, y1, x2, y2))) or x1 >= x2 or y1 >= y2:
            raise ValueError("a box has no area, or is on no frame")
        is_own = self._attribute == OWN_LABEL
        label = self._track_label if is_own else self._values.get(self._attribute, "")
        if label in NO_LABELS:
            self.found.unlabelled += 1
            return
        box = LabelledBox(self._track, (x1, y1, x2, y2), check_label(label))
        self.found.by_frame.setdefault(frame, []).append(box)
