"""Strangers of a folder get names that stay, and that people can correct."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.corrections.corrected_rows import names, rows
from tests.saved.saved_videos import save_video
from tests.vidfx_command import vidfx
from vidfx.corrections.read import corrected
from vidfx.errors import InputError, UsageError
from vidfx.identify.group import Grouped, group
from vidfx.output.track_tally import TrackTally
from vidfx.people.embeddings_file import TrackEmbeddings
from vidfx.people.groups_file import read_groups
from vidfx.people.people_file import TrackPerson, write_people
from vidfx.saved.people import people_path
from vidfx.saved.runs import load_video

PEOPLE = "ABCDEFGH"
HEADER = "video,track_id,from_s,to_s,action,value\n"
ONE_AFTER_THE_OTHER = {1: range(20), 2: range(25, 50)}


def face(person: str, seed: int, noise: float = 0.2) -> np.ndarray:
    """(32,) a picture of a person; those of two are nearly at right angles."""
    centre = np.random.default_rng(ord(person)).normal(size=32)
    vector = centre + noise * np.random.default_rng(seed).normal(size=32)
    return vector / np.linalg.norm(vector)


def add_video(
    out: Path,
    name: str,
    tracks: Mapping[int, str],
    *,
    shown: Mapping[int, range] = ONE_AFTER_THE_OTHER,
    faces: Mapping[int, Sequence[str]] | None = None,
    made: str = "2026-11-28T10:00:00+00:00",
    model: str = "m",
) -> None:
    """Results of a video whose tracks are of these people; ``faces`` has those of other tracks."""
    tally = TrackTally(0.04)
    for some in rows(shown):
        tally.add(some)
    folder = (out / name).parent
    file = Path(name).name
    save_video(folder, rows(shown), name=file, tracks=tally.described(), made={"at": made})
    pictures: dict[int, Sequence[str]] = {track: person * 4 for track, person in tracks.items()}
    pictures.update(faces or {})
    crops = [
        (track, shown[track][place], face(person, sum(map(ord, name)) + 10 * track + place))
        for track, people in sorted(pictures.items())
        for place, person in enumerate(people)
    ]
    TrackEmbeddings(
        track_id=np.array([track for track, _, _ in crops], np.int32),
        frame=np.array([frame for _, frame, _ in crops], np.int64),
        quality=np.full(len(crops), 0.5, np.float32),
        embedding=np.array([vector for _, _, vector in crops], np.float16),
        model=model,
    ).write(folder / f"{file}.embeddings.npz")


def run(out: Path) -> Grouped:
    return group(out, 0.6, lambda _: None)


def who(out: Path, name: str) -> dict[int, str | None]:
    """The identity of each track at its end, as all commands read it."""
    video = load_video(out / f"{name}.summary.json")
    if video.people is None or not video.people.are_named:
        return {}
    return {track: identity for track, identity, _ in names(corrected(video))}


def correct(out: Path, *lines: str) -> None:
    (out / "corrections.csv").write_text(HEADER + "".join(f"{line}\n" for line in lines))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    add_video(tmp_path, "a.mp4", {1: "A", 2: "B"})
    add_video(tmp_path, "day/b.mp4", {1: "B", 2: "C"})
    return tmp_path


def test_a_stranger_has_one_name_in_all_videos(out: Path) -> None:
    done = run(out)
    assert (done.videos, done.tracks, done.people, done.unknown, done.new) == (2, 4, 3, 0, 3)
    assert who(out, "a.mp4") == {1: "Person 2", 2: "Person 1"}
    assert who(out, "day/b.mp4") == {1: "Person 1", 2: "Person 3"}


def test_people_keep_their_names_when_videos_are_added_and_results_replaced(out: Path) -> None:
    run(out)
    add_video(out, "0.mp4", {1: "D", 2: "C"})
    assert run(out).new == 1
    assert who(out, "0.mp4") == {1: "Person 4", 2: "Person 3"}
    assert who(out, "a.mp4") == {1: "Person 2", 2: "Person 1"}
    # the tracks of another run are compared again, whatever their numbers were
    add_video(out, "a.mp4", {1: "C", 2: "A"}, made="2026-11-28T12:00:00+00:00")
    people_path(out / "a.mp4.summary.json").unlink()  # as annotate does
    run(out)
    assert who(out, "a.mp4")[1] == "Person 3" and who(out, "a.mp4")[2] != "Person 1"


def test_a_second_run_writes_nothing(out: Path) -> None:
    run(out)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    run(out)
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before


def test_two_who_are_seen_at_one_time_are_two(tmp_path: Path) -> None:
    add_video(tmp_path, "a.mp4", {1: "A", 2: "A"}, shown={1: range(30), 2: range(20, 50)})
    assert run(tmp_path).people == 2


def test_tracks_of_which_too_little_or_too_much_was_seen_are_nobody(tmp_path: Path) -> None:
    shown = {1: range(10), 2: range(10, 20), 3: range(20, 30)}
    few = {2: "A", 3: "AABB"}
    add_video(tmp_path, "a.mp4", {1: "A"}, shown=shown, faces=few)
    done = run(tmp_path)
    assert (done.tracks, done.people, done.unknown) == (3, 1, 2)
    assert who(tmp_path, "a.mp4") == {1: "Person 1", 2: None, 3: None}


def test_people_rename_merge_and_split_for_ever(out: Path) -> None:
    run(out)
    correct(out, "*,Person 1,,,rename,Bo", "*,Person 3,,,merge,Person 2")
    assert run(out).people == 2
    assert who(out, "a.mp4") == {1: "Person 2", 2: "Bo"}
    assert who(out, "day/b.mp4") == {1: "Bo", 2: "Person 2"}
    add_video(out, "c.mp4", {1: "D", 2: "B"})
    run(out)
    assert who(out, "c.mp4") == {1: "Person 4", 2: "Bo"}
    correct(out, "*,Person 1,,,rename,Bo", "a.mp4,2,,,rename,Person 9", "*,Bo,,,rename,Bob")
    run(out)
    assert who(out, "a.mp4") == {1: "Person 2", 2: "Person 9"}
    assert who(out, "day/b.mp4") == {1: "Bob", 2: "Person 3"}
    add_video(out, "d.mp4", {1: "E", 2: "F"})
    run(out)
    assert set(who(out, "d.mp4").values()) == {"Person 10", "Person 11"}


def test_who_is_not_somebody_is_taken_out_and_stays_out(out: Path) -> None:
    run(out)
    correct(out, "a.mp4,2,,,not,Person 1", "day/b.mp4,2,,,rename,unknown")
    run(out)
    assert who(out, "a.mp4")[2] not in ("Person 1", None)
    assert who(out, "day/b.mp4") == {1: "Person 1", 2: "unknown"}
    again = who(out, "a.mp4")
    run(out)
    assert who(out, "a.mp4") == again


def test_a_split_takes_its_faces_out_of_the_track(tmp_path: Path) -> None:
    add_video(tmp_path, "a.mp4", {1: "A"}, faces={2: "AABB"})
    run(tmp_path)
    assert who(tmp_path, "a.mp4") == {1: "Person 1", 2: None}
    correct(tmp_path, "a.mp4,2,1.07,,split,7")  # frames 25 and 26 are of A
    run(tmp_path)
    assert who(tmp_path, "a.mp4")[2] == "Person 1"


def test_names_of_a_gallery_are_kept_and_found_again(out: Path) -> None:
    summary = out / "a.mp4.summary.json"
    ana = TrackPerson(2, 2, verdict="named", name="Ana", score=0.9)
    write_people(people_path(summary), [ana, TrackPerson(1, 1, verdict="unknown", score=0.2)])
    run(out)
    assert who(out, "a.mp4") == {1: "Person 1", 2: "Ana"}
    assert who(out, "day/b.mp4") == {1: "Ana", 2: "Person 2"}
    people = load_video(summary).people
    assert people and people.tracks[2] == ana


def test_groups_that_may_be_one_are_suggested(tmp_path: Path) -> None:
    add_video(tmp_path, "a.mp4", {1: "A", 2: "B"})
    add_video(tmp_path, "b.mp4", {1: "A", 2: "C"})
    names = ("a.mp4,1,,,rename,Ana", "b.mp4,1,,,rename,Anna")
    correct(tmp_path, *names)
    run(tmp_path)
    groups = read_groups(tmp_path)
    assert groups and len(groups.names) == 4
    assert [{pair.one, pair.other} for pair in groups.alike] == [{"Ana", "Anna"}]
    correct(tmp_path, *names, "a.mp4,1,,,not,Anna")
    run(tmp_path)
    groups = read_groups(tmp_path)
    assert groups and not groups.alike


def test_damaged_embeddings_fail_their_video_alone(out: Path) -> None:
    (file, *others) = sorted(out.rglob("*.npz"))
    file.write_bytes(b"damaged")
    outcomes = run(out).outcomes
    assert sorted(one.status for one in outcomes) == ["done"] * len(others) + ["failed"]
    assert others


def test_errors_are_one_clear_line(out: Path) -> None:
    with pytest.raises(UsageError, match="no threshold is known for the model"):
        group(out, None, lambda _: None)
    correct(out, "*,Person 1,,,drop,")
    with pytest.raises(InputError, match="line 2: action 'drop' is not one of rename, merge"):
        run(out)
    (out / "corrections.csv").unlink()
    add_video(out, "c.mp4", {1: "A"}, model="other")
    with pytest.raises(UsageError, match=r"c\.mp4\.embeddings\.npz: .* another model"):
        run(out)
    (out / "people.groups.json").write_text("{")
    with pytest.raises(InputError, match=r"people\.groups\.json: damaged"):
        run(out)
    for file in out.rglob("*.npz"):
        file.unlink()
    (out / "people.groups.json").unlink()
    with pytest.raises(UsageError, match="none of its videos has embeddings"):
        run(out)


def test_the_command_says_what_it_found(out: Path) -> None:
    (out / "day/b.mp4.faces.csv").write_text("")
    found = vidfx("people", "group", str(out), "--threshold", "0.6", "--json")
    assert found.exit_code == 1 and "b.mp4" in found.stderr
    content = json.loads(found.stdout)
    assert content["schema"] == "vidfx.people.group/1"
    assert (content["people"], content["tracks"], content["unknown"]) == (2, 2, 0)
