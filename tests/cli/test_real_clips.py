"""Real people: a smile is read as happy, faces are found, and none where there is none."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from tests.vidfx_command import read_csv, vidfx


def annotate(clip: Path, out: Path, *args: str) -> tuple[list[dict[str, str]], dict[str, int]]:
    """The face rows and the counts of a clip."""
    done = vidfx("annotate", clip, "-o", out, "--no-video", "--json", *args)
    assert done.exit_code == 0, done.stderr
    (result,) = json.loads(done.stdout)["results"]
    return read_csv(Path(result["outputs"]["faces"])), result["counts"]


def test_a_face_begins_to_smile(test_data: Path, tmp_path: Path) -> None:
    rows, counts = annotate(test_data / "clips" / "pyfeat-single_face.mp4", tmp_path)
    assert counts["frames"] == counts["frames_with_faces"] == 72
    assert {r["track_id"] for r in rows} == {"1"}
    shown = [r["emotion"] for r in rows]
    assert set(shown[:12]) == {"neutral"}
    assert set(shown[-30:]) == {"happy"}
    assert sum(a != b for a, b in pairwise(shown)) <= 2


def test_a_smiling_portrait(test_data: Path, tmp_path: Path) -> None:
    rows, _ = annotate(test_data / "clips" / "liveportrait-s29.mp4", tmp_path, "--end", "2")
    assert Counter(r["emotion"] for r in rows).most_common(1)[0][0] == "happy"


def test_a_face_that_comes_later(test_data: Path, tmp_path: Path) -> None:
    rows, counts = annotate(test_data / "clips" / "pyfeat-noface_face.mov", tmp_path)
    assert counts["frames"] == 169 and counts["tracks"] == 1
    seen = sorted(int(r["frame"]) for r in rows)
    assert seen == list(range(seen[0], seen[-1] + 1))
    assert 90 < seen[0] < 105 and seen[-1] >= 167


@pytest.mark.parametrize("name", ["faceswap_ss-test_video_06-no_faces.MP4", "pyfeat-no_face.mp4"])
def test_no_face_is_invented(test_data: Path, tmp_path: Path, name: str) -> None:
    assert annotate(test_data / "clips" / name, tmp_path)[0] == []
