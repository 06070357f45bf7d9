"""Who tracks are, by a gallery."""

from __future__ import annotations

import numpy as np
import pytest

from tests.people.vectors import SIZE, faces, gallery_of
from vidfx.people.best_crops import MOST, BestCrops
from vidfx.people.decide import decide
from vidfx.people.embeddings_file import TrackEmbeddings
from vidfx.people.thresholds import Thresholds
from vidfx.people.who import who_are

LIMITS = Thresholds(named=0.9, uncertain=0.6, margin=0.05, min_crops=2)
ANA, BO, NOBODY = 0, 1, 9
TWO = gallery_of("Ana", "Bo")


def told(
    tracks: TrackEmbeddings, **spans: tuple[float, float]
) -> dict[int, tuple[str | None, str]]:
    given = {int(name[1:]): span for name, span in spans.items()}
    alone = {number: number for number in given}
    return {n: one[:2] for n, one in decide(tracks, TWO, LIMITS, given, alone).items()}


def test_a_track_is_named_uncertain_or_unknown():
    tracks = faces((1, ANA, 0, (1, 1)), (2, BO, 0.45, (1, 1)), (3, NOBODY, 0, (1, 1)))
    assert told(tracks, t1=(0, 1), t2=(2, 3), t3=(4, 5)) == {
        1: ("Ana", "named"),
        2: (None, "uncertain"),
        3: (None, "unknown"),
    }


def test_scores_rise_with_likeness_and_are_shares():
    tracks = faces((1, ANA, 0, (1, 1)), (2, BO, 0.45, (1, 1)), (3, NOBODY, 0, (1, 1)))
    alone = {number: number for number in range(1, 4)}
    spans = dict.fromkeys(alone, (0.0, 0.0))
    scores = [one.score for one in decide(tracks, TWO, LIMITS, spans, alone).values()]
    assert 1 >= scores[0] > 0.9 > scores[1] > 0.5 > scores[2] >= 0


def test_one_face_is_too_little():
    assert told(faces((1, ANA, 0, (1,))), t1=(0, 1)) == {1: (None, "uncertain")}


def test_nobody_is_named_twice_at_one_time():
    tracks = faces((1, ANA, 0.2, (1, 1)), (2, ANA, 0.1, (1, 1)))
    assert told(tracks, t1=(0, 2), t2=(1, 3)) == {1: (None, "uncertain"), 2: ("Ana", "named")}
    assert told(tracks, t1=(0, 1), t2=(2, 3)) == {1: ("Ana", "named"), 2: ("Ana", "named")}


def test_all_tracks_of_a_person_decide_together():
    tracks = faces((1, ANA, 0, (1, 1)), (2, ANA, 0.45, (0.3,)), (4, NOBODY, 0, (1, 1)))
    spans, one = {1: (0, 1), 2: (2, 3), 4: (0, 3)}, {1: 1, 2: 1, 4: 4}
    found = decide(tracks, TWO, LIMITS, spans, one)
    assert [found[n].name for n in (1, 2, 4)] == ["Ana", "Ana", None]
    assert decide(tracks, TWO, LIMITS, spans, {n: n for n in spans})[2].name is None


def test_the_best_track_names_a_person_whose_others_are_seen_badly():
    tracks = faces((1, ANA, 0, (1, 1)), (2, ANA, 0.45, (1, 1, 1)))
    found = decide(tracks, TWO, LIMITS, {1: (0, 1), 2: (2, 3)}, {1: 1, 2: 1})
    assert [one.name for one in found.values()] == ["Ana", "Ana"]
    one_face = faces((1, ANA, 0, (1,)), (2, ANA, 0.45, (1, 1, 1)))
    found = decide(one_face, TWO, LIMITS, {1: (0, 1), 2: (2, 3)}, {1: 1, 2: 1})
    assert [one.verdict for one in found.values()] == ["uncertain", "uncertain"]


def test_good_faces_weigh_more():
    tracks = faces((1, ANA, 0, (1, 1)), (1, ANA, 0.9, (0.03,)))
    assert told(tracks, t1=(0, 1)) == {1: ("Ana", "named")}
    tracks = faces((1, ANA, 0, (0.03, 0.03)), (1, ANA, 0.9, (1,)))
    assert told(tracks, t1=(0, 1)) == {1: (None, "unknown")}


def test_people_who_are_alike_are_not_told_apart():
    vectors = TWO.embeddings.copy()
    vectors[2:] = vectors[:2]
    twins = gallery_of("Ana", "Bo")
    object.__setattr__(twins, "embeddings", vectors)
    found = decide(faces((1, ANA, 0, (1, 1))), twins, LIMITS, {1: (0, 1)}, {1: 1})
    assert found[1][:2] == (None, "uncertain")


def test_tracks_that_are_not_shown_are_left_out():
    assert told(faces((1, ANA, 0, (1, 1)), (2, BO, 0, (1, 1))), t2=(0, 1)) == {2: ("Bo", "named")}
    assert told(TrackEmbeddings.empty("a" * 64), t2=(0, 1)) == {}


def test_a_name_makes_tracks_one_person_and_a_track_without_faces_is_its_own():
    tracks = faces((1, ANA, 0, (1, 1)), (2, BO, 0, (1, 1)), (4, ANA, 0, (1, 1)))
    spans = {1: (0.0, 1.0), 2: (0.0, 1.0), 3: (5.0, 6.0), 4: (2.0, 3.0)}
    found = who_are(tracks, spans, (TWO, LIMITS))
    assert {n: one.person_id for n, one in found.items()} == {1: 1, 2: 2, 3: 3, 4: 1}
    assert found[3].verdict is None and found[4].name == "Ana"


@pytest.mark.parametrize("cut", [1.0, 9.0])
def test_who_comes_back_keeps_the_person(cut: float):
    dlib = "61b024a74dbaa4f33a99afcd636644ddba9b4f6831c4ead6ec8bcbde938d8666"
    tracks = faces((1, ANA, 0, (1, 1)), (2, BO, 0, (1, 1)), (5, ANA, 0, (1, 1)), model=dlib)
    spans = {1: (0.0, cut), 2: (0.0, 1.0), 5: (3.0, 4.0)}
    found = {n: one.person_id for n, one in who_are(tracks, spans).items()}
    assert found == {1: 1, 2: 2, 5: 1 if cut < 3 else 5}


def test_the_faces_that_are_kept_are_few_good_and_spread():
    crops, vector = BestCrops("m"), np.ones((1, SIZE)) / np.sqrt(SIZE)
    for frame in range(100):
        quality = np.array([0.9 if frame % 10 == 3 else 0.1])
        crops.add(np.array([4]), np.array([frame]), quality, vector)
        crops.add(np.array([-1]), np.array([frame]), quality, vector)
        crops.add(np.array([2]), np.array([frame]), quality, vector * np.nan)
    kept = crops.kept()
    assert len(kept) == MOST and set(kept.track_id.tolist()) == {4}
    assert np.diff(kept.frame).min() > 3 and kept.frame[-1] - kept.frame[0] >= 70
    assert (kept.quality > 0.5).sum() >= 5


def test_a_video_without_faces_keeps_none():
    assert len(BestCrops("m").kept()) == 0
