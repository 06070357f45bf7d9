"""Somebody out of a gallery, and out of all that finished results say."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.corrections.corrected_rows import names as identities
from tests.corrections.corrected_rows import rows
from tests.people.vectors import faces, gallery_of
from tests.saved.saved_videos import save_video
from tests.vidfx_command import read_csv, vidfx, vidfx_json
from vidfx.corrections.read import corrected, read_corrections, saved_corrections
from vidfx.jobs.locks import hold_run_lock
from vidfx.jobs.photograph_journal import PhotographJournal
from vidfx.jobs.photographs import Making, PhotographRecord, State
from vidfx.output.track_tally import TrackTally
from vidfx.people.embeddings_file import TrackEmbeddings
from vidfx.people.gallery import Gallery
from vidfx.people.groups_file import read_groups
from vidfx.people.people_file import People, TrackPerson, read_people, write_people
from vidfx.saved.named import named
from vidfx.saved.people import people_path
from vidfx.saved.runs import load_video

DLIB = "61b024a74dbaa4f33a99afcd636644ddba9b4f6831c4ead6ec8bcbde938d8666"
SHOWN = {1: range(20), 2: range(10, 30), 3: range(35, 50)}
HEADER = "track_id,from_s,to_s,action,value\n"
OF_ALL = f"video,{HEADER}"


def add_video(
    out: Path,
    called: Mapping[int, str | None],
    *,
    name: str = "talk.mp4",
    gallery: Gallery | None = None,
    **changes: Any,
) -> Path:
    """Results whose tracks are called so in the rows; returns the summary."""
    people = People({n: TrackPerson(n, n, "named", who, 0.9) for n, who in called.items() if who})
    settled = [named(some, people) for some in rows(SHOWN)]
    tally = TrackTally(0.04)
    for some in settled:
        tally.add(some)
    tracks = [{"person_id": None} | track for track in tally.described()]
    present = {who for who in called.values() if who}
    facts: dict[str, Any] = {"overview": {"identities": sorted(present)}}
    if gallery:
        facts["people"] = {"gallery": "people", "names": [*gallery.names]}
        facts["fingerprint"] = {"input": [], "people": gallery.fingerprint()}
    video = save_video(out, settled, name=name, tracks=tracks, **facts, **changes)
    return video.path


def who(summary: Path) -> dict[int, str | None]:
    return {track: text for track, text, _ in identities(corrected(load_video(summary)))}


def says(out: Path, name: str = "Ana") -> list[str]:
    """The files that have the name."""
    found = [path for path in out.rglob("*") if path.is_file()]
    return sorted(path.name for path in found if name.encode() in path.read_bytes())


@pytest.fixture
def people(tmp_path: Path) -> Path:
    gallery_of("Ana", "Bo", model=DLIB).write(tmp_path / "people")
    return tmp_path / "people"


def test_rows_summary_and_gallery_have_the_name_no_more(tmp_path: Path, people: Path) -> None:
    out, gallery = tmp_path / "out", Gallery.read(people)
    summary = add_video(out, {1: "Ana", 2: "Bo"}, gallery=gallery)
    before = read_csv(out / "talk.mp4.faces.csv")
    told = vidfx_json("people", "forget", "ANA", out, "-g", people)
    assert told["gallery_faces"] == 2 and told["remaining"] == [] and not told["failed"]
    assert [(one["rows"], one["embeddings"]) for one in told["results"]] == [(20, 0)]
    assert says(tmp_path) == []
    assert Gallery.read(people).names == ("Bo",)
    assert who(summary) == {1: "other", 2: "Bo", 3: None}
    now = read_csv(out / "talk.mp4.faces.csv")
    kept = [{k: v for k, v in row.items() if not k.startswith("identity")} for row in before]
    assert [{k: v for k, v in row.items() if not k.startswith("identity")} for row in now] == kept
    assert {r["identity_prob"] for r in now if r["track_id"] == "1"} == {""}
    frames = read_csv(out / "talk.mp4.frames.csv")
    assert [r["identities"] for r in frames[:11]] == [""] * 10 + ["Bo"]
    content = json.loads(summary.read_text())
    assert content["overview"]["identities"] == content["people"]["names"] == ["Bo"]
    assert content["fingerprint"]["people"] == Gallery.read(people).fingerprint()
    for file, size in content["bytes"].items():
        assert (out / file).stat().st_size == size


def test_frames_with_somebody_are_counted_again(tmp_path: Path, people: Path) -> None:
    # frames 0 to 19 show Ana, 10 to 29 Bo
    summary = add_video(
        tmp_path / "out", {1: "Ana", 2: "Bo"}, recognises=True, counts={"frames_with_target": 30}
    )
    vidfx_json("people", "forget", "Ana", tmp_path / "out", "-g", people)
    frames = read_csv(tmp_path / "out" / "talk.mp4.frames.csv")
    left = json.loads(summary.read_text())["counts"]["frames_with_target"]
    assert left == sum(row["target_present"] == "1" for row in frames) == 20


def test_names_found_since_and_embeddings_go(tmp_path: Path, people: Path) -> None:
    out = tmp_path / "out"
    summary = add_video(out, {})
    file = out / "talk.mp4.embeddings.npz"
    # track 3 would be named by the gallery, but nobody has asked yet
    good = (1, 1, 1)
    faces((1, 0, 0, good), (2, 1, 0, good), (3, 0, 0, good), model=DLIB).write(file)
    tracks = [TrackPerson(1, 1, "named", "Ana", 0.9), TrackPerson(2, 2, "named", "Bo", 0.9)]
    write_people(people_path(summary), tracks)
    told = vidfx_json("people", "forget", "Ana", out, "-g", people)
    assert told["results"][0]["embeddings"] == 6 and says(tmp_path) == []
    assert {*TrackEmbeddings.read(file).track_id.tolist()} == {2}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = read_people(people_path(summary)) or {}
    assert found[1] == TrackPerson(1, 1, "unknown") and found[2].name == "Bo"
    assert who(summary)[1] == "other"
    identified = vidfx_json("people", "identify", out, "-g", people)
    assert identified["people"] == {"Bo": 1}


def test_corrections_say_whose_embeddings_are_whose(tmp_path: Path, people: Path) -> None:
    out = tmp_path / "out"
    add_video(out, {1: "Ana", 2: "Ana"})
    file = out / "talk.mp4.embeddings.npz"
    faces((1, 5, 0, (1, 1)), (2, 6, 0, (1, 1)), (3, 7, 0, (1, 1)), model=DLIB).write(file)
    own = out / "talk.mp4.corrections.csv"
    own.write_text(f"{HEADER}2,,,not,Ana\n3,,,rename,Ana\n3,1.9,,rename,Bo\n")
    told = vidfx_json("people", "forget", "Ana", out, "-g", people)
    assert {*TrackEmbeddings.read(file).track_id.tolist()} == {2}
    assert told["corrections"] == {str(own): 2}
    assert own.read_text() == f"{HEADER}3,,,rename,other\n3,1.9,,rename,Bo\n"
    assert says(tmp_path) == []


def test_a_group_does_not_come_back(tmp_path: Path) -> None:
    out = tmp_path / "out"
    summary = add_video(out, {}, made={"at": "now"})
    add_video(out / "day", {}, name="b.mp4", made={"at": "now"})
    for name in ("talk", "day/b"):
        vectors = faces((1, 0, 0, (1, 1)), (2, 1, 0, (1, 1)), (3, 2, 0, (1, 1)), model="m")
        vectors.write(out / f"{name}.mp4.embeddings.npz")
    group = ("people", "group", out, "--threshold", "0.6")
    assert vidfx_json(*group)["people"] == 3
    assert stat.S_IMODE((out / "people.groups.json").stat().st_mode) == 0o600
    first = who(summary)[1]
    corrections = out / "corrections.csv"
    corrections.write_text(
        f"{OF_ALL}*,{first},,,rename,Ana\nday/b.mp4,1,,,not,{first}\ntalk.mp4,1,,,rename,Ana\n"
        "day/b.mp4,3,,,rename,Cy\n"
    )
    vidfx_json(*group)
    told = vidfx_json("people", "forget", "Ana", out)
    assert told["also_called"] == [first]
    assert told["corrections"] == {str(corrections): 3}
    assert (
        corrections.read_text() == f"{OF_ALL}talk.mp4,1,,,rename,other\nday/b.mp4,3,,,rename,Cy\n"
    )
    assert says(out) == [] and says(out, f'"{first}"') == []
    groups = read_groups(out)
    assert groups is not None and first not in groups.names
    again = vidfx_json(*group)
    assert says(out) == [] and again["new"] == 0
    assert who(summary)[1] == "other" and first not in who(summary).values()


def test_a_dry_run_changes_nothing_and_says_the_same(tmp_path: Path, people: Path) -> None:
    out = tmp_path / "out"
    add_video(out, {1: "Ana"}, gallery=Gallery.read(people))
    (out / "talk.mp4.annotated.mp4").write_bytes(b"pixels")
    (out / "corrections.csv").write_text(f"{OF_ALL}talk.mp4,2,,,rename,Ana\n")
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in _files(tmp_path)}
    dry = vidfx_json("people", "forget", "Ana", out, "-g", people, "--dry-run")
    after = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in _files(tmp_path)}
    assert after == before
    done = vidfx_json("people", "forget", "Ana", out, "-g", people)
    assert dry | {"dry_run": False} == done
    assert done["remaining"] == [str(out / "talk.mp4.annotated.mp4")]


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_tables_and_report_are_made_again(tmp_path: Path, people: Path) -> None:
    out = tmp_path / "out"
    add_video(out, {1: "Ana", 2: "Bo"}, gallery=Gallery.read(people))
    assert vidfx("tables", out).exit_code == 0 and vidfx("report", out).exit_code == 0
    sheet = out / "report" / "faces" / "talk.mp4.jpg"
    sheet.parent.mkdir()
    sheet.write_bytes(b"faces")
    assert "people.csv" in says(out) and "talk.mp4.js" in says(out)
    told = vidfx_json("people", "forget", "Ana", out, "-g", people)
    assert told["made_again"] == [str(out / "tables"), str(out / "report")]
    assert says(out) == [] and "people.csv" in says(out, "Bo") and not sheet.exists()


def test_what_is_not_changed_is_told(tmp_path: Path, people: Path) -> None:
    out = tmp_path / "out"
    add_video(out, {1: "Ana"})
    add_video(out, {1: "Bo"}, name="b.mp4")
    (out / "clips").mkdir()
    told = ["talk.mp4.annotated.mp4", "talk.mp4.vtt", "clips/talk.mp4-1.mp4", "clips/Ana.mp4"]
    for name in (*told, "talk.mp4", "b.mp4.annotated.mp4", "b.mp4.vtt", "talker.mp4"):
        (out / name).write_text("Ana" if name == "talk.mp4.vtt" else "Anabel")
    done = vidfx("people", "forget", "Ana", out, "-g", people)
    assert done.exit_code == 0
    for name in told:
        assert f"warning: {out / name}: it still says the name" in done.stderr
    assert done.stderr.count("warning") == len(told)


def test_photographs(tmp_path: Path, people: Path) -> None:
    out, gallery = tmp_path / "out", Gallery.read(people)
    summary = add_video(out, {1: "Ana"}, name="photos", gallery=gallery)
    summary.write_text(json.dumps(json.loads(summary.read_text()) | {"photographs": []}))
    lines = [
        (out / f"photos.{kind}.csv").read_text().splitlines(keepends=True)
        for kind in ("faces", "frames")
    ]
    (out / ".vidfx").mkdir()
    journal = PhotographJournal(out)
    work = {"people": gallery.fingerprint()}
    journal.begin(Making(work, [], [lines[0][0], lines[1][0]], {}))
    own = ("".join(lines[0][1:]), "".join(lines[1][1:]))
    journal.add([PhotographRecord("a.jpg", "/a.jpg", State(1, 1, ""), 9, 9, None, 1, *own)])
    told = vidfx_json("people", "forget", "Ana", out, "-g", people)
    assert told["photographs"] == ["a.jpg"] and says(out) == []
    now = PhotographJournal(out)
    assert now.making is not None
    assert now.making.work == {"people": Gallery.read(people).fingerprint()}
    assert now.records["a.jpg"].face_lines in (out / "photos.faces.csv").read_text()
    assert json.loads(summary.read_text())["fingerprint"]["people"] == now.making.work["people"]


def test_lines_about_another_face_stay_left_out(tmp_path: Path, people: Path) -> None:
    out = tmp_path / "out"
    summary = add_video(out, {1: "Ana"})
    (out / "talk.mp4.corrections.csv").write_text(f"{HEADER}1,,,rename,Ana\n2,,,rename,Cy\n")
    video = load_video(summary)
    drawn = read_corrections(summary, video.expressions).fingerprint()
    content = json.loads(summary.read_text())
    content["corrections"] = {"lines": 2, "sha256": drawn, "other_faces": [2]}
    summary.write_text(json.dumps(content))
    vidfx_json("people", "forget", "Ana", out, "-g", people)
    left = saved_corrections(load_video(summary))
    assert [line.name for line in left.lines] == ["other"]
    assert [line.name for line in left.left_out] == ["Cy"]


def test_names_with_signs_of_csv(tmp_path: Path) -> None:
    name = 'Ann, "Zoë"'
    add_video(tmp_path / "out", {1: name, 2: "Bo"})
    vidfx_json("people", "forget", name.upper(), tmp_path / "out")
    found = {row["identity"] for row in read_csv(tmp_path / "out" / "talk.mp4.faces.csv")}
    assert found == {"other", "Bo", ""}


def test_results_that_are_damaged_end_no_others(tmp_path: Path, people: Path) -> None:
    out = tmp_path / "out"
    add_video(out, {1: "Ana"})
    bad = add_video(out, {1: "Ana"}, name="bad.mp4")
    with (out / "bad.mp4.faces.csv").open("a") as file:
        file.write("x")
    done = vidfx("people", "forget", "Ana", out, "-g", people)
    assert done.exit_code == 1 and "changed since it was written" in done.stderr
    assert "Ana" not in (out / "talk.mp4.faces.csv").read_text()
    assert f"warning: {bad}" in done.stderr


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [("Cy", 2, "nobody has the name Cy"), ("other", 2, "other"), ("=1", 2, "name")],
)
def test_nobody(name: str, code: int, message: str, tmp_path: Path, people: Path) -> None:
    add_video(tmp_path / "out", {1: "Ana"})
    done = vidfx("people", "forget", name, tmp_path / "out", "-g", people)
    assert done.exit_code == code and message in done.stderr


def test_not_while_a_run_goes_on(tmp_path: Path, people: Path) -> None:
    add_video(tmp_path / "out", {1: "Ana"})
    (tmp_path / "out" / ".vidfx").mkdir()
    held = hold_run_lock(tmp_path / "out")
    assert held is not None
    done = vidfx("people", "forget", "Ana", tmp_path / "out", "-g", people)
    os.close(held)
    assert "a run into this folder goes on" in done.stderr and done.exit_code != 0
    assert "Ana" in (tmp_path / "out" / "talk.mp4.faces.csv").read_text()
    assert Gallery.read(people).names == ("Ana", "Bo")
