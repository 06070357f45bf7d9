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
from dataclasses import dataclass
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

    def grown(self, by: int) -> Rect:
        return Rect(self.x0 - by, self.y0 - by, self.x1 + by, self.y1 + by)

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


@dataclass(frozen=True)
class PlacedLabel:
    """Where a face and its label are drawn."""

    label: FaceLabel
    box: Rect
    "the part of the face's box that is inside the picture"
    arm: int
    "px, of the box's corners"
    strength: float
    "of the box, 0..1"
    text_size: int
    "px"
    spot: Spot | None
    "of the label, None where it has no room"


@dataclass
class _Track:
    """A face, and what is remembered of it from frame to frame."""

    label: FaceLabel
    box: Rect
    facts: Facts
    text_size: int
    arm: int
    seen_s: float
    detected_s: float
    refreshed_s: float
    placed_s: float = -math.inf
    "when more detail was last searched for"
    spot: Spot | None = None


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
        self._tracks: dict[int, _Track] = {}
        self._text: Callable[[Facts, int, int], LabelText | None] = lru_cache(512)(self._new_text)

    def place(self, labels: Sequence[FaceLabel], time_s: float) -> list[PlacedLabel]:
        """Decide where everything goes; the same call again gives the same answer."""
        self._tracks = {k: t for k, t in self._tracks.items() if abs(time_s - t.seen_s) <= FORGET_S}
        tracks = [t for label in labels if (t := self._updated(label, time_s))]
        tracks.sort(key=lambda t: -t.box.width * t.box.height)
        self._place_labels(tracks, time_s)
        return [_placed(track, time_s) for track in tracks]

    def _updated(self, label: FaceLabel, time_s: float) -> _Track | None:
        """The track of a face with what is new, None if the face is outside the picture."""
        x0, y0 = max(round(label.box[0]), 0), max(round(label.box[1]), 0)
        x1, y1 = (min(round(b), side) for b, side in zip(label.box[2:], self._picture, strict=True))
        if x1 - x0 < 2 or y1 - y0 < 2:
            return None
        box, facts = Rect(x0, y0, x1, y1), self._facts(label)
        size, arm = 0.17 * box.height, 0.22 * min(box.width, box.height)
        track = self._tracks.get(label.track_id) if label.track_id >= 0 else None
        if track is None:
            track = _Track(label, box, facts, 0, 0, time_s, time_s, time_s)
            if label.track_id >= 0:
                self._tracks[label.track_id] = track
        if not 0.85 * track.text_size < size < 1.3 * track.text_size:
            fitting = [s for s in self._text_sizes if s <= size]
            track.text_size = (fitting or self._text_sizes[:1])[-1]
        if abs(track.arm - arm) > max(self._arm_step, 0.12 * arm):
            track.arm = max(1, round(arm / self._arm_step)) * self._arm_step
        if facts[:-2] != track.facts[:-2] or abs(time_s - track.refreshed_s) >= REFRESH_S:
            track.facts, track.refreshed_s = facts, time_s
        track.label, track.box, track.seen_s = label, box, time_s
        if label.source == "detected":
            track.detected_s = time_s
        return track

    def _facts(self, label: FaceLabel) -> Facts:
        return Facts(
            track_id=label.track_id,
            name=printable(label.identity) if label.identity else None,
            emotion=printable(label.emotion) if label.emotion else None,
            message=self._messages.get(label.emotion) if label.emotion else None,
            name_percent=_percent(label.identity_prob),
            emotion_percent=_percent(label.emotion_prob),
        )

    def _place_labels(self, tracks: list[_Track], time_s: float) -> None:
        """Give each track its spot: the one it had, or else one that is found."""
        most = CARD if len(tracks) > CROWD else FULL
        before = [track.spot for track in tracks]
        for track in tracks:
            track.spot = None
        for track, spot in zip(tracks, before, strict=True):
            if spot and spot.level >= most:
                taken = self._taken(track, tracks, kept=True)
                track.spot = self._spot(track, spot.level, spot.place, taken, spot)
        due = [t for t in tracks if not t.spot or time_s - t.placed_s >= PATIENCE_S]
        for level in range(MINI, most - 1, -1):
            for track in due:
                track.placed_s = time_s
                if track.spot is None or track.spot.level > level:
                    taken = self._taken(track, tracks, kept=False)
                    spots = (self._spot(track, level, place, taken) for place in PLACES)
                    track.spot = next(filter(None, spots), track.spot)

    def _taken(self, track: _Track, tracks: list[_Track], *, kept: bool) -> list[Rect]:
        """What a label may not cover; one that is kept may come closer than a new one."""
        others = [t for t in tracks if t is not track]
        labels = [t.spot.rect.grown(0 if kept else self._margin) for t in others if t.spot]
        return labels + [_core(t.box) if kept else t.box for t in others]

    def _spot(
        self,
        track: _Track,
        level: int,
        place: Place,
        taken: list[Rect],
        before: Spot | None = None,
    ) -> Spot | None:
        """The label at a place of its box, None where it has no room.

        ``before`` is the spot on the last frame of a label that keeps its place.
        """
        box, text = track.box, self._text(track.facts, level, track.text_size)
        if text is None:
            return None
        if before and before.text.size == text.size:
            text = text._replace(width=max(text.width, before.text.width))
        gap, slack = round(0.4 * text.size), max(2, text.size // 8)
        wanted = (
            box.x0 + place.box_x * (box.width + gap) - place.label_x * (text.width + gap),
            box.y0 + place.box_y * (box.height + gap) - place.label_y * (text.height + gap),
        )
        corner: list[int] = []
        for axis, length in enumerate((text.width, text.height)):
            last, most = wanted[axis], self._picture[axis] - self._margin - length
            if most < self._margin:
                return None
            if before:
                last = min(max(before.rect[axis], last - slack), last + slack)
            corner.append(round(min(max(last, self._margin), most)) // 2 * 2)
        x, y = corner
        rect = Rect(x, y, x + text.width, y + text.height)
        if place == INSIDE:
            covers = text.height > MAX_COVER * box.height * (1.2 if before else 1)
        else:
            covers = rect.meets([_core(box) if before else box])
        return None if covers or rect.meets(taken) else Spot(level, place, text, rect)

    def _new_text(self, facts: Facts, level: int, size: int) -> LabelText | None:
        room = self._picture[0] - 2 * self._margin
        return label_text(facts, level, size, self._font, room)


def _core(box: Rect) -> Rect:
    return box.grown(-max(2, box.width // 16))


def _placed(track: _Track, time_s: float) -> PlacedLabel:
    unseen_s = max(0.0, time_s - track.detected_s - CERTAIN_S)
    faded = min(4, int(4 * unseen_s / FADE_S)) / 4
    strength = 1 - (1 - FAINT) * faded
    return PlacedLabel(track.label, track.box, track.arm, strength, track.text_size, track.spot)


def _percent(prob: float | None) -> int | None:
    """Whole percents, 99 at most: no reading of a face is certain."""
    return None if prob is None else min(max(round(100 * prob), 0), 99)
