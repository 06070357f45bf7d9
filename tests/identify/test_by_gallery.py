"""Finished videos named by a gallery."""

from __future__ import annotations

import json
from pathlib import Path

from tests.corrections.corrected_rows import rows
from tests.people.vectors import faces, gallery_of
from tests.saved.saved_videos import save_video
from tests.vidfx_command import vidfx_json
from vidfx.output.track_tally import TrackTally
from vidfx.people.people_file import read_people
from vidfx.saved.runs import load_video

DLIB = "61b024a74dbaa4f33a99afcd636644ddba9b4f6831c4ead6ec8bcbde938d8666"
TWO = {1: range(20), 2: range(10, 50)}


def test_tracks_get_names_and_the_tables_stay(tmp_path: Path) -> None:
    tally = TrackTally(0.04)
    for some in rows(TWO):
        tally.add(some)
    video = save_video(tmp_path / "out", rows(TWO), tracks=tally.described())
    before = video.faces.read_bytes()
    kept = faces((1, 0, 0, (1, 1, 1)), (2, 9, 0, (1, 1, 1)), model=DLIB)
    kept.write(video.path.with_name("talk.mp4.embeddings.npz"))
    gallery_of("Ana", "Bo", model=DLIB).write(tmp_path / "people")
    told = vidfx_json("people", "identify", tmp_path / "out", "-g", tmp_path / "people")
    assert told["people"] == {"Ana": 1} and told["verdicts"] == {"named": 1, "unknown": 1}
    found = read_people(tmp_path / "out" / "talk.mp4.people.json") or {}
    assert found[1].name == "Ana" and found[2].identity()[0] == "other"
    assert video.faces.read_bytes() == before
    tracks = load_video(video.path).summary["tracks"]
    assert [t["identity"] for t in tracks] == ["Ana", "other"]
    assert json.loads(video.path.read_text())["tracks"][0]["identity"] is None
    saved = tmp_path / "out" / "talk.mp4.people.json"
    made, whole = saved.stat().st_mtime_ns, saved.read_bytes()
    vidfx_json("people", "identify", tmp_path / "out", "-g", tmp_path / "people")
    assert saved.stat().st_mtime_ns == made
    saved.write_bytes(b"")  # as the loss of power may leave it
    vidfx_json("people", "identify", tmp_path / "out", "-g", tmp_path / "people")
    assert saved.read_bytes() == whole
