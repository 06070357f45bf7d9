"""Frames through all stages, with a detector whose faces are given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from tests.settled_frames import SettledFrame, frame_by_frame
from vidfx.annotation.models import Models
from vidfx.annotation.pipeline import LEAST_LOOK_AHEAD, LOOK_AHEAD_BYTES, Pipeline
from vidfx.annotation.stage_timer import StageTimer
from vidfx.config import Settings
from vidfx.types import SQUARE, Detections, Frame, Stretch, VideoInfo


class Told:
    """Finds one face where its frame has a score."""

    def __init__(self, scores: Mapping[int, float]) -> None:
        self.scores = scores
        self.looked: list[int] = []

    def __call__(
        self, frames: Sequence[Frame], matrix: int = 2, stretch: Stretch = SQUARE, *_: object
    ) -> Detections:
        self.looked += [f.index for f in frames]
        found = [f.index for f in frames if f.index in self.scores]
        marks = [[45, 45], [75, 45], [60, 60], [48, 75], [72, 75]]
        return Detections(
            np.array(found, np.int64),
            np.tile(np.array([30, 30, 90, 90], np.float32), (len(found), 1)),
            np.array([self.scores[i] for i in found], np.float32),
            np.tile(np.array(marks, np.float32), (len(found), 1, 1)),
        )


def pipeline(
    scores: Mapping[int, float],
    *,
    every: int = 1,
    width: int = 160,
    height: int = 120,
    rate: Fraction = Fraction(25),
) -> Pipeline:
    info = VideoInfo(
        path=Path("clip.mp4"),
        width=width,
        height=height,
        time_base=Fraction(1, 1000),
        start_pts=0,
        frame_rate=rate,
        n_frames=None,
        duration_s=None,
        rotation=0,
        codec="h264",
        pixel_format="yuv420p",
        has_audio=False,
    )
    models = Models(cast(Any, Told(scores)), 0.5, None, None, ())
    return Pipeline(info, Settings(every=every), models, StageTimer())


def run(
    scores: Mapping[int, float], pictures: Sequence[np.ndarray], *, every: int = 1
) -> list[SettledFrame]:
    frames = [Frame(i, 40 * i, picture) for i, picture in enumerate(pictures)]
    results = frame_by_frame(pipeline(scores, every=every)(frames))
    assert [r.frame.index for r in results] == list(range(len(pictures)))
    return results


def noise(seed: int) -> np.ndarray:
    """A picture of noise in red, green or blue by turns."""
    picture = np.random.default_rng(seed).integers(0, 50, (120, 160, 3), np.uint8)
    picture[..., seed % 3] += 200
    return picture


def test_a_single_picture_with_a_face_above_the_threshold_has_a_row() -> None:
    (result,) = run({0: 0.55}, [noise(0)])
    assert [f.track_id for f in result.faces] == [1]


def test_a_shot_of_two_frames_has_rows() -> None:
    results = run({10: 0.55, 11: 0.55}, [noise(0)] * 10 + [noise(1)] * 2 + [noise(2)] * 30)
    assert [r.frame.index for r in results if r.cut] == [10, 12]
    assert [r.frame.index for r in results if r.faces] == [10, 11]


def test_unrelated_pictures_share_no_track() -> None:
    results = run(dict.fromkeys((0, 1, 3), 0.9), [noise(i) for i in range(5)])
    assert [[f.track_id for f in r.faces] for r in results] == [[1], [2], [], [3], []]


@pytest.mark.parametrize("every", [1, 7, 100])
def test_the_look_ahead_buffer_holds_the_next_frame_that_is_analysed(every: int) -> None:
    scores = dict.fromkeys((0, every), 0.55)
    results = run(scores, [noise(0)] * (every + 1) + [noise(1)] * 3 * every, every=every)
    shown = [r.frame.index for r in results if r.faces]
    assert shown == list(range(every + 1))


@pytest.mark.parametrize("every", [1, 30, 100])
@pytest.mark.parametrize("size", [(160, 120), (1920, 1080), (7680, 4320)])
def test_the_look_ahead_buffer_is_bounded_as_documented(every: int, size: tuple[int, int]) -> None:
    """docs/decisions/0003."""
    frame_bytes = size[0] * size[1] * 3 // 2
    most = pipeline({}, every=every, width=size[0], height=size[1]).look_ahead.max_waiting
    assert every + 1 <= most <= max(LOOK_AHEAD_BYTES // frame_bytes, LEAST_LOOK_AHEAD, every + 1)


def looks(times_s: Sequence[float], **options: Any) -> tuple[list[SettledFrame], list[int]]:
    """The results of pictures of one scene at ``times_s``, and which of them were looked at."""
    made = pipeline(dict.fromkeys(range(len(times_s)), 0.9), every=0, **options)
    still = noise(0)
    frames = (Frame(i, round(1000 * t), still) for i, t in enumerate(times_s))
    results = frame_by_frame(made(frames))
    return results, [r.frame.index for r in results if r.analysed]


@pytest.mark.parametrize("claimed", [Fraction(1), Fraction(15), Fraction(1000), Fraction(42860)])
def test_detection_goes_by_time_whatever_the_header_claims(claimed: Fraction) -> None:
    """15 frames a second: every third is looked at, and each has the face."""
    results, looked = looks([i / 15 for i in range(90)], rate=claimed)
    assert looked == [*range(0, 90, 3), 89]
    assert all(len(r.faces) == 1 for r in results)


def test_each_frame_is_analysed_where_frames_are_rare() -> None:
    """30 a second for two seconds, then one a second, a pause of a minute, and 25 a second."""
    times = [i / 30 for i in range(60)] + [2.0 + i for i in range(10)]
    times += [71 + i / 25 for i in range(25)]
    results, looked = looks(times)
    assert looked == [*range(0, 60, 6), *range(60, 70), *range(70, 95, 5), 94]
    assert {f.track_id for r in results for f in r.faces} == {1}
    assert all(r.faces for r in results)


def test_fast_frames_neither_pile_up_nor_leave_gaps() -> None:
    """4,000 pictures in a tenth of a second: bounded memory asks for looks that are closer."""
    made = pipeline(dict.fromkeys(range(4000), 0.9), every=0, width=1280, height=720)
    still, waiting, results = noise(0), 0, []
    made.observe.info = replace(made.observe.info, time_base=Fraction(1, 40_000))

    def frames() -> Iterator[Frame]:
        nonlocal waiting
        for i in range(4000):
            waiting = max(waiting, i - len(results))
            yield Frame(i, i, still)

    for some in made(frames()):
        results += frame_by_frame([some])
    assert all(r.faces for r in results)
    assert waiting * 1280 * 720 * 3 // 2 < 1.5 * LOOK_AHEAD_BYTES
    assert sum(r.analysed for r in results) < 100


@pytest.mark.parametrize("begin", [3, 7, 31, 44])
def test_the_same_frames_are_analysed_wherever_reading_begins(begin: int) -> None:
    """But for the first frame that is read, which has no neighbour."""
    times = [i / 24 + 0.1 * (i > 30) for i in range(80)]
    _, whole = looks(times)
    made = pipeline({}, every=0)
    frames = (Frame(i, round(1000 * t), noise(0)) for i, t in enumerate(times) if i >= begin)
    later = [r.frame.index for r in frame_by_frame(made(frames)) if r.analysed]
    assert later[0] == begin
    assert later[1:] == [i for i in whole if i > begin]


def test_detection_is_more_frequent_where_faces_are_fast() -> None:
    """A face that jumps begins a track while another is lost; only where N was not asked for."""
    for every, closer in ((0, True), (5, False)):
        made = pipeline(dict.fromkeys(range(60), 0.9), every=every)
        told = cast(Any, made.models.detector)
        real, jumps = told.__call__, iter(range(0, 100_000, 450))

        def jump(frames: Sequence[Frame], *_: object, real: Any = real, at: Any = jumps) -> Any:
            found = real(frames)
            for row in range(len(found)):
                found.box[row] += np.float32([1, 0, 1, 0]) * (next(at) % 900)
            return found

        made.observe.analyzer.detector = cast(Any, jump)  # type: ignore[attr-defined]
        frames = [Frame(i, 40 * i, noise(0)) for i in range(60)]
        looked = [r.frame.index for r in frame_by_frame(made(frames)) if r.analysed]
        assert set(range(0, 60, 5)) <= set(looked)
        assert (len(looked) > 16) == closer
