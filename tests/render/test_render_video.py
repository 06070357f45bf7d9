"""A finished video drawn again: what is on it, what is recorded, and when it is not done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.render.conftest import BOX, Save, job_of
from tests.vidfx_command import run_python
from vidfx.config import Settings
from vidfx.errors import (
    DecodeError,
    FaceSeenError,
    InputError,
    OtherInputError,
    OutputExistsError,
    UsageError,
)
from vidfx.jobs.events import Advanced, Event, Started
from vidfx.render.fingerprint import render_fingerprint, why_rendered
from vidfx.render.task import RenderOptions
from vidfx.render.video import render_video
from vidfx.render.work import load_work
from vidfx.saved.runs import SavedVideo

EVERYTHING = RenderOptions()


def render(
    video: SavedVideo,
    options: RenderOptions = EVERYTHING,
    events: list[Event] | None = None,
    **s: Any,
) -> dict[str, Any]:
    listener = [].append if events is None else events.append
    return render_video(load_work(job_of(video), options, Settings(**s)), listener)


def frames_of(path: Path) -> list[tuple[float, np.ndarray]]:
    with av.open(str(path)) as file:
        return [(float(f.time or 0), f.to_ndarray(format="rgb24")) for f in file.decode(video=0)]


def changed(video: SavedVideo, source: Path, count: int = 60) -> list[bool]:
    """Whether something is drawn where the face is, by frame."""
    x0, y0, x1, y1 = BOX
    found: list[bool] = []
    for (time, ours), (_, theirs) in zip(
        frames_of(job_of(video).outputs.video), frames_of(source)[:count], strict=True
    ):
        assert time >= 0
        part = np.s_[y0 - 4 : y1 + 4, x0 - 4 : x1 + 4]
        found.append(bool(np.abs(ours[part].astype(int) - theirs[part]).max() > 60))
    return found


def test_the_rows_are_drawn_on_every_frame_and_the_record_says_of_what(
    save: Save, source: Path
) -> None:
    video, events = save(), list[Event]()
    record = render(video, events=events, crf=10)
    assert record["counts"] == {"frames": 60, "frames_with_rows": 60}
    assert record["outputs"]["audio"] == "copied aac" and not record["warnings"]
    assert changed(video, source) == [True] * 60
    assert isinstance(events[1], Started) and isinstance(events[-1], Advanced)
    written = json.loads(job_of(video).outputs.summary.read_text())
    assert written["fingerprint"]["settings"]["crf"] == 10
    assert sorted(path.name for path in video.path.parent.iterdir()) == sorted(
        f"talk.mp4.{end}"
        for end in (
            *("faces.csv", "frames.csv", "rendered.json", "rendered.mp4", "summary.json"),
            "unshown.csv",
        )
    )


def test_only_one_track_in_a_part(save: Save, source: Path) -> None:
    video = save()
    record = render(video, RenderOptions(("track:2", "Ana")), end=0.5)
    assert record["counts"]["frames"] == 15
    assert record["warnings"] == ["--only: no face is Ana"]
    with pytest.raises(UsageError, match="track:x: a track is named by its number"):
        render(video, RenderOptions(("track:x",)))


def test_the_part_that_was_annotated_is_drawn(save: Save) -> None:
    part = {"input": [], "settings": {"start": 0.5, "end": 1.5}}
    video = save(fingerprint=part)
    work = load_work(job_of(video), EVERYTHING, Settings(end=1.0))
    assert work.context.settings.start == 0.5
    with pytest.raises(InputError, match=r"nothing from 1.5 s to 1.5 s was annotated"):
        load_work(job_of(video), EVERYTHING, Settings(start=1.5))


def test_corrections_are_drawn_and_change_what_is_done(save: Save, source: Path) -> None:
    video = save()
    before = render_fingerprint(load_work(job_of(video), EVERYTHING, Settings()))
    lines = "track_id,from_s,to_s,action,value\n1,,,drop,\n2,,,rename,Ana\n9,,,drop,\n"
    video.path.with_name("talk.mp4.corrections.csv").write_text(lines)
    work = load_work(job_of(video), EVERYTHING, Settings())
    assert work.context.people == ("Ana",) and render_fingerprint(work) != before
    assert not render(video, RenderOptions(("Ana",)), end=0.5)["warnings"]
    shown = [not index % 2 for index in range(1, 16)]
    render(video, end=0.5, crf=10)
    assert changed(video, source, 15) == shown
    (warning,) = render(video)["warnings"]
    assert warning.endswith("line 4: drop of track 9 fits no row")


def test_a_source_that_gives_other_frames_is_refused_and_nothing_is_left(save: Save) -> None:
    video = save(shift=7)
    with pytest.raises(DecodeError, match="60 of its 60 frames have no rows"):
        render(video)
    assert not job_of(video).outputs.video.exists()
    assert not [*video.path.parent.glob("*.part")]


def test_done_is_what_was_made_of_the_same(save: Save) -> None:
    video = save()

    def why(
        options: RenderOptions = EVERYTHING, *, overwrite: bool = False, **s: Any
    ) -> str | None:
        now = render_fingerprint(load_work(job_of(video), options, Settings(**s)))
        return why_rendered(job_of(video), now, overwrite=overwrite)

    assert why() is None
    render(video, end=0.1)
    assert why(end=0.1) == "done already, of the same rows and settings"
    assert why(end=0.1, overwrite=True) is None
    assert why() is None
    assert why(end=0.1, crf=20) is None
    assert why(RenderOptions(("track:1",)), end=0.1) is None
    outputs = job_of(video).outputs
    record = json.loads(outputs.summary.read_text())
    record["fingerprint"]["source"]["hash"] = "another"
    outputs.summary.write_text(json.dumps(record))
    with pytest.raises(OtherInputError, match="is of another video"):
        why(overwrite=True)
    outputs.summary.unlink()
    with pytest.raises(OutputExistsError, match="no record says what made it"):
        why()
    assert why(overwrite=True) is None


def test_no_model_is_imported() -> None:
    code = (
        "import sys, vidfx.run.worker, vidfx.run.do_render\n"
        "print(*{'openvino', 'onnxruntime', 'torch', 'vidfx.annotation.models'} & {*sys.modules})"
    )
    done = run_python(code)
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_a_hidden_face_is_on_no_frame_and_the_record_says_so(save: Save, source: Path) -> None:
    video = save()
    record = render(video, hide=("all",), sound="drop", style="none")
    x0, y0, x1, y1 = (round(side) for side in BOX)
    for _, picture in frames_of(job_of(video).outputs.video):
        assert picture[y0:y1, x0:x1].std() < 6
    assert record["privacy"]["rows_hidden"] == record["privacy"]["rows"] > 0
    assert record["outputs"]["audio"] == "none"
    assert record["fingerprint"]["settings"]["hide"] == ["all"]


def test_names_that_are_not_in_the_rows_cannot_be_hidden(save: Save) -> None:
    with pytest.raises(UsageError, match="faces have no names here"):
        render(save(), hide=("others",))


def test_a_track_that_a_person_named_is_shown_whatever_the_models_read(
    save: Save, source: Path
) -> None:
    """Track 1 is on every second frame; the rows have no names but that which is given."""
    video = save()
    lines = "track_id,from_s,to_s,action,value\n1,,,rename,Ana\n"
    video.path.with_name("talk.mp4.corrections.csv").write_text(lines)
    privacy = render(video, hide=("not:Ana",), hold=0.0)["privacy"]
    assert privacy["rows"] == 60 and privacy["rows_hidden"] == 30
    assert privacy["tracks_hidden"] == 1


def test_a_video_in_which_another_detector_sees_a_face_is_not_written(save: Save) -> None:
    """The rows are of one place; the clip shows faces elsewhere."""
    video = save()
    with pytest.raises(FaceSeenError, match=r"talk\.mp4.*: a face that should be hidden is seen"):
        render(video, hide=("all",), verify=True, end=0.1)
    assert not [path for path in video.path.parent.iterdir() if "rendered" in path.name]
