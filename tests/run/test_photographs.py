"""Photographs of a run: what is done, what is done again, and what a broken one costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.photograph_workers import WORK, FakeWorkers, pictures
from tests.vidfx_command import read_csv, same_imports, vidfx
from vidfx.annotation.context import load_context
from vidfx.annotation.drawing import verify
from vidfx.annotation.photographs.group import annotate_photographs
from vidfx.annotation.tasks import AnnotatePhotographs
from vidfx.config import Settings
from vidfx.errors import CrashedError, NotMediaError
from vidfx.jobs.events import Done, Event, Failed, Skipped
from vidfx.jobs.plan import Job, Outputs, plan_jobs
from vidfx.output.strict_json import to_json
from vidfx.output.summary import read_summary
from vidfx.run.photographs import GROUP, photographs_of

STORED = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION


def test_only_new_and_changed_photographs_are_done_again(tmp_path: Path) -> None:
    pictures(tmp_path, "a.jpg", "b2.jpg", "b10.jpg")
    workers = FakeWorkers(tmp_path)
    assert workers.run() == ["done"] and workers.rows() == ["a.jpg", "b2.jpg", "b10.jpg"]
    assert workers.run() == ["skipped"] and workers.done == [[]]
    assert isinstance(workers.events[-1], Skipped)
    pictures(tmp_path, "c.jpg")
    os.utime(tmp_path / "in/a.jpg", (1, 1))
    (tmp_path / "in/b2.jpg").write_bytes(b"edited")
    assert workers.run() == ["done"] and workers.done == [["b2", "c"]]
    assert workers.rows() == ["a.jpg", "b2.jpg", "b10.jpg", "c.jpg"]
    (tmp_path / "out/c.annotated.jpg").unlink()
    assert workers.run() == ["done"] and workers.done == [["c"]]
    assert workers.run(overwrite=True) == ["done"] and len(workers.done[0]) == 4
    (tmp_path / "out/photos.faces.csv").unlink()
    assert workers.run() == ["done"] and workers.done == [[]] and len(workers.rows()) == 4


def test_the_tables_keep_what_other_runs_found(tmp_path: Path) -> None:
    pictures(tmp_path, "a.jpg", "b.jpg")
    workers = FakeWorkers(tmp_path)
    for name in ("a.jpg", "b.jpg"):
        workers.inputs = [str(tmp_path / "in" / name)]
        assert workers.run() == ["done"]
    assert workers.rows() == ["a.jpg", "b.jpg"]
    summary = read_summary(tmp_path / "out/photos.summary.json")
    assert summary and [p["file"] for p in summary["photographs"]] == ["a.jpg", "b.jpg"]
    assert summary["counts"] == {"frames": 2, "frames_with_faces": 2, "face_rows": 2}


def test_a_broken_photograph_costs_no_other_one(tmp_path: Path) -> None:
    names = [f"p{number}.jpg" for number in range(GROUP + 3)]
    pictures(tmp_path, *names)
    broken, hostile = NotMediaError("broken", hint="h"), CrashedError("crashed", hint="ffmpeg")
    workers = FakeWorkers(tmp_path, p3=hostile, p17=broken)
    assert sorted(workers.run()) == ["done", "failed", "failed"]
    assert [len(task) for task in workers.done] == [GROUP, 3, *[1] * GROUP]
    assert len(workers.rows()) == len(names) - 2
    failed = {event.input: event.error for event in workers.events if isinstance(event, Failed)}
    assert failed.keys() == {str(tmp_path / "in" / name) for name in ("p3.jpg", "p17.jpg")}
    assert "save it again" in failed[str(tmp_path / "in/p3.jpg")].hint
    workers.faults.clear()
    assert workers.run() == ["done"] and workers.done == [["p17", "p3"]]


def test_none_that_can_be_read(tmp_path: Path) -> None:
    pictures(tmp_path, "a.jpg", "b.jpg")
    error = NotMediaError("broken", hint="h")
    workers = FakeWorkers(tmp_path, a=error, b=error)
    assert workers.run() == ["failed"] * 3
    assert "none of the 2 photographs" in str(workers.outcomes[-1].error)
    workers.inputs = [str(tmp_path / "in/a.jpg")]
    assert workers.run() == ["failed"], "one line for one picture"
    assert not (tmp_path / "out/photos.summary.json").exists()


def test_other_settings_are_refused_and_overwrite_does_all_again(tmp_path: Path) -> None:
    pictures(tmp_path, "a.jpg", "b.jpg")
    workers = FakeWorkers(tmp_path)
    workers.run()
    workers.work = WORK | {"settings": {"every": 2}}
    assert workers.run() == ["failed"] and len(workers.rows()) == 2
    workers.inputs = [str(tmp_path / "in/a.jpg")]
    assert workers.run(overwrite=True) == ["done"] and workers.rows() == ["a.jpg"]
    notices = [to_json(event.text) for event in workers.events if hasattr(event, "text")]
    assert any("2 photographs of other settings" in text for text in notices)


def test_results_of_another_input_and_of_others_are_never_overwritten(tmp_path: Path) -> None:
    pictures(tmp_path, "a.jpg", "b.jpg")
    workers = FakeWorkers(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/b.annotated.jpg").write_bytes(b"mine")
    assert sorted(workers.run()) == ["done", "failed"]
    assert (tmp_path / "out/b.annotated.jpg").read_bytes() == b"mine"
    (tmp_path / "other").mkdir()
    (tmp_path / "other/a.jpg").write_bytes(b"another picture")
    workers.inputs = [str(tmp_path / "other/a.jpg")]
    assert workers.run(overwrite=True) == ["failed"] and workers.done == [[]]
    assert f"is of {tmp_path}/in/a.jpg" in str(workers.outcomes[0].error)


def test_a_run_that_was_killed_goes_on(tmp_path: Path) -> None:
    pictures(tmp_path, "a.jpg", "b.jpg")
    workers = FakeWorkers(tmp_path)
    workers.run()
    journal = tmp_path / "out/.vidfx/photographs.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(whole[: whole.rindex(b'"b.jpg"') + 3])  # b is drawn, and not recorded
    (tmp_path / "out/.b.annotated.jpg.77777.part").write_bytes(b"half")
    assert workers.run() == ["done"] and workers.done == [["b"]]
    assert len(workers.rows()) == 2 and not list((tmp_path / "out").glob(".*.part"))


HOLD = """
import sys; from pathlib import Path; from vidfx.jobs.locks import Locks
with Locks(Path(sys.argv[1])).hold(Path("photos.summary.json")):
    print("held", flush=True); sys.stdin.read()
"""


def test_two_runs_do_not_write_the_same_tables(tmp_path: Path) -> None:
    pictures(tmp_path, "a.jpg")
    workers = FakeWorkers(tmp_path)
    workers.run()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, workers.out],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=same_imports(),
    ) as other:
        assert other.stdout and other.stdout.readline()
        events: list[Event] = []
        plan = plan_jobs(workers.inputs, workers.out)
        with photographs_of(plan, events.append, [], overwrite=False, command=None) as run:
            assert run is None and isinstance(events[0], Failed)
            assert "another vidfx" in str(events[0].error)


@pytest.fixture
def album(tmp_path: Path, astronaut: np.ndarray) -> Path:
    """A photograph, one on its side, one without a face, and what is no picture."""
    folder = tmp_path / "album"
    (folder / "sub").mkdir(parents=True)
    face = np.ascontiguousarray(astronaut[:320, 60:380, ::-1])
    cv2.imwrite(str(folder / "me.jpg"), face)
    turned = cv2.rotate(face[:, 20:], cv2.ROTATE_90_COUNTERCLOCKWISE)
    exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    content = cv2.imencodeWithMetadata(
        ".jpg", turned, [cv2.IMAGE_METADATA_EXIF], [np.frombuffer(exif, np.uint8)]
    )[1]
    (folder / "sub/turned.jpg").write_bytes(content.tobytes())
    cv2.imwrite(str(folder / "sky.png"), np.full((90, 160), 20_000, np.uint16))
    (folder / "broken.jpg").write_bytes(b"\xff\xd8 no picture")
    return folder


def test_a_folder_of_photographs_on_the_command_line(album: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = vidfx("annotate", album, "-o", out, "--emotion", "none")
    assert done.exit_code == 1 and "broken.jpg: not a picture that can be read" in done.stderr
    rows = read_csv(out / "photos.faces.csv")
    assert [row["file"] for row in rows] == ["me.jpg", "sub/turned.jpg"]
    me, turned = (float(row["x1_px"]) for row in rows)
    assert abs(me - 20 - turned) < 6 and {row["track_id"] for row in rows} == {"1"}
    frames = {row["file"]: row["faces"] for row in read_csv(out / "photos.frames.csv")}
    assert frames == {"me.jpg": "1", "sky.png": "0", "sub/turned.jpg": "1"}
    upright = cv2.imread(str(out / "sub/turned.annotated.jpg"), STORED)
    assert upright.shape == (320, 300, 3)
    assert cv2.imread(str(out / "sky.annotated.png")).shape == (90, 160, 3)
    again = vidfx("annotate", album / "me.jpg", "-o", out, "--emotion", "none")
    assert again.exit_code == 0 and "done already" in again.stderr


def test_done_is_reported_with_the_counts(tmp_path: Path) -> None:
    pictures(tmp_path, "a.jpg")
    workers = FakeWorkers(tmp_path)
    workers.run()
    (done,) = [event for event in workers.events if isinstance(event, Done)]
    assert done.job.photographs and done.summary["counts"]["frames"] == 1


def test_corrections_of_photographs_are_drawn_and_hide_faces(album: Path, tmp_path: Path) -> None:
    (album / "broken.jpg").unlink()
    out = tmp_path / "out"
    options = ["-o", out, "--emotion", "none", "--no-report"]
    assert vidfx("annotate", album, *options).exit_code == 0
    drawn = (out / "me.annotated.jpg").read_bytes()
    (out / "corrections.csv").write_text(
        "video,track_id,from_s,to_s,action,value\n"
        "me.jpg,1,,,rename,Ana\nsub/turned.jpg,1,,,hide,\nno.jpg,1,,,hide,\nme.jpg,3,,,hide,\n"
    )
    checked = vidfx("corrections", "check", out)
    assert checked.exit_code == 1 and "4 lines, 2 problems" in checked.output, checked.output
    assert "me.jpg has no face 3" in checked.output
    rows = (out / "photos.faces.csv").read_bytes()
    done = vidfx("annotate", album, *options, "--verify")
    assert done.exit_code == 0 and "hide of track 3 fits no row" in done.stderr
    assert (out / "me.annotated.jpg").read_bytes() != drawn
    assert (out / "photos.faces.csv").read_bytes() == rows
    told = json.loads((out / "photos.privacy.json").read_text())["photographs"]
    assert {file: one["rows_hidden"] for file, one in told.items()} == {
        "me.jpg": 0,
        "sub/turned.jpg": 1,
    }
    assert told["sub/turned.jpg"]["verified"]
    hidden = cv2.imread(str(out / "sub/turned.annotated.jpg"))
    row = next(r for r in read_csv(out / "photos.faces.csv") if r["file"] == "sub/turned.jpg")
    x0, y0, x1, y1 = (round(float(row[f"{side}_px"])) for side in ("x1", "y1", "x2", "y2"))
    assert hidden[y0:y1, x0:x1].std() < 6
    again = vidfx("annotate", album, *options, "--verify")
    assert again.exit_code == 0 and "done already" in again.stderr
    (out / "corrections.csv").unlink()
    assert vidfx("annotate", album, *options).exit_code == 0
    assert (out / "me.annotated.jpg").read_bytes() == drawn
    assert not (out / "photos.privacy.json").exists()


def test_a_photograph_in_which_a_hidden_face_is_seen_is_not_written(
    album: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a search that takes nothing for hidden."""
    monkeypatch.setattr(verify, "SAME_FACE", 1.1)
    settings = Settings(hide=("track:9",), verify=True, emotion="none")
    out = tmp_path / "out"
    (photograph,) = (
        one
        for one in plan_jobs([str(album)], out, sequence=False).photographs
        if one.file == "me.jpg"
    )
    task = AnnotatePhotographs(Job(photograph.source, Outputs.of(out / "a")), (photograph,))
    with load_context(settings) as context:
        done = annotate_photographs(task, context, lambda _: None)
    ((file, error),) = done.failures
    assert file == "me.jpg" and "a face that should be hidden is seen" in str(error)
    assert not done.records and not photograph.result.exists()
