"""The tables over many videos: rows, states, hostile names, and what cannot be read."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from tests.corrections.corrected_rows import rows
from tests.saved.saved_videos import save_video
from tests.tables.batches import keep_ledger, save_summary, track
from tests.vidfx_command import read_csv, vidfx_json
from vidfx.errors import OutputError, UsageError
from vidfx.jobs import ledger as ledger_module
from vidfx.jobs.events import Planned, Started
from vidfx.jobs.plan import Job, Outputs
from vidfx.schema import batch
from vidfx.tables.write import write_tables


def test_tracks_and_appearances_are_those_of_the_summaries(tmp_path: Path) -> None:
    save_summary(tmp_path / "day 10", "b.mp4", [track(1, "Ana")])
    save_summary(tmp_path / "day 2", "a.mp4", [track(1), track(2, "other")])
    written = write_tables(tmp_path)
    rows = read_csv(tmp_path / "tables" / "tracks.csv")
    videos = [(row["video"], row["track_id"], row["identity"]) for row in rows]
    assert videos == [
        ("day 2/a.mp4", "1", ""),
        ("day 2/a.mp4", "2", "other"),
        ("day 10/b.mp4", "1", "Ana"),
    ]
    assert [rows[2][name] for name in ("shown_s", "appearances", "frames", "frames_detected")] == [
        *("3.0", "2", "75", "25")
    ]
    shares = ("share_happy", "share_sad", "share_unsure", "mean_happy", "mean_sad")
    assert [rows[2][name] for name in shares] == ["0.75", "0.25", "0.2", "0.6", "0.4"]
    last = read_csv(tmp_path / "tables" / "appearances.csv")[-1]
    assert last == {
        **{"video": "day 10/b.mp4", "track_id": "1", "identity": "Ana", "appearance": "2"},
        **{"from_s": "4.0", "to_s": "5.0", "frames": "25", "ended": "cut"},
    }
    assert written.rows == {"tracks": 3, "appearances": 6, "people": 1, "videos": 2}
    facts = json.loads((tmp_path / "tables" / "tables.json").read_text())
    assert facts["schema"] == batch.TABLES_SCHEMA
    assert list(facts["columns"]["tracks"]) == list(rows[0])


def test_a_person_is_added_up_over_all_videos(tmp_path: Path) -> None:
    save_summary(tmp_path, "a.mp4", [track(1, "Ana"), track(2, "unknown"), track(3, "Ana")])
    sad = track(
        4,
        "Ana",
        frames=150,
        emotion_share={"sad": 1.0},
        emotion_mean={"happy": 0.0, "sad": 1.0},
        unsure_share=0.6,
        best_quality=0.9,
    )
    save_summary(tmp_path, "b.mp4", [sad])
    write_tables(tmp_path)
    (person,) = read_csv(tmp_path / "tables" / "people.csv")
    assert person == {
        **{"identity": "Ana", "videos": "2", "tracks": "3", "appearances": "6"},
        **{"shown_s": "9.0", "frames": "300", "identity_prob": "0.9"},
        **{"share_happy": "0.5", "share_sad": "0.5", "share_unsure": "0.4"},
        **{"mean_happy": "0.3", "mean_sad": "0.7"},
        **{"best_quality": "0.9", "best_video": "b.mp4", "best_track_id": "4"},
    }


def test_videos_have_their_states_and_reasons(tmp_path: Path) -> None:
    save_summary(tmp_path, "good.mp4", [track(1, "Ana")])
    save_summary(tmp_path, "copied.mp4", [])
    (tmp_path / "torn.mp4.summary.json").write_text('{"schema": "vidfx.su')
    save_summary(tmp_path / "elsewhere", "not ours.mp4", [])
    done, failed = ["good.mp4", "lost.mp4", "torn.mp4"], ["broken.mp4"]
    with closing(keep_ledger(tmp_path, done=done, failed=failed, refused=["no such.mp4"])):
        written = write_tables(tmp_path)
    rows = read_csv(tmp_path / "tables" / "videos.csv")
    states = [(row["video"], row["input"], row["status"]) for row in rows]
    assert states == [
        ("broken.mp4", "broken.mp4", "failed"),
        ("copied.mp4", "copied.mp4", "done"),
        ("good.mp4", "good.mp4", "done"),
        ("lost.mp4", "lost.mp4", "missing"),
        ("torn.mp4", "torn.mp4", "damaged"),
        ("", "no such.mp4", "failed"),
    ]
    assert rows[0]["reason"] == "broken.mp4: is broken (get it again)"
    assert [rows[2][name] for name in ("people", "frames", "tracks", "cuts", "warnings")] == [
        *("Ana", "250", "1", "1", "1")
    ]
    assert written.statuses == {"failed": 2, "done": 2, "missing": 1, "damaged": 1}
    assert len(written.damaged) == 1 and "torn.mp4.summary.json: damaged" in written.damaged[0]


def test_a_batch_that_runs_has_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_module, "WRITE_EVERY_S", 0.0)
    with closing(keep_ledger(tmp_path, done=["a.mp4"])) as ledger:
        jobs = [Job(Path(name), Outputs.of(tmp_path / name)) for name in ("b.mp4", "c.mp4")]
        ledger.handle(Planned(tuple(jobs)))
        ledger.handle(Started(jobs[0], 640, 360, "h264", 250))
        save_summary(tmp_path, "a.mp4", [track(1)])
        write_tables(tmp_path)
    states = [row["status"] for row in read_csv(tmp_path / "tables" / "videos.csv")]
    assert states == ["done", "running", "waiting"]


@pytest.mark.parametrize("name", ["=1+1", "+a", "-a", "@a", 'a "b", c'])
def test_no_cell_is_a_formula(name: str, tmp_path: Path) -> None:
    save_summary(tmp_path, "a.mp4", [track(1, name)])
    write_tables(tmp_path)
    expected = name if name.startswith("a") else f"'{name}"
    assert [row["identity"] for row in read_csv(tmp_path / "tables" / "people.csv")] == [expected]


def test_a_row_is_one_line(tmp_path: Path) -> None:
    save_summary(tmp_path, "a.mp4", [track(1, "\ta\r\nb\0")])
    write_tables(tmp_path)
    (row,) = read_csv(tmp_path / "tables" / "people.csv")
    assert row["identity"] == " a  b "


def test_a_name_that_is_not_utf8_is_escaped(tmp_path: Path) -> None:
    save_summary(tmp_path, "\udc80.mp4", [track(1)])
    write_tables(tmp_path)
    (row,) = read_csv(tmp_path / "tables" / "videos.csv")
    assert (row["video"], row["input"], row["status"]) == ("\\udc80.mp4", "\\udc80.mp4", "done")
    (row,) = read_csv(tmp_path / "tables" / "tracks.csv")
    assert row["share_happy"] == "0.75"


def test_photographs_are_one_video_without_tracks(tmp_path: Path) -> None:
    save_summary(tmp_path, "photos", [], photographs=[{"file": "a.jpg"}])
    written = write_tables(tmp_path)
    (row,) = read_csv(tmp_path / "tables" / "videos.csv")
    assert (row["video"], row["kind"], row["tracks"]) == ("photos", "photographs", "")
    assert written.rows["tracks"] == 0


def test_what_an_earlier_version_did_not_count_is_empty(tmp_path: Path) -> None:
    old = {
        name: value
        for name, value in track(1, "Ana").items()
        if name not in ("appearances", "shown_s", "emotion_mean", "mean_quality")
    }
    save_summary(tmp_path, "a.mp4", [old])
    written = write_tables(tmp_path)
    (row,) = read_csv(tmp_path / "tables" / "tracks.csv")
    assert [row[name] for name in ("shown_s", "appearances", "mean_happy")] == ["", "", ""]
    assert row["share_happy"] == "0.75"
    (warning,) = written.warnings()
    assert "1 videos were annotated by an earlier version" in warning


def test_tables_go_to_another_folder_whole_or_not_at_all(tmp_path: Path) -> None:
    save_summary(tmp_path, "a.mp4", [])
    (tmp_path / "there" / "people.csv").mkdir(parents=True)
    with pytest.raises(OutputError, match=r"people\.csv"):
        write_tables(tmp_path, tmp_path / "there")
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["people.csv"]
    assert not (tmp_path / "tables").exists()


def test_a_folder_without_a_video_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no finished video"):
        write_tables(tmp_path)


def test_corrections_are_counted(tmp_path: Path) -> None:
    save_video(tmp_path, rows({1: range(50), 2: range(10, 20)}), name="a.mp4")
    lines = "track_id,from_s,to_s,action,value\n1,,,rename,Ana\n2,,,drop,\n"
    (tmp_path / "a.mp4.corrections.csv").write_text(lines)
    write_tables(tmp_path)
    (row,) = read_csv(tmp_path / "tables" / "tracks.csv")
    assert (row["identity"], row["frames"], row["shown_s"]) == ("Ana", "50", "2.0")
    assert (row["share_sad"], row["mean_happy"]) == ("1.0", "0.25")
    (row,) = read_csv(tmp_path / "tables" / "videos.csv")
    assert (row["people"], row["faces"], row["corrected"]) == ("Ana", "50", "1")


def test_wrong_corrections_leave_the_video_uncorrected(tmp_path: Path) -> None:
    save_summary(tmp_path, "a.mp4", [track(1, "Bea")])
    save_video(tmp_path, rows({1: range(5)}), name="b.mp4")
    (tmp_path / "b.mp4.corrections.csv").write_text(
        "track_id,from_s,to_s,action,value\n1,,,reanme,Ana\n"
    )
    written = write_tables(tmp_path)
    videos = read_csv(tmp_path / "tables" / "videos.csv")
    assert [(row["status"], row["corrected"]) for row in videos] == [
        ("done", "0"),
        ("uncorrected", "0"),
    ]
    assert "reanme" in videos[1]["reason"] and "reanme" in written.warnings()[0]


def test_the_command_writes_one_object(tmp_path: Path) -> None:
    save_summary(tmp_path, "a.mp4", [track(1)])
    written = vidfx_json("tables", tmp_path)
    assert (written["exit_code"], written["folder"]) == (0, str(tmp_path / "tables"))
    assert written["rows"]["tracks"] == 1 and written["statuses"] == {"done": 1}
