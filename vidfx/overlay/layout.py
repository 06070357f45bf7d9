"""Decides what is shown of each face and where, so that it stays calm from frame to frame."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from vidfx.messages import printable
from vidfx.overlay.font import Type
from vidfx.overlay.labels import (
    CARD,
    FULL,
    LINE,
    MINI,
    SHORT,
    TALL,
    Chip,
    FaceLabel,
    Facts,
    chip,
)
from vidfx.overlay.placing import INSIDE, OUTSIDE, Anchor, Rect, stand

REFRESH_S = 0.25
"shown probabilities change no more often"
PATIENCE_S = 2.0
"a label that lost detail waits so long before it looks for more room"
FORGET_S = 2.0
"a track that is not seen for so long is forgotten"
CERTAIN_S, FADE_S = 0.5, 0.5
"a box is drawn at full strength so long after its last detection, then fades"
FAINT = 0.5
CROWD = 8
"of more faces no label tells everything"
INSIDE_SHARE = 0.16
"a label covers no more of its face's height"

TRIES = (
    (FULL, OUTSIDE),
    (TALL, OUTSIDE),
    (LINE, OUTSIDE),
    (CARD, OUTSIDE),
    (FULL, INSIDE),
    (LINE, INSIDE),
    (SHORT, OUTSIDE),
    (MINI, OUTSIDE),
    (MINI, INSIDE),
)
"levels and places, the best first"
RICHEST, RICHEST_IN_CROWD, LEAST = 0, 3, 7
"positions in TRIES"


@dataclass(frozen=True)
class Placed:
    """Where a face and its label are drawn."""

    label: FaceLabel
    box: Rect
    "the part of the face's box that is inside the picture"
    rect: Rect | None
    "the label, None where it has no room"
    level: int
    "of detail, 0 the most"
    text_size: int
    "px"
    arm: int
    "px, of the box's corners"
    chip: Chip | None
    strength: float
    "of the box, 0..1"


@dataclass
class _Track:
    """What a painter remembers of a face, so that nothing jumps."""

    facts: Facts
    text_size: int
    seen_s: float
    detected_s: float
    refreshed_s: float
    anchor: Anchor | None = None
    rank: int = LEAST
    "of its place in TRIES"
    placed_s: float = -math.inf
    width: int = 0
    "of the label; grows, until its rank or text size changes"
    corner: tuple[int, int] | None = None
    "of the label"
    arm: int = 0
    "px, of the box's corners"


class _Spot(NamedTuple):
    rank: int
    anchor: Anchor
    chip: Chip
    rect: Rect


class Layout:
    """Lays out the frames of one video, in order.

    ``picture`` is its width and height, ``margin`` is kept to its edges, ``stroke`` is the
    thickness of the boxes: all px.
    """

    def __init__(
        self,
        picture: tuple[int, int],
        type_: Type,
        messages: Mapping[str, str],
        margin: int,
        stroke: float,
    ) -> None:
        self._picture = picture
        self._type = type_
        self._messages = {label: printable(text) for label, text in messages.items()}
        self._margin = margin
        self._arm_step = max(2, round(stroke))
        side = min(picture)
        self._text_sizes = sorted(
            {max(12, round(side * share)) for share in (0.0225, 0.0185, 0.015)}, reverse=True
        )
        self._tracks: dict[int, _Track] = {}
        self._crowded = False
        self._chip: Callable[[Facts, int, int], Chip | None] = lru_cache(512)(self._new_chip)

    def place(self, labels: Sequence[FaceLabel], time_s: float) -> list[Placed]:
        """Decide where everything goes; the same call again gives the same answer."""
        self._tracks = {k: t for k, t in self._tracks.items() if abs(time_s - t.seen_s) <= FORGET_S}
        faces = [(label, box) for label in labels if (box := self._inside(label.box))]
        faces.sort(key=lambda face: -face[1].width * face[1].height)
        tracks = [self._track(label, box, time_s) for label, box in faces]
        boxes = [box for _, box in faces]
        spots = self._spots(tracks, boxes, time_s)
        return [
            self._placed(label, box, track, spot, time_s)
            for (label, box), track, spot in zip(faces, tracks, spots, strict=True)
        ]

    def _inside(self, box: tuple[float, float, float, float]) -> Rect | None:
        width, height = self._picture
        x0, y0 = max(round(box[0]), 0), max(round(box[1]), 0)
        x1, y1 = min(round(box[2]), width), min(round(box[3]), height)
        return Rect(x0, y0, x1, y1) if x1 - x0 >= 2 and y1 - y0 >= 2 else None

    def _track(self, label: FaceLabel, box: Rect, time_s: float) -> _Track:
        wanted = 0.17 * box.height
        track = self._tracks.get(label.track_id) if label.track_id >= 0 else None
        if track is None:
            track = _Track(
                facts=self._facts(label),
                text_size=self._text_size(wanted),
                seen_s=time_s,
                detected_s=time_s,
                refreshed_s=time_s,
                arm=self._arm(box, 0),
            )
            if label.track_id >= 0:
                self._tracks[label.track_id] = track
            return track
        track.seen_s = time_s
        track.arm = self._arm(box, track.arm)
        if label.source == "detected":
            track.detected_s = time_s
        if not 0.85 * track.text_size < wanted < 1.3 * track.text_size:
            track.text_size = self._text_size(wanted)
        facts = self._facts(label)
        spoken = (facts.name, facts.emotion) != (track.facts.name, track.facts.emotion)
        if spoken or abs(time_s - track.refreshed_s) >= REFRESH_S:
            track.facts = facts if spoken else _calmed(facts, track.facts)
            track.refreshed_s = time_s
        return track

    def _text_size(self, wanted: float) -> int:
        return next((s for s in self._text_sizes if s <= wanted), self._text_sizes[-1])

    def _arm(self, box: Rect, before: int) -> int:
        wanted = 0.22 * min(box.width, box.height)
        if abs(before - wanted) <= max(self._arm_step, 0.12 * wanted):
            return before
        return max(1, round(wanted / self._arm_step)) * self._arm_step

    def _facts(self, label: FaceLabel) -> Facts:
        return Facts(
            track_id=label.track_id,
            name=printable(label.identity) if label.identity else None,
            name_percent=_percent(label.identity_prob),
            emotion=printable(label.emotion) if label.emotion else None,
            emotion_percent=_percent(label.emotion_prob),
            message=self._messages.get(label.emotion) if label.emotion else None,
        )

    def _spots(self, tracks: list[_Track], boxes: list[Rect], time_s: float) -> list[_Spot | None]:
        """Keep what can be kept, give every other face a little room, then as much as there is."""
        spots: list[_Spot | None] = [None] * len(tracks)
        self._crowded = len(tracks) > (CROWD - 2 if self._crowded else CROWD)
        best = RICHEST_IN_CROWD if self._crowded else RICHEST

        def taken(index: int, areas: list[Rect], clear: int) -> list[Rect]:
            rects = [s.rect.grown(clear) for i, s in enumerate(spots) if s and i != index]
            return rects + areas[:index] + areas[index + 1 :]

        # What stands may touch a face a little; what is newly placed keeps clear of all.
        cores = [box.grown(-max(2, box.width // 16)) for box in boxes]
        for i, track in enumerate(tracks):
            if track.anchor and track.rank >= best:
                blocked = taken(i, cores, 0)
                spots[i] = self._try(track, boxes[i], track.rank, track.anchor, blocked)
        lost = [i for i, spot in enumerate(spots) if not spot]
        for i in lost:
            ranks = range(LEAST, len(TRIES))
            spots[i] = self._search(tracks[i], boxes[i], ranks, taken(i, boxes, 0))
        for i, track in enumerate(tracks):
            current = spots[i]
            if i in lost or time_s - track.placed_s >= PATIENCE_S:
                track.placed_s = time_s
                ranks = range(best, current.rank if current else LEAST)
                blocked = taken(i, boxes, 2 * self._margin)
                spots[i] = self._search(track, boxes[i], ranks, blocked) or current
        return spots

    def _search(
        self, track: _Track, box: Rect, ranks: Iterable[int], taken: list[Rect]
    ) -> _Spot | None:
        for rank in ranks:
            for anchor in TRIES[rank][1]:
                if spot := self._try(track, box, rank, anchor, taken):
                    return spot
        return None

    def _try(
        self, track: _Track, box: Rect, rank: int, anchor: Anchor, taken: list[Rect]
    ) -> _Spot | None:
        chip = self._chip(track.facts, TRIES[rank][0], track.text_size)
        if chip is None:
            return None
        if (rank, chip.size) == (track.rank, track.text_size) and track.width > chip.width:
            chip = chip._replace(width=track.width)
        if anchor.side == "inside" and chip.height > INSIDE_SHARE * box.height:
            return None
        rect = stand(
            anchor,
            box,
            (chip.width, chip.height),
            self._picture,
            gap=round(0.4 * chip.size),
            margin=self._margin,
        )
        if rect is None:
            return None
        rect = self._steadied(rect, track if anchor == track.anchor else None, chip.size)
        return None if rect.meets(taken) else _Spot(rank, anchor, chip, rect)

    def _steadied(self, rect: Rect, track: _Track | None, size: int) -> Rect:
        """Follow the face as if on a short rope, in steps of the chroma grid."""
        x, y = rect.x0, rect.y0
        if track and track.corner:
            rope = max(2, size // 8)
            x = min(max(track.corner[0], x - rope), x + rope)
            y = min(max(track.corner[1], y - rope), y + rope)
        x = min(x, self._picture[0] - rect.width) // 2 * 2
        y = min(y, self._picture[1] - rect.height) // 2 * 2
        x, y = max(x, 0), max(y, 0)
        return Rect(x, y, x + rect.width, y + rect.height)

    def _placed(
        self, label: FaceLabel, box: Rect, track: _Track, spot: _Spot | None, time_s: float
    ) -> Placed:
        if spot:
            track.anchor, track.rank = spot.anchor, spot.rank
            track.width = spot.chip.width
            track.corner = spot.rect[:2]
        else:
            track.anchor, track.corner = None, None
        unseen = max(0.0, time_s - track.detected_s - CERTAIN_S)
        faded = min(4, int(4 * unseen / FADE_S)) / 4
        return Placed(
            label=label,
            box=box,
            rect=spot.rect if spot else None,
            level=TRIES[spot.rank][0] if spot else MINI,
            text_size=track.text_size,
            arm=track.arm,
            chip=spot.chip if spot else None,
            strength=1 - (1 - FAINT) * faded,
        )

    def _new_chip(self, facts: Facts, level: int, size: int) -> Chip | None:
        return chip(facts, level, size, self._type, self._picture[0] - 2 * self._margin)


def _calmed(new: Facts, shown: Facts) -> Facts:
    """The new facts, but a percentage only where it is more than a point away from the shown."""

    def calm(percent: int | None, before: int | None) -> int | None:
        if percent is None or before is None or abs(percent - before) > 1:
            return percent
        return before

    return replace(
        new,
        name_percent=calm(new.name_percent, shown.name_percent),
        emotion_percent=calm(new.emotion_percent, shown.emotion_percent),
    )


def _percent(prob: float | None) -> int | None:
    """Whole percents, 99 at most: no reading of a face is certain."""
    return None if prob is None else min(max(round(100 * prob), 0), 99)
