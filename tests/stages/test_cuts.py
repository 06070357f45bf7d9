"""Cuts are found, and neither motion, fades nor flashes of noise are taken for one."""

from __future__ import annotations

import cv2
import numpy as np

from benchmarks import clips
from vidfx.stages.cuts import MarkedFrame, mark, with_thumbnails
from vidfx.types import Frame, FrameBatch

SIZE = (320, 180)


def marks(pictures: list[np.ndarray]) -> list[MarkedFrame]:
    """Marks of the pictures; they are the same in batches of any size."""
    frames = [Frame(i, i, p) for i, p in enumerate(pictures)]
    marked = list(mark(with_thumbnails(frames)))
    singles = [FrameBatch([f], b.thumbnails[i : i + 1]) for b in with_thumbnails(frames)
               for i, f in enumerate(b.frames)]  # fmt: skip
    small = [b.thumbnails for b in singles]
    whole = [FrameBatch(frames, np.concatenate(small))] if small else []
    assert list(mark(singles)) == list(mark(whole)) == marked
    return marked


def test_the_demo_has_two_cuts() -> None:
    marked = marks(list(clips.demo_frames(SIZE, seconds=2)))
    assert [m.frame.index for m in marked] == list(range(60))
    assert [m.frame.index for m in marked if m.starts_shot] == [20, 40]
    assert [m.frame.index for m in marked if m.at_shot_edge] == [0, 19, 20, 39, 40, 59]


def test_motion_and_fades_are_no_cuts(group: np.ndarray) -> None:
    pan = list(clips.camera(group, SIZE, 15, ((0.2, 0.3, 0.3), (0.8, 0.4, 0.3))))
    fade = [(pan[-1] * (1 - i / 12)).astype(np.uint8) for i in range(13)]
    assert not any(m.starts_shot for m in marks([*pan, *fade]))


def test_one_frame_and_no_frame() -> None:
    assert marks([]) == []
    (only,) = marks([np.zeros((8, 8, 3), np.uint8)])
    assert only.at_shot_edge and not only.starts_shot


def test_a_flash_is_no_cut(group: np.ndarray) -> None:
    pan = list(clips.camera(group, SIZE, 9, ((0.5, 0.3, 0.5), (0.5, 0.3, 0.5))))
    pan[4] = np.full_like(pan[4], 255)
    assert not any(m.starts_shot for m in marks(pan))


def test_a_folder_of_unrelated_pictures_is_all_cuts(
    group: np.ndarray, astronaut: np.ndarray
) -> None:
    rng = np.random.default_rng(0)
    plain = [np.tile(rng.integers(0, 256, 3, np.uint8), (180, 320, 1)) for _ in range(3)]
    small = [cv2.resize(p, SIZE) for p in (group, astronaut, group[:, ::-1], astronaut[::-1])]
    pictures = [plain[0], small[0], plain[1], small[1], plain[2], small[2]]
    assert [m.starts_shot for m in marks(pictures)] == [False] + [True] * 5


def test_a_flash_among_cuts_is_no_cut(group: np.ndarray, astronaut: np.ndarray) -> None:
    """The picture is back after the flash, however great the change."""
    still = cv2.resize(group, SIZE)
    pictures = [still, still, np.full_like(still, 255), still, cv2.resize(astronaut, SIZE)]
    assert [m.starts_shot for m in marks(pictures)] == [False] * 4 + [True]
