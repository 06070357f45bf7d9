"""A long video in segments side by side gives what it gives in one piece."""

# PyAV's stubs leave the parameters of some types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from benchmarks import clips
from tests.engine_files import constant_classifier
from tests.settled_frames import Sighting, observed
from tests.vidfx_command import results_in, vidfx
from tests.worker_faults import worker_faults
from vidfx.annotation.context import Context
from vidfx.annotation.models import Models
from vidfx.annotation.observations import BATCH, follow, load, save
from vidfx.annotation.segments import plan as segment_plan
from vidfx.annotation.segments.plan import plan_segments
from vidfx.annotation.video_work import VideoWork
from vidfx.config import Settings
from vidfx.jobs.plan import Job, Outputs
from vidfx.stages.observed import ObservedFaces, ObservedFrame
from vidfx.stages.tracking.track import Tracker
from vidfx.types import Frame, VideoInfo
from vidfx.video.container.cutting import split_at_key_frames
from vidfx.video.read.preflight import preflight
from vidfx.video.read.pyav_source import PyAVSource

SIZE = (480, 270)
FAST = ("-v", "--preset", "ultrafast", "--crf", "12")


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three shots with sound, key frames where no shot begins, and a frame rate that changes."""
    folder = tmp_path_factory.mktemp("long")
    even, path = folder / "even.mp4", folder / "long.mp4"
    often = {"g": "23", "sc_threshold": "0", "bf": "2"}
    clips.write_clip(even, clips.demo_frames(SIZE, seconds=12), SIZE, **often)
    with av.open(str(even)) as source, av.open(str(path), "w") as container:
        copies = {s.index: container.add_stream_from_template(s) for s in source.streams}
        for packet in source.demux():
            if packet.pts is None or packet.dts is None:
                continue
            if packet.stream.type == "video":
                packet.pts, packet.dts = slower(packet.pts), slower(packet.dts)
            packet.stream = copies[packet.stream.index]
            container.mux(packet)
    return path


def slower(ticks: int, after: int = 102_400) -> int:
    """A third slower after 200 frames."""
    return ticks if ticks < after else after + (ticks - after) * 4 // 3


def packets(path: Path, kind: str) -> list[tuple[Any, ...]]:
    """Times of all packets of one kind, in order of time; of sound also the bytes."""
    with av.open(str(path)) as container:
        stream = next(s for s in container.streams if s.type == kind)
        found = [p for p in container.demux(stream) if p.pts is not None]
        assert all(p.dts is not None and p.pts is not None and p.dts <= p.pts for p in found)
        return sorted((p.pts, bytes(p) if kind == "audio" else None) for p in found)


def rows(out: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(out.glob("*.csv"))}


CORRECTIONS = """track_id,from_s,to_s,action,value
900,3,,box,10 10 90 90
900,9,,box,200 100 280 180
"""


@pytest.mark.parametrize(
    ("window", "corrections"), [((), ""), (("--start", "2.05", "--end", "11"), CORRECTIONS)]
)
def test_what_comes_out_is_what_comes_out_of_the_whole(
    long: Path, tmp_path: Path, window: Sequence[str], corrections: str
) -> None:
    for count in (1, 4):
        (tmp_path / str(count)).mkdir()
        (tmp_path / str(count) / "long.mp4.corrections.csv").write_text(corrections)
        done = vidfx(
            "annotate", long, "-o", tmp_path / str(count), *FAST, *window, "--segments", count
        )
        assert done.exit_code == 0, done.stderr
    assert "in 4 segments" in done.stderr
    whole, cut_ = tmp_path / "1", tmp_path / "4"
    assert rows(cut_) == rows(whole)
    assert len(rows(whole)["long.mp4.faces.csv"].splitlines()) > 400
    assert results_in(cut_) == results_in(whole)
    for kind in ("video", "audio"):
        name = "long.mp4.annotated.mp4"
        assert packets(cut_ / name, kind) == packets(whole / name, kind)
    assert least_psnr(whole / "long.mp4.annotated.mp4", cut_ / "long.mp4.annotated.mp4") > 40
    told = [json.loads((out / "long.mp4.summary.json").read_text()) for out in (whole, cut_)]
    for name in ("counts", "tracks", "fingerprint", "models", "warnings", "outputs"):
        assert told[0][name] == told[1][name]
    assert told[0].get("corrections") == told[1].get("corrections")
    assert ("corrections" in told[1]) == bool(corrections)


def least_psnr(a: Path, b: Path) -> float:
    found: list[float] = []
    with av.open(str(a)) as first, av.open(str(b)) as second:
        for x, y in zip(first.decode(video=0), second.decode(video=0), strict=True):
            assert (x.pts, x.time_base) == (y.pts, y.time_base)
            error = x.to_ndarray().astype(np.float32) - y.to_ndarray()
            found.append(float(10 * np.log10(255**2 / max(float((error**2).mean()), 1e-6))))
    return min(found)


def test_rows_alone_in_segments(long: Path, tmp_path: Path) -> None:
    for count in (1, 3):
        options = ("--no-video", "--reader", "pyav", "--every", "1", "--segments", count)
        done = vidfx("annotate", long, "-o", tmp_path / str(count), *options)
        assert done.exit_code == 0, done.stderr
    assert rows(tmp_path / "3") == rows(tmp_path / "1")
    assert results_in(tmp_path / "3") == results_in(tmp_path / "1")


@pytest.mark.parametrize("drawing", [False, True])
def test_a_segment_whose_worker_dies_is_done_again(
    long: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drawing: bool
) -> None:
    assert vidfx("annotate", long, "-o", tmp_path / "calm", *FAST, "--end", 6).exit_code == 0
    mark = str(tmp_path / "died")
    fault = f"""
        import os
        from vidfx.annotation.drawing import annotated_video as film
        from vidfx.annotation.segments import task as segment
        def dying(whole):
            def do(*args, **more):
                made = whole(*args, **more)
                try:
                    os.close(os.open({mark!r}, os.O_CREAT | os.O_EXCL))
                except FileExistsError:
                    return made
                os.kill(os.getpid(), 9)
            return do
        if {drawing}:
            film.AnnotatedVideo.complete = dying(film.AnnotatedVideo.complete)
        else:
            segment.save = dying(segment.save)
    """
    worker_faults(monkeypatch, tmp_path, fault)
    done = vidfx("annotate", long, "-o", tmp_path / "out", *FAST, "--end", 6, "--segments", 2)
    assert done.exit_code == 0, done.stderr
    assert "SIGKILL" in done.stderr and "a segment of it is done again" in done.stderr
    assert rows(tmp_path / "out") == rows(tmp_path / "calm")
    assert results_in(tmp_path / "out") == results_in(tmp_path / "calm")


def test_a_segment_whose_worker_dies_again_and_again_fails_the_video(
    long: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = """
        import os
        from vidfx.annotation.segments import task as segment
        segment.save = lambda *_: os.kill(os.getpid(), 11)
    """
    worker_faults(monkeypatch, tmp_path, fault)
    done = vidfx("annotate", long, "-o", tmp_path / "out", *FAST, "--segments", 2, "--json")
    (result,) = json.loads(done.stdout)["results"]
    assert result["error"]["type"] == "CrashedError"
    assert "SIGSEGV" in result["error"]["message"]
    assert not results_in(tmp_path / "out")


def test_an_engine_without_valid_outputs_is_its_own_fault(long: Path, tmp_path: Path) -> None:
    probs = dict.fromkeys(("angry", "happy"), float("nan"))
    engine = constant_classifier(tmp_path, "void", "emotion", probs)
    options = ("--no-video", "--end", 6, "--segments", 2, "--emotion", engine, "--json")
    done = vidfx("annotate", long, "-o", tmp_path / "out", *options)
    (result,) = json.loads(done.stdout)["results"]
    assert result["error"]["type"] == "EngineFailedError"
    assert "void: none of its outputs are valid probabilities" in result["error"]["message"]
    assert done.exit_code == 4
    assert not results_in(tmp_path / "out")


def test_what_a_dead_run_left_of_segments_is_removed(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name in ("annotated.mp4.3.77777.part", "faces.csv.0.77777.part"):
        (out / f".{clip.name}.{name}").write_bytes(b"half")
    assert vidfx("annotate", clip, "-o", out, "--no-video", "--end", 0.3).exit_code == 0
    assert len(results_in(out)) == 4


@pytest.mark.parametrize("kind", ["one key frame", "avi", "pictures"])
def test_what_cannot_be_cut_is_done_in_one_piece(
    clip: Path, tmp_path: Path, kind: str, astronaut: np.ndarray
) -> None:
    source, why = clip, "no key frame to be cut at"
    window: tuple[object, ...] = ("--end", 0.4)
    if kind == "avi":
        source, why = tmp_path / "clip.avi", "no timestamps of its own"
        with av.open(str(source), "w") as container:
            stream = container.add_stream("mpeg4", rate=25)
            stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
            picture = np.ascontiguousarray(astronaut[:240, :320])
            for _ in range(10):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            container.mux(stream.encode())
    if kind == "pictures":
        source, why, window = tmp_path / "pictures", "a folder of pictures", ()
        source.mkdir()
        for number in (1, 2):
            cv2.imwrite(str(source / f"frame{number}.png"), astronaut[..., ::-1])
    options = ("-v", "--no-video", *window, "--segments", 2)
    done = vidfx("annotate", source, "-o", tmp_path / "out", *options)
    assert done.exit_code == 0, done.stderr
    assert "in one piece: " in done.stderr and why in done.stderr


def test_segments_meet_and_begin_with_key_frames(long: Path) -> None:
    info = preflight(long).info
    found, why = split_at_key_frames(info, 4, 1.0, 10.0, 0)
    assert not why and len(found) == 4
    assert found[0].first_s >= 1.0 and found[-1].end_s == found[-1].lookahead_s == 10.0
    for before, after in pairwise(found):
        assert before.end_s == after.first_s
        assert before.lookahead_s is not None and before.lookahead_s > after.first_s
        assert after.warmup_s <= after.first_s - 3 or after.warmup_s == found[0].first_s
    with PyAVSource(long) as source:
        whole = {f.index: info.seconds(f.pts) for f in source}
    for segment in found:
        assert info.seconds(segment.key_frame.pts) <= segment.first_s
        assert whole[segment.key_frame.index] == info.seconds(segment.key_frame.pts)
        for first, key_frame in (
            (segment.first_s, segment.key_frame),
            (segment.warmup_s, segment.warmup_key_frame),
        ):
            with PyAVSource(
                long, start_s=first, end_s=segment.end_s, key_frame=key_frame
            ) as source:
                read = {f.index: info.seconds(f.pts) for f in source}
            assert segment.end_s is not None
            assert read == {i: s for i, s in whole.items() if first <= s < segment.end_s}


@pytest.mark.parametrize(
    ("cores", "threads", "seconds", "memory", "count"),
    [
        (2, 0, 3600, 1 << 40, 1),
        (32, 0, 3600, 1 << 40, 7),
        (32, 4, 3600, 1 << 40, 1),
        (32, 0, 20, 1 << 40, 1),
        (32, 0, 3600, 4 << 30, 3),
    ],
)
def test_auto_is_as_many_as_pay(
    long: Path,
    monkeypatch: pytest.MonkeyPatch,
    cores: int,
    threads: int,
    seconds: float,
    memory: int,
    count: int,
) -> None:
    asked: list[int] = []

    def not_split(info: VideoInfo, wanted: int, *_: object) -> tuple[list[Any], str]:
        asked.append(wanted)
        return [], "this is a test"

    monkeypatch.setattr(segment_plan, "available_cores", lambda: cores)
    monkeypatch.setattr("vidfx.workers.memory.allowed", lambda *_: memory)
    monkeypatch.setattr(segment_plan, "split_at_key_frames", not_split)
    no_detector: Any = None
    models = Models(no_detector, 0.5, None, None, ())
    context = Context(Settings(threads=threads), None, models)
    size = {"width": 1920, "height": 1080, "n_frames": None}
    info = replace(preflight(long).info, duration_s=seconds, **size)  # type: ignore[arg-type]
    job = Job(long, Outputs.of(long.with_suffix("")))
    plan_segments(VideoWork(job, info, context, lambda _: None))
    assert asked == ([count] if count > 1 else [])


def test_observations_come_back_from_their_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)

    def sighting(left: float, emotion: np.ndarray | None = None) -> Sighting:
        box = np.array([left, 10, left + 40, 60])
        marks, quality = rng.random((5, 2)), (0.5, 0.25, 1.0)
        return Sighting(box, marks, score=0.9, quality=quality, emotion=emotion)

    frames = [
        ObservedFrame(
            Frame(i, 40 * i, np.empty(0)),
            i / 25,
            analysed=i % 2 == 0,
            cut=i == 5,
            checked=i % 3 == 0,
        )
        for i in range(2 * BATCH)
    ]
    faces: list[dict[int, Sighting]] = [{} for _ in frames]
    faces[0] = {4: sighting(10, rng.random(4))}
    faces[2] = {4: sighting(12), 9: sighting(200)}
    faces[BATCH + 2] = {7: sighting(14)}
    seen = [
        observed(frames[some], faces[some], emotions=4)
        for some in (slice(0, 3), slice(3, 100), slice(100, None))
    ]
    assert save(tmp_path / "seen", seen) == len(frames)
    again = list(follow(load(tmp_path / "seen"), Tracker(threshold=0.5)))
    for frame, other in zip(frames, (f for some in again for f in some.frames), strict=True):
        assert (frame.frame.index, frame.frame.pts) == (other.frame.index, other.frame.pts)
        assert (frame.time_s, frame.analysed, frame.cut, frame.checked) == (
            *(other.time_s, other.analysed, other.cut, other.checked),
        )
    assert np.concatenate([some.faces.track for some in again]).tolist() == [1, 1, 2, 3]
    for column in fields(ObservedFaces):
        before, after = (
            np.concatenate([getattr(some.faces, column.name) for some in part])
            for part in (seen, again)
        )
        assert before.dtype == after.dtype and before.shape == after.shape
        assert column.name == "track" or np.array_equal(
            before, after, equal_nan=before.dtype != bool
        )


def test_a_file_without_observations(tmp_path: Path) -> None:
    assert save(tmp_path / "seen", []) == 0
    assert list(load(tmp_path / "seen")) == []
    (tmp_path / "seen").write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="seen"):
        list(load(tmp_path / "seen"))
