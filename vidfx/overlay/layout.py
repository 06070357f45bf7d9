"""Decides where labels are and how much they say.

1. A label touches its box at one of PLACES, moved as far as needed to be inside the picture. It
   covers no face and no other label; only the last place is inside the box, if that is large.
2. Every face gets the least detail first, then all get more, as long as there is room for it.
3. A label keeps its place and detail until it would cover something. Then it changes at once; one
   that could get more detail waits for PATIENCE_S.
4. Where a label says less than before, it keeps its width, and its height for HOLD_S.
5. A label follows its face only when the face has moved more than a little: jitter does not show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from vidfx.overlay.faces import Faces, PlacedFace
from vidfx.overlay.font import Font
from vidfx.overlay.labels import CARD, FULL, MINI, FaceLabel, LabelText, Words, label_text
from vidfx.overlay.spots import Edges, Place, Rect, Spot

PATIENCE_S = 2.0
HOLD_S = 2.0
CROWD = 8
"with more faces no label has a message"
MAX_COVER = 0.16
"a label inside a box covers no more of its height"
CACHED_TEXTS = 512

INSIDE = Place(0.5, 1, 0.5, 1.15)
PLACES = (
    *(Place(x, 0, x, 1) for x in (0.5, 0, 1)),  # above
    *(Place(x, 1, x, 0) for x in (0.5, 0, 1)),  # below
    *(Place(1 - x, y, x, y) for y in (0, 1) for x in (0, 1)),  # right and left
    INSIDE,
)
"the best first"


class Layout:
    """Lays out the frames of one video, in order.

    ``picture`` is its width and height, ``margin`` is kept to its edges: all px. ``most`` is the
    most detail that a label may have; None: there are no labels. ``free`` is kept free of labels.
    """

    def __init__(
        self,
        picture: tuple[int, int],
        font: Font,
        faces: Faces,
        most: int | None,
        margin: int,
        free: Sequence[Edges],
    ) -> None:
        self._picture = picture
        self._font = font
        self._faces = faces
        self._most = most
        self._margin = margin
        self._free = free
        self._text: Callable[[Words, int, int, int, int], LabelText | None] = lru_cache(
            CACHED_TEXTS
        )(self._new_text)

    def place(self, labels: Sequence[FaceLabel], time_s: float) -> list[PlacedFace]:
        """Decide where everything goes; the same call again gives the same answer.

        Faces outside the picture are left out; the largest is first.
        """
        faces = self._faces.update(labels, time_s)
        if self._most is not None:
            self._place_labels(faces, max(self._most, CARD if len(faces) > CROWD else FULL), time_s)
        return faces

    def _place_labels(self, faces: list[PlacedFace], most: int, time_s: float) -> None:
        """Give each face its spot: the one it had, or else one that is found."""
        cores = [*(_core(face.box) for face in faces), *self._free]
        labels: list[Edges] = []
        for i, face in enumerate(faces):
            before = face.spot
            if before is not None:
                keeps = face.text.size and before.level >= max(most, face.text.level)
                face.spot = self._kept(face, before, cores, i, labels, time_s) if keeps else None
                if face.spot:
                    labels.append(face.spot.rect)
        due = [
            (i, face)
            for i, face in enumerate(faces)
            if face.text.size and (not face.spot or time_s - face.searched_s >= PATIENCE_S)
        ]
        for level in range(MINI, most - 1, -1) if due else ():
            for i, face in due:
                face.searched_s = time_s
                if level < face.text.level:
                    continue
                if face.spot is None or face.spot.level > level:
                    taken: list[Edges] = [f.spot.rect for f in faces if f.spot and f is not face]
                    taken += [other.box for j, other in enumerate(faces) if j != i]
                    taken += self._free
                    face.spot = self._found(face, level, taken) or face.spot

    def _kept(
        self,
        face: PlacedFace,
        spot: Spot,
        cores: list[Edges],
        own: int,
        labels: list[Edges],
        time_s: float,
    ) -> Spot | None:
        """The spot, as near to its box as it was; None if it would cover something.

        ``own`` is the number of the face's core.
        """
        text = spot.text
        hold = time_s - face.changed_s < HOLD_S
        if text.words is not face.words or text.size != face.text.size or (text.spare and not hold):
            held = text.size == face.text.size
            width, height = text.width * held, text.height * held * hold
            new = self._text(face.words, spot.level, face.text.size, width, height)
            if new is None:
                return None
            text = new
        rect = self._rect(face.box, spot.place, text, spot.rect)
        if rect is None or rect.meets(labels):
            return None
        if rect.meets(cores):
            others = cores[:own] + cores[own + 1 :]
            if spot.place != INSIDE or rect.meets(others):
                return None
        if spot.place == INSIDE and not _has_room_inside(face.box, text):
            return None
        return Spot(spot.level, spot.place, text, face.percents, rect)

    def _found(self, face: PlacedFace, level: int, taken: list[Edges]) -> Spot | None:
        """The best spot for a label at a level; None if all would cover something."""
        text = self._text(face.words, level, face.text.size, 0, 0)
        if text is None:
            return None
        for place in PLACES:
            rect = self._rect(face.box, place, text)
            if rect is None or rect.meets(taken):
                continue
            if _has_room_inside(face.box, text) if place == INSIDE else not rect.meets([face.box]):
                return Spot(level, place, text, face.percents, rect)
        return None

    def _rect(
        self, box: Rect, place: Place, text: LabelText, before: Rect | None = None
    ) -> Rect | None:
        """Where the label is, on the chroma grid; None if it is larger than the picture.

        ``before`` is where it was on the last frame, if it keeps its place.
        """
        gap, margin, wide, high = text.gap, self._margin, text.width, text.height
        width, height = self._picture
        most_x, most_y = width - margin - wide, height - margin - high
        if most_x < margin or most_y < margin:
            return None
        x0, y0, x1, y1 = box
        box_x, box_y, label_x, label_y = place
        x = x0 + box_x * (x1 - x0 + gap) - label_x * (wide + gap)
        y = y0 + box_y * (y1 - y0 + gap) - label_y * (high + gap)
        if before:
            slack = text.slack
            x = _between(before[0], x - slack, x + slack)
            y = _between(before[1], y - slack, y + slack)
        left = int(_between(x, margin, most_x)) // 2 * 2
        top = int(_between(y, margin, most_y)) // 2 * 2
        return Rect(left, top, left + wide, top + high)

    def _new_text(
        self, words: Words, level: int, size: int, width: int, height: int
    ) -> LabelText | None:
        """``width`` and ``height`` (px) are the least that it has."""
        room = self._picture[0] - 2 * self._margin
        text = label_text(words, level, size, self._font, room)
        return text and text.at_least(width, height)


def _between(value: float, least: float, most: float) -> float:
    """The nearest value that is neither less nor more."""
    return least if value < least else most if value > most else value


def _core(box: Rect) -> Edges:
    """What a label that keeps its place may not cover: it may reach a little into the box."""
    x0, y0, x1, y1 = box
    by = max(2, (x1 - x0) // 16)
    return x0 + by, y0 + by, x1 - by, y1 - by


def _has_room_inside(box: Rect, text: LabelText) -> bool:
    return text.height <= MAX_COVER * (box.y1 - box.y0)
