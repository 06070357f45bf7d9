"""`vidfx annotate --people` and `--embeddings`, with dlib's network."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from tests.cli.galleries import CUTS_S, gallery_of, tracks_of
from tests.vidfx_command import read_csv, vidfx
from vidfx.people.embeddings_file import TrackEmbeddings
from vidfx.people.gallery import Gallery, Picture

pytestmark = pytest.mark.skipif(
    find_spec("face_recognition_models") is None, reason="vidfx[people] is not installed"
)
PLAIN = ("--emotion", "none", "--no-report")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, clip: Path) -> Path:
    """Results with embeddings, of six people, then one of others, then the six again."""
    out = tmp_path_factory.mktemp("kept")
    done = vidfx("annotate", clip, "-o", out, *PLAIN, "--no-video", "--embeddings")
    assert done.exit_code == 0, done.output
    return out


def test_who_is_seen_again_after_cuts_keeps_the_person(kept: Path) -> None:
    tracks = tracks_of(kept)
    first = {t["person_id"] for t in tracks if t["last_s"] < CUTS_S[0]}
    middle = {t["person_id"] for t in tracks if CUTS_S[0] < t["first_s"] < CUTS_S[1]}
    last = [t["person_id"] for t in tracks if t["first_s"] > CUTS_S[1] - 0.01]
    assert len(first & {*last}) >= 3
    assert len({*last}) == len(last) and not middle & (first | {*last})
    rows = read_csv(kept / "clip.mp4.faces.csv")
    found = {(int(row["track_id"]), int(row["person_id"])) for row in rows}
    assert found == {(t["track_id"], t["person_id"]) for t in tracks}
    assert all(row["identity"] == "" for row in rows)


def test_embeddings_are_of_the_tracks_that_are_shown(kept: Path) -> None:
    embeddings = TrackEmbeddings.read(kept / "clip.mp4.embeddings.npz")
    assert {*embeddings.track_id.tolist()} == {t["track_id"] for t in tracks_of(kept)}
    summary = json.loads((kept / "clip.mp4.summary.json").read_text())
    assert summary["outputs"]["embeddings"] == "clip.mp4.embeddings.npz"


def test_a_person_of_the_gallery_is_named_in_rows_summary_and_tables(
    kept: Path, clip: Path, tmp_path: Path
) -> None:
    ana, out = gallery_of(kept, tmp_path / "people"), tmp_path / "out"
    arguments = ("annotate", clip, "-o", out, *PLAIN, "--people", tmp_path / "people")
    done = vidfx(*arguments, "--preset", "ultrafast")
    assert done.exit_code == 0, done.output
    tracks = tracks_of(out)
    named = [t for t in tracks if t["identity"] == "Ana"]
    assert ana in {t["track_id"] for t in named}
    assert {t["person_id"] for t in named} == {ana}
    assert not [t for t in named if CUTS_S[0] < t["first_s"] < CUTS_S[1]]
    assert {t["identity"] for t in tracks} <= {"Ana", "other", "unknown"}
    for row in read_csv(out / "clip.mp4.faces.csv"):
        assert (row["identity"] == "Ana") == (
            int(row["track_id"]) in {t["track_id"] for t in named}
        )
    frames = read_csv(out / "clip.mp4.frames.csv")
    assert {row["identities"] for row in frames} == {"Ana", ""}
    assert frames[25]["target_present"] == "0"
    assert (out / "clip.mp4.annotated.mp4").stat().st_size > 0
    assert not (out / "clip.mp4.embeddings.npz").exists()
    assert "done already" in vidfx(*arguments, "--preset", "ultrafast").output
    assert len([*out.glob(".*.part")]) == 0


def test_who_is_forgotten_stays_so_and_results_stay_done(
    kept: Path, clip: Path, tmp_path: Path
) -> None:
    people, out = tmp_path / "people", tmp_path / "out"
    gallery_of(kept, people)
    gallery = Gallery.read(people)
    nobody = np.eye(1, gallery.embeddings.shape[1], dtype=np.float32)
    gallery.added("Bo", nobody, [Picture()]).write(people)
    arguments = ("annotate", clip, "-o", out, *PLAIN, "--people", people, "--embeddings")
    assert vidfx(*arguments, "--preset", "ultrafast").exit_code == 0
    of_ana = {t["track_id"] for t in tracks_of(out) if t["identity"] == "Ana"}
    done = vidfx("people", "forget", "Ana", out, "-g", people)
    assert done.exit_code == 0, done.output
    drawn = out / "clip.mp4.annotated.mp4"
    assert [line.split(": ")[1] for line in done.stderr.splitlines()] == [str(drawn)]
    embeddings = TrackEmbeddings.read(out / "clip.mp4.embeddings.npz")
    assert of_ana and not of_ana & {*embeddings.track_id.tolist()}
    again = vidfx(*arguments, "--preset", "ultrafast")
    assert again.exit_code == 0 and "done already" in again.output
    assert "Ana" not in {row["identity"] for row in read_csv(out / "clip.mp4.faces.csv")}
    for command in ("group", "identify"):
        options = ("-g", people) if command == "identify" else ()
        assert vidfx("people", command, out, *options).exit_code == 0
    for command in (("report",), ("tables",), ("render", "--preset", "ultrafast")):
        assert vidfx(command[0], out, *command[1:]).exit_code == 0
    texts = [p for p in out.rglob("*") if p.suffix in {".json", ".csv", ".js", ".html"}]
    assert not [p for p in texts if "Ana" in p.read_text("utf-8")]


def test_a_gallery_of_another_model_is_one_line(kept: Path, clip: Path, tmp_path: Path) -> None:
    gallery_of(kept, tmp_path / "people")
    file = tmp_path / "people" / "gallery.json"
    content = json.loads(file.read_text())
    file.write_text(json.dumps(content | {"model": "b" * 64}))
    done = vidfx("annotate", clip, "-o", tmp_path / "out", *PLAIN, "--people", tmp_path / "people")
    assert done.exit_code == 3, done.output
    assert not (tmp_path / "out" / "clip.mp4.summary.json").exists()
