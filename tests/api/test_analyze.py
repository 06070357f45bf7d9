"""`vidfx.analyze`: the faces of arrays that a program has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import vidfx
from benchmarks import clips
from vidfx.api import analyze as module
from vidfx.errors import UsageError


def test_pictures_are_read_each_alone(group: np.ndarray, astronaut: np.ndarray) -> None:
    found = list(vidfx.analyze([group, astronaut]))
    assert [faces.index for faces in found] == [0, 1]
    of_group, of_astronaut = found
    assert len(of_group) == 6 and of_group.track.tolist() == [1, 2, 3, 4, 5, 6]
    assert (np.diff(of_group.box[:, 0]) > 0).all(), "from left to right"
    assert len(of_astronaut) == 1 and of_astronaut.emotion == ("happy",)
    height, width = astronaut.shape[:2]
    assert of_astronaut.box.dtype == np.float32 and of_astronaut.box.shape == (1, 4)
    assert (of_astronaut.box > 0).all() and (of_astronaut.box < max(width, height)).all()
    assert of_astronaut.landmarks.shape == (1, 5, 2) and of_astronaut.quality[0] > 0.3
    assert of_astronaut.emotions == ("angry", "happy", "neutral", "sad")
    assert of_astronaut.emotion_probs.shape == (1, 4)
    assert of_astronaut.emotion_probs.sum() == pytest.approx(1, abs=1e-4)
    assert of_astronaut.identity == (None,) and np.isnan(of_astronaut.identity_prob[0])


def test_frames_of_a_video_are_followed() -> None:
    frames = list(clips.demo_frames((320, 180), seconds=1))
    reused = np.empty_like(frames[0])

    def camera() -> Any:
        for frame in frames:
            reused[:] = frame
            yield reused

    found = list(vidfx.analyze(camera(), rate=30, emotion="none"))
    assert [faces.index for faces in found] == list(range(30))
    tracks = [set(faces.track.tolist()) for faces in found]
    assert tracks[11] == tracks[18] and len(tracks[15]) == 1, "one shot of one person"
    assert tracks[15] != tracks[25]
    assert found[15].emotions == () and found[15].emotion_probs.shape == (1, 0)


def test_a_run_that_is_left_early_ends() -> None:
    frames = (np.zeros((90, 160, 3), np.uint8) for _ in range(1000))
    run = vidfx.analyze(frames, rate=25, emotion="none")
    assert len(next(run)) == 0
    run.close()
    assert sum(1 for _ in frames) > 800


def test_engines_can_stay_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[vidfx.Settings] = []
    load = module.load_context

    def counted(settings: vidfx.Settings) -> Any:
        loaded.append(settings)
        return load(settings)

    monkeypatch.setattr(module, "load_context", counted)
    frames = list(clips.demo_frames((320, 180), seconds=0.2))
    with vidfx.Analyzer(emotion="none") as analyzer:
        first = [faces.track.tolist() for faces in analyzer.analyze(frames, rate=30)]
        pictures = analyzer.analyze(frames)
        beside = [(f.track.tolist(), next(pictures)) for f in analyzer.analyze(frames, rate=30)]
        assert first[-1] and first == [tracks for tracks, _ in beside], "each is a new video"
        assert [faces.index for _, faces in beside] == [*range(len(frames))]
        assert not list(analyzer.analyze([], rate=30))
    assert len(loaded) == 1


def test_an_analyzer_is_used_while_it_is_entered() -> None:
    analyzer = vidfx.Analyzer(emotion="none")
    with pytest.raises(UsageError, match="it is not entered"):
        analyzer.analyze([])
    with analyzer, pytest.raises(UsageError, match="rate=-1"):
        analyzer.analyze([], rate=-1)
    with pytest.raises(UsageError, match="already left"):
        analyzer.analyze([])
    with pytest.raises(UsageError, match="'colour' is not a setting"):
        vidfx.Analyzer(colour=1)


@pytest.mark.parametrize(
    ("frames", "options", "said"),
    [
        ([np.zeros((4, 4), np.uint8)], {}, r"frame 0: is \(4, 4\) uint8, not \(H, W, 3\)"),
        ([np.zeros((4, 4, 3))], {}, "float64, not"),
        ([np.zeros((0, 4, 3), np.uint8)], {}, "not"),
        ([], {"rate": 0}, "rate=0: frames a second"),
        ([], {"colour": 1}, "'colour' is not a setting"),
    ],
)
def test_what_is_refused(frames: Any, options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        list(vidfx.analyze(frames, **options))


def test_frames_of_a_video_have_one_size() -> None:
    frames = [np.zeros((90, side, 3), np.uint8) for side in (160, 80)]
    with pytest.raises(UsageError, match=r"frame 1: is \(90, 80, 3\), and the first one"):
        list(vidfx.analyze(frames, rate=25, emotion="none"))


def test_no_frames_give_no_faces() -> None:
    assert list(vidfx.analyze([])) == []
