"""The faces of a video from frame to frame: their boxes, and what is shown of them.

Words change at once, percentages every REFRESH_S at most; sizes change with a face that has grown
or shrunk by more than GROWTH.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from vidfx.messages import printable
from vidfx.overlay.colours import Colours
from vidfx.overlay.labels import FaceLabel, Percents, Words
from vidfx.overlay.spots import Rect, Spot
from vidfx.overlay.text_sizes import NO_TEXT, TextRoom, TextSizes

REFRESH_S = 0.25
FORGET_S = 2.0
"a track without a face for so long is forgotten"
CERTAIN_S, FADE_S, FAINT = 0.5, 0.5, 0.5
"a box has full strength so long after its last detection, then fades so long to so much"
GROWTH = 0.15
CACHED_WORDS = 512


@dataclass(slots=True)
class PlacedFace:
    """A face of one frame, where it is drawn, and what the next frame needs of it."""

    label: FaceLabel
    box: Rect
    "the part of the face's box that is inside the picture"
    words: Words
    percents: Percents
    "as they are shown"
    seen_s: float
    detected_s: float
    refreshed_s: float
    searched_s: float = -math.inf
    "when more detail was last searched for"
    changed_s: float = -math.inf
    "when the words last changed"
    height: int = 0
    "px, of the box when sizes were last chosen"
    text: TextRoom = NO_TEXT
    arm: int = 0
    "px, of the box's corners"
    spot: Spot | None = None
    "of the label, None where it has no room"

    def later(self, label: FaceLabel, box: Rect, time_s: float) -> PlacedFace:
        """The same face on a later frame."""
        return PlacedFace(
            label,
            box,
            self.words,
            self.percents,
            time_s,
            time_s if label.source in ("detected", "drawn") else self.detected_s,
            self.refreshed_s,
            self.searched_s,
            self.changed_s,
            self.height,
            self.text,
            self.arm,
            self.spot,
        )

    @property
    def strength(self) -> float:
        """Of the box, 0..1, in a few steps."""
        unseen_s = self.seen_s - self.detected_s - CERTAIN_S
        if unseen_s <= 0:
            return 1.0
        return 1 - (1 - FAINT) * min(4, int(4 * unseen_s / FADE_S)) / 4


class Faces:
    """Follows the faces of one video, frame by frame.

    ``picture`` is its width and height, ``stroke`` is the thickness of the boxes: all px. With
    ``bars`` each expression has one.
    """

    def __init__(
        self,
        picture: tuple[int, int],
        messages: Mapping[str, str],
        colours: Colours,
        text_sizes: TextSizes,
        stroke: float,
        bars: bool,
    ) -> None:
        self._picture = picture
        self._messages = {label: printable(text) for label, text in messages.items()}
        self._colours = colours
        self._arm_step = max(2, round(stroke))
        self._text_sizes = text_sizes
        self._bars = bars
        self._faces: dict[int, PlacedFace] = {}
        self._words: Callable[..., Words] = lru_cache(CACHED_WORDS)(self._new_words)

    def update(self, labels: Sequence[FaceLabel], time_s: float) -> list[PlacedFace]:
        """The faces inside the picture, the largest first, each with the spot that it had."""
        faces = [face for label in labels if (face := self._face(label, time_s))]
        faces.sort(key=lambda face: face.box.area, reverse=True)
        self._faces |= {face.label.track_id: face for face in faces if face.label.track_id >= 0}
        self._faces = {k: f for k, f in self._faces.items() if abs(time_s - f.seen_s) <= FORGET_S}
        return faces

    def _face(self, label: FaceLabel, time_s: float) -> PlacedFace | None:
        """None if it is outside the picture."""
        box = self._inside(label.box)
        wide, high = box.x1 - box.x0, box.y1 - box.y0
        if wide < 2 or high < 2:
            return None
        rated = label.identity_prob is not None, label.emotion_prob is not None
        bars = tuple([name for name, _ in label.expressions]) if self._bars else ()
        words = self._words(label.track_id, label.identity, label.emotion, rated, bars)
        last = self._faces.get(label.track_id)
        if last is None or abs(time_s - last.seen_s) > FORGET_S:
            face = PlacedFace(label, box, words, _percents(label), time_s, time_s, time_s)
        else:
            face = last.later(label, box, time_s)
            if words is not last.words or abs(time_s - last.refreshed_s) >= REFRESH_S:
                if words is not last.words:
                    face.changed_s = time_s
                face.words, face.percents, face.refreshed_s = words, _percents(label), time_s
        if abs(high - face.height) > GROWTH * face.height:
            face.height, face.text = high, self._text_sizes.of(high)
        arm = 0.22 * min(wide, high)
        if abs(face.arm - arm) > max(self._arm_step, 0.12 * arm):
            face.arm = max(1, round(arm / self._arm_step)) * self._arm_step
        return face

    def _inside(self, box: tuple[float, float, float, float]) -> Rect:
        """The part inside the picture; negative width or height where there is none."""
        width, height = self._picture
        x0, y0, x1, y1 = round(box[0]), round(box[1]), round(box[2]), round(box[3])
        return Rect(
            x0 if x0 > 0 else 0,
            y0 if y0 > 0 else 0,
            x1 if x1 < width else width,
            y1 if y1 < height else height,
        )

    def _new_words(
        self,
        track_id: int,
        identity: str | None,
        emotion: str | None,
        rated: tuple[bool, bool],
        bars: tuple[str, ...],
    ) -> Words:
        return Words(
            track_id,
            name=printable(identity) if identity else None,
            emotion=printable(emotion) if emotion else None,
            message=self._messages.get(emotion) if emotion else None,
            rated=rated,
            colour=self._colours(track_id, identity, emotion),
            bars=tuple(printable(name) for name in bars),
        )


def _percents(label: FaceLabel) -> Percents:
    """Whole percents, 99 at most: no reading of a face is certain."""
    shares = label.identity_prob, label.emotion_prob, *[share for _, share in label.expressions]
    return tuple([min(round(100 * share), 99) if share else 0 for share in shares])
