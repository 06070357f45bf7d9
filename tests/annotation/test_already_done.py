"""The rule by which work is done: input, settings, messages, models, and complete results."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from vidfx.annotation import same_input
from vidfx.annotation.already_done import why_done, work_fingerprint
from vidfx.annotation.context import Context
from vidfx.annotation.photographs.group import annotate_photographs, photograph_work
from vidfx.annotation.same_input import files_of, is_newly_dated
from vidfx.annotation.tasks import AnnotatePhotographs
from vidfx.config import Settings
from vidfx.errors import OtherInputError, OtherSettingsError, OutputExistsError
from vidfx.jobs.content import content_hash
from vidfx.jobs.photographs import Making
from vidfx.jobs.plan import Job, Outputs
from vidfx.schema import SUMMARY_SCHEMA

MODELS: Any = SimpleNamespace(people=None, selections=(), describe=list, emotion=None)
CONTEXT = Context(Settings(video=False), {"happy": "Ha!"}, MODELS)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job that is done."""
    source = tmp_path / "in" / "a.mp4"
    source.parent.mkdir()
    source.write_bytes(b"content")
    job = Job(source, Outputs.of(tmp_path / "a.mp4"))
    for path in (job.outputs.faces, job.outputs.frames):
        path.touch()
    write_summary(job)
    return job


def write_summary(job: Job, **changes: object) -> None:
    content: dict[str, Any] = {
        "schema": SUMMARY_SCHEMA,
        "input": {
            "path": "in/a.mp4",
            "absolute_path": str(job.source),
            "content_hash": {"hex": content_hash(files_of(job.source))},
        },
        "models": [],
        "bytes": {job.outputs.faces.name: 0, job.outputs.frames.name: 0},
        "fingerprint": work_fingerprint(job, CONTEXT),
    }
    job.outputs.summary.write_text(json.dumps(content | changes))


def refusal(job: Job, context: Context = CONTEXT, *, overwrite: bool = False) -> OutputExistsError:
    with pytest.raises(OutputExistsError) as raised:
        why_done(job, context, overwrite=overwrite)
    return raised.value


def test_the_same_work_is_done(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(same_input, "content_hash", pytest.fail)  # without reading it
    assert (
        why_done(job, CONTEXT, overwrite=False) == "done already, with the same input and settings"
    )
    assert why_done(job, CONTEXT, overwrite=True) is None
    job.outputs.frames.write_text("longer")
    assert why_done(job, CONTEXT, overwrite=False) is None


def test_a_new_date_with_the_same_content_goes_on_as_done(job: Job) -> None:
    os.utime(job.source, (1, 1))
    why = why_done(job, CONTEXT, overwrite=False)
    assert why is not None and why.endswith("only the input's date changed")


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"c0ntent", "same size but other content"), (b"more content", "7 bytes, and now it has 12")],
)
@pytest.mark.parametrize("overwrite", [False, True])
def test_another_input_is_never_overwritten(
    job: Job, content: bytes, told: str, overwrite: bool
) -> None:
    job.source.write_bytes(content)
    os.utime(job.source, (1, 1))
    error = refusal(job, overwrite=overwrite)
    assert isinstance(error, OtherInputError) and told in str(error)
    assert "--overwrite" not in error.hint and "another output folder" in error.hint


def test_a_new_date_without_a_hash_is_said(job: Job) -> None:
    write_summary(job, input={"path": "in/a.mp4"})
    assert why_done(job, CONTEXT, overwrite=False)  # as before, size and date
    os.utime(job.source, (1, 1))
    error = refusal(job)
    assert "another date" in str(error) and "no hash" in str(error) and "--overwrite" in error.hint
    assert why_done(job, CONTEXT, overwrite=True) is None


def test_what_differs_is_said_with_both_values(job: Job) -> None:
    settings = replace(CONTEXT.settings, every=2, start=1.5)
    context = replace(CONTEXT, settings=settings, messages={"happy": "Ho!"})
    error = refusal(job, context)
    assert "(every: 0 before, 2 now, start: none before, 1.5 now)" in str(error)
    assert "other messages (happy: 'Ha!' before, 'Ho!' now)" in str(error)
    assert not isinstance(error, OtherInputError) and "--overwrite" in error.hint
    assert why_done(job, context, overwrite=True) is None


def test_settings_that_earlier_versions_lacked_count_as_their_defaults(job: Job) -> None:
    context = replace(CONTEXT, settings=Settings())
    made_by = json.loads(json.dumps(work_fingerprint(job, context)))
    for new in ("style", "font_scale", "bars", "sound"):
        del made_by["settings"][new]
    write_summary(job, fingerprint=made_by)
    assert why_done(job, context, overwrite=False)
    changed = replace(context, settings=Settings(style="boxes", hide=("all",)))
    why = str(refusal(job, changed))
    assert "style: 'default' before, 'boxes' now" in why and "hide: [] before, ['all'] now" in why
    assert "font" not in why


def test_a_result_that_an_earlier_version_did_not_write_is_not_missing(job: Job) -> None:
    listed = {"faces": job.outputs.faces.name, "frames": job.outputs.frames.name}
    write_summary(job, outputs=listed)
    assert why_done(job, CONTEXT, overwrite=False)
    write_summary(job, outputs=listed | {"unshown": job.outputs.unshown.name})
    assert why_done(job, CONTEXT, overwrite=False) is None


def test_results_without_a_summary_are_not_done(job: Job) -> None:
    job.outputs.summary.write_text('{"schema": "vidfx.summary/1"}')
    assert "no summary says what made it" in str(refusal(job))
    assert why_done(job, CONTEXT, overwrite=True) is None


def test_pictures_of_a_folder_are_one_input(job: Job) -> None:
    folder = job.source.parent
    for name in ("1.png", "2.png"):
        (folder / name).write_bytes(name.encode())
    pictures = Job(folder, job.outputs)
    write_summary(pictures)
    summary = json.loads(job.outputs.summary.read_text())
    os.utime(folder / "2.png", (1, 1))
    assert is_newly_dated(pictures, summary, "there", overwrite=False)
    (folder / "3.png").touch()
    with pytest.raises(OtherInputError, match="it had 2 files, and now it has 3"):
        is_newly_dated(pictures, summary, "there", overwrite=False)


def test_other_settings_of_photographs_are_named(job: Job) -> None:
    task = AnnotatePhotographs(job, (), Making(photograph_work(CONTEXT), [], [], {}))
    of_videos = replace(CONTEXT, settings=Settings(video=False, start=1, end=2, every=2))
    assert photograph_work(of_videos) == photograph_work(CONTEXT)
    context = replace(CONTEXT, settings=Settings(video=False, detector_size=320))
    with pytest.raises(OtherSettingsError, match="detector_size: 640 before, 320 now"):
        annotate_photographs(task, context, lambda _: None)


def test_changed_corrections_are_told_and_are_no_reason_to_run_models(job: Job) -> None:
    context = Context(Settings(), None, MODELS)
    write_summary(job, fingerprint=work_fingerprint(job, context))
    assert why_done(job, context, overwrite=False) == (
        "done already, with the same input and settings"
    )
    file = job.outputs.summary.with_name("a.mp4.corrections.csv")
    file.write_text("track_id,from_s,to_s,action,value\n1,,,rename,Ana\n")
    assert why_done(job, context, overwrite=False) == (
        "done already, with the same input and settings; its corrections changed since, which "
        "`vidfx render` draws"
    )
