"""Masks over faces whose place is known exactly: fast ones, crossings, cuts, misses and gaps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

import numpy as np
import pytest

from vidfx.privacy.masks import MARGIN, Masked, Masker
from vidfx.privacy.tally import HidingTally
from vidfx.stages.observed import ObservedFrame
from vidfx.stages.settled import DETECTED, Labels, Settled, SettledFaces, UnshownFaces
from vidfx.types import Frame

RATE = 25
Truth = Callable[[float], np.ndarray]
"""The box of a face at a time."""


def faces(track: list[int], box: np.ndarray, identity: Labels | None = None) -> SettledFaces:
    n = len(track)
    return SettledFaces(
        track=np.array(track, np.int64),
        box=box.reshape(-1, 4).astype(np.float32),
        landmarks=np.zeros((n, 5, 2), np.float32),
        source=np.full(n, DETECTED),
        score=np.ones(n, np.float32),
        quality=np.ones((n, 3)),
        identity=identity,
        emotion=None,
        emotion_reason=None,
        raw_identity=identity,
        raw_emotion=None,
    )


def video(
    tracks: Mapping[int, tuple[Truth, Collection[int]]],
    frames: int = 200,
    *,
    unshown: dict[int, list[np.ndarray]] | None = None,
    cuts: Iterable[int] = (),
    together: int = 16,
) -> list[Settled]:
    """Rows of ``tracks``, each on some frames; and boxes that are in no row."""
    settled: list[Settled] = []
    some = unshown or {}
    for first in range(0, frames, together):
        indices = range(first, min(first + together, frames))
        rows = [(i, t) for i in indices for t, (_, own) in sorted(tracks.items()) if i in own]
        boxes = [tracks[t][0](i / RATE) for i, t in rows]
        weak = [(i, box) for i in indices for box in some.get(i, [])]
        settled.append(
            Settled(
                [
                    ObservedFrame(Frame(i, i, np.zeros(0)), i / RATE, i % 5 == 0, i in cuts)
                    for i in indices
                ],
                np.array([i - first for i, _ in rows], np.int64),
                faces([t for _, t in rows], np.array(boxes)),
                UnshownFaces(
                    np.array([i - first for i, _ in weak], np.int64),
                    np.array([box for _, box in weak], np.float32).reshape(-1, 4),
                    np.ones(len(weak), np.float32),
                ),
            )
        )
    return settled


def straight(x: float, speed: float, y: float = 100, size: float = 40) -> Truth:
    return lambda t: np.array([x + speed * t, y, x + speed * t + size, y + size])


def everybody(settled: Settled) -> np.ndarray:
    return np.ones(len(settled.faces), bool)


def masks_of(
    settled: Iterable[Settled],
    hidden: Callable[[Settled], np.ndarray] = everybody,
    *,
    hold_s: float = 0.5,
    hides_unshown: bool = True,
    tally: HidingTally | None = None,
) -> tuple[list[np.ndarray], list[Masked]]:
    """The boxes of each frame; and all that was made."""
    masker = Masker(hidden, hold_s=hold_s, hides_unshown=hides_unshown, tally=tally)
    masked = list(masker(settled))
    return [boxes for some in masked for boxes in some.boxes()], masked


def covers(boxes: np.ndarray, face: np.ndarray) -> bool:
    return bool(
        ((boxes[:, :2] <= face[:2] + 0.01) & (boxes[:, 2:] >= face[2:] - 0.01)).all(axis=1).any()
    )


FACES: dict[str, tuple[Truth, set[int]]] = {
    "still": (straight(300, 0), {*range(50, 150)}),
    "fast": (straight(0, 900), {*range(20, 60)}),
    "missed now and then": (straight(200, 60), {*range(30, 160)} - {*range(60, 70)}),
    "long gap": (straight(200, 10), {*range(30, 50), *range(110, 150)}),
    "one frame": (straight(100, 0), {100}),
    "faster and faster": (
        lambda t: np.array([40 * t * t, 50, 40 * t * t + 50, 110]),
        {*range(0, 200)} - {*range(90, 93)},
    ),
    "to and fro": (
        lambda t: np.array([300, 0, 340, 50]) + [150 * np.sin(4 * t), 0] * 2,
        {*range(40, 120)},
    ),
}


@pytest.mark.parametrize("name", FACES)
@pytest.mark.parametrize("together", [1, 64])
def test_a_face_is_hidden_from_before_its_first_row_to_after_its_last(
    name: str, together: int
) -> None:
    truth, rows = FACES[name]
    boxes, masked = masks_of(video({1: (truth, rows)}, together=together))
    assert len(boxes) == 200 and not any(len(some.settled.faces) for some in masked)
    hold = RATE // 2
    for i in range(200):
        inside = min(rows) - hold <= i <= max(rows) + hold
        assert (len(boxes[i]) > 0) == inside, i
        if min(rows) <= i <= max(rows):
            assert covers(boxes[i], truth(i / RATE)), i
        elif inside and name != "faster and faster":  # who goes on as before is still covered
            assert covers(boxes[i], truth(i / RATE)) or name in ("to and fro",), i


def test_people_who_cross_are_each_hidden_all_the_time() -> None:
    left, right = straight(0, 80), straight(640, -80, y=110)
    crossing = range(90, 110)  # one track ends there, another begins
    tracks = {
        1: (left, range(0, 200)),
        2: (right, range(0, crossing[0])),
        3: (right, range(crossing[-1], 200)),
    }
    boxes, _ = masks_of(video(tracks, cuts=[150]))
    for i in range(200):
        assert covers(boxes[i], left(i / RATE)) and covers(boxes[i], right(i / RATE)), i


def test_who_is_shown_is_shown_and_the_other_is_not() -> None:
    shown, other = straight(0, 50), straight(640, -60, y=400)
    tracks = {1: (shown, range(200)), 2: (other, range(20, 180))}
    boxes, masked = masks_of(video(tracks), lambda settled: settled.faces.track == 2)
    for i in range(200):
        assert covers(boxes[i], other(i / RATE)) == (8 <= i < 192), i
        assert not covers(boxes[i], shown(i / RATE))
    assert {t for some in masked for t in some.settled.faces.track.tolist()} == {1}


def test_detections_that_are_in_no_row_are_hidden_between_too() -> None:
    truth = straight(100, 100)
    weak = {i: [truth(i / RATE)] for i in range(50, 100, 5)}
    boxes, _ = masks_of(video({}, unshown=weak))
    for i in range(200):
        assert covers(boxes[i], truth(i / RATE)) == (38 <= i <= 107), i
    boxes, _ = masks_of(video({}, unshown=weak), hides_unshown=False)
    assert not any(len(some) for some in boxes)


def test_a_weak_detection_of_a_face_that_is_shown_does_not_hide_it() -> None:
    truth = straight(100, 0)
    weak = {i: [truth(0) + 2] for i in range(0, 200, 5)}
    boxes, _ = masks_of(
        video({1: (truth, range(200))}, unshown=weak), lambda settled: ~everybody(settled)
    )
    assert not any(len(some) for some in boxes)


def test_masks_do_not_flicker() -> None:
    """Detections that come and go at random give one mask without a gap, which moves smoothly."""
    random = np.random.default_rng(1)
    truth = straight(100, 30)
    weak = {
        i: [truth(i / RATE) + random.normal(0, 1, 4)]
        for i in range(0, 200, 5)
        if random.random() < 0.5 or i in (0, 195)
    }
    boxes, _ = masks_of(video({}, unshown=weak))
    assert all(len(some) >= 1 for some in boxes)
    centres = np.array([some[0].reshape(2, 2).mean(0) for some in boxes])
    assert np.abs(np.diff(centres, axis=0)).max() < 8


def test_the_margin_is_kept_and_told() -> None:
    tally = HidingTally()
    masks_of(video({1: (straight(100, 0), range(0, 200, 1))}), tally=tally)
    told = tally.describe()
    assert told["rows_hidden"] == told["rows"] == 200 and told["frames_with_masks"] == 200
    assert told["least_margin"] == pytest.approx(MARGIN, abs=1e-3)
    assert told["gaps_bridged"] == 0 and told["frames_with_a_detection_outside_masks"] == []


def test_what_is_left_outside_of_masks_is_told() -> None:
    tally, truth = HidingTally(), straight(100, 0)
    rows = {*range(200)} - {*range(100, 130)}
    masks_of(
        video({1: (truth, rows)}, unshown={50: [truth(0) + 200]}),
        hides_unshown=False,
        tally=tally,
    )
    told = tally.describe()
    assert told["frames_with_a_detection_outside_masks"] == [50]
    assert told["unshown_detections"] == told["unshown_detections_outside_masks"] == 1
    assert (told["gaps_bridged"], told["longest_gap_s"]) == (1, pytest.approx(1.24))


def test_memory_does_not_grow() -> None:
    made = video({1: (straight(0, 1), range(3000))}, 3000)
    taken = 0

    def rows() -> Iterable[Settled]:
        nonlocal taken
        for some in made:
            taken += 1
            yield some

    masker = Masker(everybody, hold_s=0.5, hides_unshown=True)
    for given, _ in enumerate(masker(rows()), 1):
        assert taken - given < 25  # 16 frames each: 11 s and a little


def test_frames_at_almost_the_same_time_are_no_motion() -> None:
    """A box that differs by 1 px after 0.1 ms is covered, and not the whole picture."""
    jitter: Truth = lambda t: straight(300 + round(t * RATE) % 2, 0)(t)  # noqa: E731
    (some,) = video({1: (jitter, {*range(16)})}, frames=16)
    frames = [replace(frame, time_s=frame.frame.index / 10_000) for frame in some.frames]
    boxes, _ = masks_of([replace(some, frames=frames)])
    for index, masks in enumerate(boxes):
        assert covers(masks, jitter(index / RATE))
        assert (masks[:, 2] - masks[:, 0]).max() < 100
