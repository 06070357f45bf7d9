"""The journal and tables of photographs: nothing is lost, and nothing of others overwritten."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.photograph_workers import WORK, FakeWorkers, pictures
from vidfx.errors import CrashedError, NotMediaError, OutputError
from vidfx.jobs import photograph_journal
from vidfx.jobs.events import Failed, Notice
from vidfx.jobs.photograph_journal import PhotographJournal
from vidfx.jobs.plan import plan_jobs
from vidfx.output.summary import read_summary
from vidfx.schema import SUMMARY_SCHEMA


@pytest.fixture
def workers(tmp_path: Path) -> FakeWorkers:
    """Two photographs, done."""
    pictures(tmp_path, "a.jpg", "b.jpg")
    made = FakeWorkers(tmp_path)
    assert made.run() == ["done"]
    return made


def journal_of(workers: FakeWorkers) -> Path:
    return workers.out / ".vidfx/photographs.jsonl"


def errors(workers: FakeWorkers) -> str:
    return " ".join(str(event.error) for event in workers.events if isinstance(event, Failed))


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "\xff",
        '{"type": "Claimed", "sources": [[]]}',
        '{"type": "PhotographRecord", "file": 1}',
        '{"type": "Other"}',
        "[" * 200_000,
    ],
    ids=range(7),
)
def test_a_line_that_is_no_entry_is_passed_over(workers: FakeWorkers, line: str) -> None:
    with journal_of(workers).open("ab") as file:
        file.write(line.encode("latin-1") + b"\n")
    assert workers.run() == ["skipped"] and workers.done == [[]]


def test_a_journal_that_is_no_file_is_one_line(workers: FakeWorkers) -> None:
    journal_of(workers).unlink()
    os.mkfifo(journal_of(workers))
    assert workers.run() == ["failed"]
    assert "not a regular file" in errors(workers)
    journal_of(workers).unlink()
    journal_of(workers).symlink_to("/dev/zero")
    assert workers.run() == ["failed"]


def test_a_line_that_was_cut_spoils_no_later_one(workers: FakeWorkers, tmp_path: Path) -> None:
    with journal_of(workers).open("ab") as file:
        file.write(b'{"type": "PhotographRecord", "fi')
    pictures(tmp_path, "c.jpg")
    assert workers.run() == ["done"] and workers.done == [["c"]]
    assert workers.run() == ["skipped"]
    journal = PhotographJournal(workers.out)
    assert [*journal.records] == ["a.jpg", "b.jpg", "c.jpg"] == [*journal.claimed]


def test_a_run_with_nothing_to_do_leaves_the_journal_alone(workers: FakeWorkers) -> None:
    before = journal_of(workers).read_bytes()
    workers.run()
    assert journal_of(workers).read_bytes() == before


def test_a_journal_that_cannot_be_replaced_stays(
    workers: FakeWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = journal_of(workers).read_bytes()
    journal = PhotographJournal(workers.out)
    monkeypatch.setattr(photograph_journal, "write_atomically", no_space)
    workers.work = WORK | {"messages": {"happy": "hi"}}
    with pytest.raises(OutputError, match="No space left"):
        journal.begin(workers.making)
    assert journal_of(workers).read_bytes() == before


def test_tables_that_lack_what_is_done_are_written_again(
    workers: FakeWorkers, tmp_path: Path
) -> None:
    tables = {path: path.read_bytes() for path in workers.out.glob("photos.*")}
    pictures(tmp_path, "c.jpg")
    workers.run()
    for path, content in tables.items():  # as if the second run could not write them
        path.write_bytes(content)
    assert workers.run() == ["done"] and workers.done == [[]] and len(workers.rows()) == 3
    tables = {path: path.read_bytes() for path in workers.out.glob("photos.*")}
    workers.work = WORK | {"settings": {"every": 2}}
    workers.run(overwrite=True)
    for path, content in tables.items():
        path.write_bytes(content)
    assert workers.run() == ["done"]
    summary = read_summary(workers.out / "photos.summary.json")
    assert summary and summary["fingerprint"]["settings"] == {"every": 2}


@pytest.mark.parametrize("error", [CrashedError("x", hint="y"), NotMediaError("x", hint="y")])
def test_tables_are_written_though_all_that_is_due_fails(
    workers: FakeWorkers, tmp_path: Path, error: CrashedError | NotMediaError
) -> None:
    pictures(tmp_path, "c.jpg")
    workers.faults["c"] = error
    (workers.out / "photos.summary.json").unlink()
    assert sorted(workers.run()) == ["done", "failed"] and len(workers.rows()) == 2


def test_a_picture_of_another_input_is_kept_after_other_settings(
    workers: FakeWorkers, tmp_path: Path
) -> None:
    workers.work = WORK | {"settings": {"every": 2}}
    workers.inputs = [str(tmp_path / "in/a.jpg")]
    assert workers.run(overwrite=True) == ["done"]  # b has no record any more
    (tmp_path / "other").mkdir()
    (tmp_path / "other/b.jpg").write_bytes(b"another")
    workers.inputs = [str(tmp_path / "other/b.jpg")]
    assert workers.run(overwrite=True) == ["failed"] and workers.done == [[]]
    assert f"is of {tmp_path}/in/b.jpg" in errors(workers)


def test_tables_without_their_journal_are_not_replaced(
    workers: FakeWorkers, tmp_path: Path
) -> None:
    journal_of(workers).unlink()
    assert workers.run() == ["failed"] and len(workers.rows()) == 2
    assert "does not know 2 of its photographs" in errors(workers)
    (workers.out / "photos.summary.json").unlink()
    assert workers.run() == ["failed"]
    assert "photos.faces.csv exists already" in errors(workers)
    workers.inputs = [str(tmp_path / "in/a.jpg")]
    assert workers.run(overwrite=True) == ["done"] and len(workers.rows()) == 1


def test_results_of_a_video_with_the_name_of_the_tables_are_kept(
    workers: FakeWorkers, tmp_path: Path
) -> None:
    workers.out = tmp_path / "videos"
    workers.out.mkdir()
    summary = workers.out / "photos.summary.json"
    content = json.dumps({"schema": SUMMARY_SCHEMA, "input": {"path": "photos.mp4"}})
    summary.write_text(content)
    assert workers.run(overwrite=True) == ["failed"] and summary.read_text() == content
    assert "is of another input" in errors(workers)


def test_a_sequence_with_the_name_of_the_tables_is_refused(tmp_path: Path) -> None:
    pictures(tmp_path, "a.jpg", "b.jpg")
    frames = tmp_path / "photos"
    frames.mkdir()
    for number in range(4):
        (frames / f"frame{number}.png").write_bytes(b"x")
    plan = plan_jobs([str(tmp_path / "in"), str(frames)], tmp_path / "out")
    (job,) = plan.jobs
    assert job.photographs == 2 and job.name == f"{tmp_path / 'in'} (photographs)"
    ((name, error),) = plan.refused
    assert name == str(frames) and f"the names of those of {job.name}" in str(error)
    (tmp_path / "out").mkdir()
    content = {"schema": SUMMARY_SCHEMA, "input": {"path": str(frames)}}
    (tmp_path / "out/photos.summary.json").write_text(json.dumps(content))
    plan = plan_jobs([str(tmp_path / "in"), str(frames)], tmp_path / "out")
    assert [str(job.source) for job in plan.jobs] == [str(frames)] and not plan.photographs
    assert plan.refused[0][0] == f"{tmp_path / 'in'} (photographs)"


def test_a_photograph_has_one_row_whatever_folder_is_named(
    workers: FakeWorkers, tmp_path: Path
) -> None:
    (tmp_path / "a.jpg").write_bytes(b"a.jpg")
    (tmp_path / "in/sub").mkdir()
    (tmp_path / "in/sub/c.jpg").write_bytes(b"c")
    workers.inputs = [str(tmp_path / "in"), str(tmp_path / "in/sub")]
    workers.run()
    workers.inputs = [str(tmp_path)]
    (tmp_path / "out").rename(tmp_path.parent / f"{tmp_path.name}-out")
    workers.out = tmp_path.parent / f"{tmp_path.name}-out"
    assert sorted(workers.run()) == ["failed", "skipped"] and workers.done == [[]]
    assert workers.rows() == ["a.jpg", "b.jpg", "sub/c.jpg"]
    assert str(tmp_path / "a.jpg") in errors(workers), "its name is that of another one"


@pytest.mark.parametrize("file", ["../x.jpg", "/tmp/x.jpg", "", "x\0.jpg"])
def test_a_journal_leads_to_no_file_elsewhere(
    workers: FakeWorkers, tmp_path: Path, file: str
) -> None:
    entry = {"type": "Claimed", "sources": {file: str(tmp_path / "in/c.jpg")}}
    with journal_of(workers).open("a") as journal:
        journal.write(json.dumps(entry) + "\n")
    pictures(tmp_path, "c.jpg")
    assert workers.run() == ["done"] and (workers.out / "c.annotated.jpg").exists()


def test_without_annotated_pictures_a_file_of_that_name_is_no_hindrance(tmp_path: Path) -> None:
    pictures(tmp_path, "a.jpg")
    workers = FakeWorkers(tmp_path)
    workers.out.mkdir()
    (workers.out / "a.annotated.jpg").write_bytes(b"mine")
    assert workers.run(video=False) == ["done"] and workers.run(video=False) == ["skipped"]
    (workers.out / "photos.summary.json").unlink()
    journal_of(workers).unlink()
    (workers.out / "photos.faces.csv").unlink()
    (workers.out / "photos.frames.csv").unlink()
    assert workers.run() == ["failed"]
    assert (workers.out / "a.annotated.jpg").read_bytes() == b"mine"


def test_a_dry_run_counts_what_is_to_do(workers: FakeWorkers, tmp_path: Path) -> None:
    assert workers.run(dry_run=True) == ["skipped"]
    pictures(tmp_path, "c.jpg", "d.jpg")
    (workers.out / "d.annotated.jpg").write_bytes(b"mine")
    before = sorted(tmp_path.rglob("*")), journal_of(workers).read_bytes()
    assert workers.run(dry_run=True) == ["failed", "planned"]
    assert (sorted(tmp_path.rglob("*")), journal_of(workers).read_bytes()) == before
    (notice,) = [event.text for event in workers.events if isinstance(event, Notice)]
    assert notice == f"{tmp_path / 'in'} (photographs): 1 of 4 photographs to do"
    planned = workers.outcomes[-1]
    assert "c.jpg" in planned.outputs and "a.jpg" not in planned.outputs
    workers.work = WORK | {"settings": {"every": 2}}
    assert workers.run(dry_run=True)[-1] == "failed"
