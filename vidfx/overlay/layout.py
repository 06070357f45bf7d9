"""Decides what is shown of each face and where.

1. A label touches its box at one of PLACES, moved as far as needed to be inside the picture. It
   covers no face and no other label; only the last place is inside the box, if that is large.
2. Every face gets the least detail first, then all get more, as long as there is room for it.
3. A label keeps its place and detail until it would cover something. Then it changes at once; one
   that could get more detail waits for PATIENCE_S.
4. A label follows its face only when the face has moved more than a little: jitter does not show.
5. Words change at once, percentages every REFRESH_S at most.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from vidfx.messages import printable
from vidfx.overlay.font import Font
from vidfx.overlay.labels import CARD, FULL, MINI, FaceLabel, Facts, LabelText, label_text

REFRESH_S = 0.25
PATIENCE_S = 2.0
FORGET_S = 2.0
"a track without a face for so long is forgotten"
CERTAIN_S, FADE_S, FAINT = 0.5, 0.5, 0.5
"a box has full strength so long after its last detection, then fades so long to so much"
CROWD = 8
"with more faces no label has a message"
MAX_COVER = 0.16
"a label inside a box covers no more of its height"
TEXT_SIZES = (0.015, 0.0185, 0.0225)
"in shorter sides of the picture"
MIN_TEXT_PX = 12


class Place(NamedTuple):
    """The point of the box and the point of the label that touch, in shares of their sides."""

    box_x: float
    box_y: float
    label_x: float
    label_y: float


INSIDE = Place(0.5, 1, 0.5, 1.15)
PLACES = (
    *(Place(x, 0, x, 1) for x in (0.5, 0, 1)),  # above
    *(Place(x, 1, x, 0) for x in (0.5, 0, 1)),  # below
    *(Place(1 - x, y, x, y) for y in (0, 1) for x in (0, 1)),  # right and left
    INSIDE,
)
"the best first"


class Rect(NamedTuple):
    """Whole pixels, the right and lower edge not included."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def width(self) -> int:
        return self.x1 - self.x0

    @property
    def height(self) -> int:
        return self.y1 - self.y0

    def meets(self, others: Iterable[Rect]) -> bool:
        x0, y0, x1, y1 = self
        return any(x0 < o[2] and o[0] < x1 and y0 < o[3] and o[1] < y1 for o in others)


class Spot(NamedTuple):
    """A label that has a place."""

    level: int
    "of detail, 0 the most"
    place: Place
    text: LabelText
    rect: Rect


@dataclass
class PlacedFace:
    """A face of one frame, where it is drawn, and what the next frame needs of it."""

    label: FaceLabel
    box: Rect
    "the part of the face's box that is inside the picture"
    facts: Facts
    "as they are shown"
    seen_s: float
    detected_s: float
    refreshed_s: float
    searched_s: float = -math.inf
    "when more detail was last searched for"
    text_size: int = 0
    "px"
    arm: int = 0
    "px, of the box's corners"
    spot: Spot | None = None
    "of the label, None where it has no room"

    @property
    def strength(self) -> float:
        """Of the box, 0..1, in a few steps."""
        unseen_s = max(0.0, self.seen_s - self.detected_s - CERTAIN_S)
        return 1 - (1 - FAINT) * min(4, int(4 * unseen_s / FADE_S)) / 4


class Layout:
    """Lays out the frames of one video, in order.

    ``picture`` is its width and height, ``margin`` is kept to its edges, ``stroke`` is the
    thickness of the boxes: all px.
    """

    def __init__(
        self,
        picture: tuple[int, int],
        font: Font,
        messages: Mapping[str, str],
        margin: int,
        stroke: float,
    ) -> None:
        self._picture = picture
        self._font = font
        self._messages = {label: printable(text) for label, text in messages.items()}
        self._margin = margin
        self._arm_step = max(2, round(stroke))
        self._text_sizes = [max(MIN_TEXT_PX, round(min(picture) * share)) for share in TEXT_SIZES]
        self._faces: dict[int, PlacedFace] = {}
        self._text: Callable[[Facts, int, int], LabelText | None] = lru_cache(512)(self._new_text)

    def place(self, labels: Sequence[FaceLabel], time_s: float) -> list[PlacedFace]:
        """Decide where everything goes; the same call again gives the same answer.

        Faces outside the picture are left out; the largest is first.
        """
        faces = [face for label in labels if (face := self._face(label, time_s))]
        faces.sort(key=lambda face: -face.box.width * face.box.height)
        self._place_labels(faces, time_s)
        self._faces |= {face.label.track_id: face for face in faces if face.label.track_id >= 0}
        self._faces = {k: f for k, f in self._faces.items() if abs(time_s - f.seen_s) <= FORGET_S}
        return faces

    def _face(self, label: FaceLabel, time_s: float) -> PlacedFace | None:
        """A face with the spot that it had; None if it is outside the picture."""
        x0, y0 = max(round(label.box[0]), 0), max(round(label.box[1]), 0)
        x1, y1 = (min(round(b), side) for b, side in zip(label.box[2:], self._picture, strict=True))
        if x1 - x0 < 2 or y1 - y0 < 2:
            return None
        box, facts = Rect(x0, y0, x1, y1), self._facts(label)
        last = self._faces.get(label.track_id)
        if last is None or abs(time_s - last.seen_s) > FORGET_S:
            last = PlacedFace(label, box, facts, time_s, time_s, time_s)
        face = replace(last, label=label, box=box, seen_s=time_s)
        if label.source == "detected":
            face.detected_s = time_s
        if facts[:-2] != face.facts[:-2] or abs(time_s - face.refreshed_s) >= REFRESH_S:
            face.facts, face.refreshed_s = facts, time_s
        size, arm = 0.17 * box.height, 0.22 * min(box.width, box.height)
        if not 0.85 * face.text_size < size < 1.3 * face.text_size:
            fitting = [s for s in self._text_sizes if s <= size]
            face.text_size = (fitting or self._text_sizes)[-1 if fitting else 0]
        if abs(face.arm - arm) > max(self._arm_step, 0.12 * arm):
            face.arm = max(1, round(arm / self._arm_step)) * self._arm_step
        return face

    def _facts(self, label: FaceLabel) -> Facts:
        return Facts(
            track_id=label.track_id,
            name=printable(label.identity) if label.identity else None,
            emotion=printable(label.emotion) if label.emotion else None,
            message=self._messages.get(label.emotion) if label.emotion else None,
            name_percent=_percent(label.identity_prob),
            emotion_percent=_percent(label.emotion_prob),
        )

    def _place_labels(self, faces: list[PlacedFace], time_s: float) -> None:
        """Give each face its spot: the one it had, or else one that is found."""
        most = CARD if len(faces) > CROWD else FULL
        before = [face.spot for face in faces]
        for face in faces:
            face.spot = None
        cores = [_core(face.box) for face in faces]
        for face, spot, core in zip(faces, before, cores, strict=True):
            if spot and spot.level >= most:
                taken = _taken(faces, cores, face)
                face.spot = self._spot(face, core, spot.level, spot.place, taken, spot)
        boxes = [face.box for face in faces]
        due = [f for f in faces if not f.spot or time_s - f.searched_s >= PATIENCE_S]
        for level in range(MINI, most - 1, -1):
            for face in due:
                face.searched_s = time_s
                if face.spot is None or face.spot.level > level:
                    taken = _taken(faces, boxes, face)
                    spots = (self._spot(face, face.box, level, place, taken) for place in PLACES)
                    face.spot = next(filter(None, spots), face.spot)

    def _spot(
        self,
        face: PlacedFace,
        own: Rect,
        level: int,
        place: Place,
        taken: list[Rect],
        before: Spot | None = None,
    ) -> Spot | None:
        """The label at a place of its box; None if it would cover ``own`` or what is ``taken``.

        ``before`` is the spot on the last frame of a label that keeps its place.
        """
        text = self._text(face.facts, level, face.text_size)
        if text is None:
            return None
        rect = self._rect(face.box, place, text, before)
        if rect is None or rect.meets(taken):
            return None
        inside = place == INSIDE
        covers = rect.height > MAX_COVER * face.box.height if inside else rect.meets([own])
        return None if covers else Spot(level, place, text, rect)

    def _rect(self, box: Rect, place: Place, text: LabelText, before: Spot | None) -> Rect | None:
        """Where the label is, on the chroma grid; None if it is larger than the picture."""
        gap, slack = round(0.4 * text.size), max(2, text.size // 8)
        corner = [
            box.x0 + place.box_x * (box.width + gap) - place.label_x * (text.width + gap),
            box.y0 + place.box_y * (box.height + gap) - place.label_y * (text.height + gap),
        ]
        for axis, length in enumerate((text.width, text.height)):
            most = self._picture[axis] - self._margin - length
            if most < self._margin:
                return None
            if before:
                corner[axis] = _clamped(
                    before.rect[axis], corner[axis] - slack, corner[axis] + slack
                )
            corner[axis] = _clamped(corner[axis], self._margin, most) // 2 * 2
        x, y = map(int, corner)
        return Rect(x, y, x + text.width, y + text.height)

    def _new_text(self, facts: Facts, level: int, size: int) -> LabelText | None:
        room = self._picture[0] - 2 * self._margin
        return label_text(facts, level, size, self._font, room)


def _taken(faces: list[PlacedFace], boxes: list[Rect], face: PlacedFace) -> list[Rect]:
    """The labels and ``boxes`` of all other faces."""
    labels = [other.spot.rect for other in faces if other.spot and other is not face]
    return labels + [box for other, box in zip(faces, boxes, strict=True) if other is not face]


def _core(box: Rect) -> Rect:
    """What a label that keeps its place may not cover: it may reach a little into the box."""
    by = max(2, box.width // 16)
    return Rect(box.x0 + by, box.y0 + by, box.x1 - by, box.y1 - by)


def _clamped(value: float, least: float, most: float) -> float:
    return min(max(value, least), most)


def _percent(prob: float | None) -> int | None:
    """Whole percents, 99 at most: no reading of a face is certain."""
    return None if prob is None else min(max(round(100 * prob), 0), 99)
