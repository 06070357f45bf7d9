"""`vidfx annotate`, as it is typed: results, exit codes, and one line for every mistake."""

from __future__ import annotations

import json
import re
import signal
import time
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import av
import pytest

from tests.engine_files import constant_classifier
from tests.vidfx_command import (
    DEFAULT_SIGINT,
    read_csv,
    results_in,
    run,
    run_python,
    start,
    vidfx,
    vidfx_json,
)
from vidfx import schema
from vidfx.jobs.content import content_hash
from vidfx.schema import batch
from vidfx.schema.summaries import VIDEO, paths
from vidfx_engines.spec import EngineSpec, Thresholds

FAST = ["--emotion", "none", "--detector-size", "320", "--preset", "ultrafast"]


def leftovers(folder: Path) -> list[str]:
    return [p.name for p in folder.rglob("*") if p.name.endswith(".part")]


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("engines")
    emotion = {"angry": 0.1, "happy": 0.7, "neutral": 0.15, "sad": 0.05}
    made = {"emotion": constant_classifier(folder, "smiley", "emotion", emotion)}
    for name, prob in (("sure", 0.95), ("torn", 0.6), ("never", 0.1)):
        made[name] = constant_classifier(
            folder,
            name,
            "identity",
            {"other": 1 - prob, "Eileen": prob},
            Thresholds(0.8, 0.4, "a test"),
        )
    return made


@pytest.fixture(scope="module")
def results(clip: Path, engines: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("results")
    done = vidfx(
        "annotate",
        *(clip, "-o", out, "--emotion", engines["emotion"], "--recognition", engines["sure"]),
        *("--preset", "ultrafast", "--progress", "text"),
    )
    assert done.exit_code == 0, done.stderr
    return out


def test_all_results_are_there_and_whole(results: Path, clip: Path) -> None:
    names = sorted(results_in(results))
    assert names == [
        f"clip.mp4.{n}"
        for n in ("annotated.mp4", "faces.csv", "frames.csv", "summary.json", "unshown.csv")
    ]
    with av.open(str(results / "clip.mp4.annotated.mp4")) as video, av.open(str(clip)) as given:
        assert video.streams.video[0].codec_context.pix_fmt == "yuv420p"
        assert video.streams.audio[0].codec_context.name == "aac"
        pts = [float(f.time or 0) for f in video.decode(video=0)]
        expected = [float(f.time or 0) for f in given.decode(video=0)]
    assert pts == pytest.approx(expected, abs=1e-6)


def test_the_tables_over_all_videos_are_those_of_its_rows(results: Path) -> None:
    """Written at the end of the run, and the same by `vidfx tables`."""
    read = {name: read_csv(results / "tables" / f"{name}.csv") for name in batch.tables()}
    faces = read_csv(results / "clip.mp4.faces.csv")
    assert [video["status"] for video in read["videos"]] == ["done"]
    assert {t["track_id"]: int(t["frames"]) for t in read["tracks"]} == Counter(
        row["track_id"] for row in faces
    )
    for track in read["tracks"]:
        own = [float(row["p_happy"]) for row in faces if row["track_id"] == track["track_id"]]
        assert float(track["mean_happy"]) == pytest.approx(sum(own) / len(own), abs=1e-3)
    spans = [(a["track_id"], float(a["to_s"]) - float(a["from_s"])) for a in read["appearances"]]
    shown = {t["track_id"]: float(t["shown_s"]) for t in read["tracks"]}
    assert shown == pytest.approx({t: sum(s for n, s in spans if n == t) for t in shown})
    before = {path: path.read_bytes() for path in (results / "tables").glob("*.csv")}
    done = vidfx("tables", results)
    assert done.exit_code == 0 and "tracks.csv" in done.stdout
    assert {path: path.read_bytes() for path in before} == before


def test_moments_are_cut_out_of_the_input(results: Path, tmp_path: Path) -> None:
    out = tmp_path / "clips"
    where = "identity == 'Eileen' and emotion == 'happy' and time_s < 0.5"
    done = vidfx_json("clips", results, "--where", where, "--margin", "0.1", "-o", out)
    (row,) = read_csv(out / "clips.csv")
    assert done["results"][0]["counts"] == {"clips": 1}
    assert (row["identities"], row["expressions"]) == ("Eileen", "happy")
    assert (out / row["clip"]).stat().st_size > 1000 and float(row["begins_s"]) == 0.0
    wrong = vidfx("clips", results, "--where", "identity = 'Eileen'", "-o", tmp_path / "none")
    assert wrong.exit_code == 2 and "character 10: invalid syntax" in wrong.stderr
    assert not (tmp_path / "none").exists()


def test_rows_agree_with_the_columns_and_each_other(results: Path) -> None:
    faces, frames = (
        read_csv(results / "clip.mp4.faces.csv"),
        read_csv(results / "clip.mp4.frames.csv"),
    )
    assert list(faces[0]) == [c.name for c in schema.faces_columns()]
    assert list(frames[0]) == [c.name for c in schema.frames_columns()]
    assert [int(f["frame"]) for f in frames] == list(range(60))
    assert [int(f["frame"]) for f in frames if f["cut"] == "1"] == [20, 40]
    for frame in frames:
        rows = [f for f in faces if f["frame"] == frame["frame"]]
        assert len(rows) == int(frame["faces"])
        assert len({r["track_id"] for r in rows}) == len(rows)
    assert {f["faces"] for f in frames[21:39]} == {"1"}
    assert frames[57]["faces"] == "6"
    order = [(int(f["frame"]), int(f["track_id"])) for f in faces]
    assert order == sorted(order)
    for row in faces:
        assert row["identity"] == "Eileen"
        assert row["emotion"] == ("" if row["emotion_reason"] else "happy")
        assert row["emotion_reason"] in ("", "low_quality")
        probs = [float(row[f"p_{label}"]) for label in schema.DEFAULT_EMOTIONS]
        assert sum(probs) == pytest.approx(1, abs=1e-3)
        assert row["source"] in ("detected", "tracked", "interpolated")
        assert not (row["raw_emotion"] and row["source"] == "interpolated")
    for track in {row["track_id"] for row in faces}:  # read on a budget, but never not at all
        read = [r for r in faces if r["track_id"] == track and r["raw_emotion"]]
        assert read
    assert {f["target_present"] for f in frames if f["faces"] != "0"} == {"1"}
    assert {f["dominant_emotion"] for f in frames if f["faces"] != "0"} == {"happy"}


def test_every_field_of_the_summary_is_documented(results: Path) -> None:
    summary = json.loads((results / "clip.mp4.summary.json").read_text())
    known = [re.escape(field.path).replace(r"\*", ".+") for field in VIDEO]
    for path in set(paths(summary)):
        is_empty = any(field.path == f"{path}.*" for field in VIDEO)
        fits = is_empty or any(re.fullmatch(one, path) for one in known)
        assert fits, f"{path}: add it to vidfx/schema/summaries.py"


def test_the_summary_says_how_it_was_done(results: Path, clip: Path) -> None:
    summary = json.loads((results / "clip.mp4.summary.json").read_text())
    assert summary["schema"] == schema.SUMMARY_SCHEMA
    for kind, types in summary["columns"].items():
        assert list(types) == list(read_csv(results / f"clip.mp4.{kind}.csv")[0])
    assert summary["counts"]["frames"] == 60 and summary["counts"]["cuts"] == 2
    made, source = summary["made"], summary["input"]
    assert datetime.fromisoformat(made["at"]).utcoffset() == timedelta(0)
    assert made["command"].startswith("vidfx") and made["processor"]
    assert source["absolute_path"] == str(clip.absolute())
    assert source["content_hash"]["hex"] == content_hash([clip])
    assert {"vidfx", "python", "ffmpeg", "openvino"} <= set(summary["versions"])
    assert summary["clock"]["annotated_video_begins_at_s"] == 0
    assert summary["input"]["reader"] == "pyav" and summary["input"]["reader_why"]
    tasks = {m["task"]: m for m in summary["models"]}
    assert set(tasks) == {"detection", "check", "identity", "emotion"}
    for model in tasks.values():
        assert len(model["sha256"]) == 64 and model["licence"] and model["why"]
    limits = tasks["emotion"]["limits"]  # of an engine that states no probability
    assert (limits["min_confidence"], limits["min_quality"]) == (0.5, 0.05)
    assert set(summary["seconds"]["by_stage"]) >= {"decode", "detect", "draw", "encode"}
    for track in summary["tracks"]:
        assert track["identity"] == "Eileen" and track["emotion_share"] == {"happy": 1.0}
        assert 0 <= track["first_s"] <= track["last_s"]


@pytest.mark.parametrize(("engine", "expected"), [("torn", "unknown"), ("never", "other")])
def test_identity_band(
    clip: Path, engines: dict[str, Path], tmp_path: Path, engine: str, expected: str
) -> None:
    done = vidfx(
        "annotate",
        *(clip, "-o", tmp_path, "--recognition", engines[engine], "--no-video", *FAST),
        *("--end", "0.5"),
    )
    assert done.exit_code == 0, done.stderr
    assert {r["identity"] for r in read_csv(tmp_path / "clip.mp4.faces.csv")} == {expected}
    assert {r["target_present"] for r in read_csv(tmp_path / "clip.mp4.frames.csv")} == {"0"}


def test_every_third_frame_is_filled_from_both_sides(clip: Path, tmp_path: Path) -> None:
    args = ("--no-video", "--emotion", "none", "--detector", "centerface")  # sure of cut-off faces
    assert vidfx("annotate", clip, "-o", tmp_path / "1", *args, "--every", 1).exit_code == 0
    assert vidfx("annotate", clip, "-o", tmp_path / "3", *args, "--every", 3).exit_code == 0
    dense, sparse = (read_csv(tmp_path / n / "clip.mp4.frames.csv") for n in "13")
    assert [f["faces"] for f in sparse[41:59]] == [f["faces"] for f in dense[41:59]]
    looked = [int(f["frame"]) for f in sparse if f["detected"] == "1"]
    edges = {0, 19, 20, 39, 40, 59}
    assert looked == sorted({*range(0, 60, 3)} | edges)
    rows = read_csv(tmp_path / "3" / "clip.mp4.faces.csv")
    for row in rows:
        assert row["source"] == "interpolated" or int(row["frame"]) in looked


def test_a_window_of_time(clip: Path, tmp_path: Path) -> None:
    done = vidfx("annotate", clip, "-o", tmp_path, *FAST, "--start", "0:00.5", "--end", "1")
    assert done.exit_code == 0, done.stderr
    frames = read_csv(tmp_path / "clip.mp4.frames.csv")
    assert [int(f["frame"]) for f in frames] == list(range(15, 30))
    summary = json.loads((tmp_path / "clip.mp4.summary.json").read_text())
    assert summary["clock"]["annotated_video_begins_at_s"] == float(frames[0]["time_s"])
    with av.open(str(tmp_path / "clip.mp4.annotated.mp4")) as video:
        assert sum(1 for _ in video.decode(video=0)) == 15


def test_again_is_skipped_other_settings_are_refused_overwrite_does_it(
    clip: Path, tmp_path: Path
) -> None:
    args = (clip, "-o", tmp_path, "--no-video", *FAST, "--end", "0.2")
    assert vidfx("annotate", *args).exit_code == 0
    before = (tmp_path / "clip.mp4.summary.json").stat().st_mtime_ns
    again = vidfx("annotate", *args)
    assert again.exit_code == 0 and "skipped" in again.stderr
    other = vidfx("annotate", *args, "--every", 2)
    assert other.exit_code == 1 and "exists already" in other.stderr
    assert (tmp_path / "clip.mp4.summary.json").stat().st_mtime_ns == before
    assert vidfx("annotate", *args, "--every", 2, "--overwrite").exit_code == 0
    assert (tmp_path / "clip.mp4.summary.json").stat().st_mtime_ns > before


def test_another_threshold_or_label_is_other_work(clip: Path, tmp_path: Path) -> None:
    probs = {"other": 0.3, "Ana": 0.7}
    engine = constant_classifier(tmp_path, "ana", "identity", probs, Thresholds(0.6, 0.2, "a test"))
    spec = EngineSpec.load(engine)
    args = (clip, "--recognition", engine, "--no-video", *FAST, "--end", "0.2", "-o")
    out = tmp_path / "out"
    assert vidfx("annotate", *args, out).exit_code == 0
    assert {row["identity"] for row in read_csv(out / "clip.mp4.faces.csv")} == {"Ana"}
    for number, now in enumerate(
        (
            replace(spec, thresholds=Thresholds(0.9, 0.2, "a test")),
            replace(spec, labels=("other", "Bea")),
        )
    ):
        now.save(tmp_path)
        again = vidfx("annotate", *args, out)
        assert again.exit_code == 1 and "from other models" in again.stderr
        new = tmp_path / str(number)
        assert vidfx("annotate", *args, new).exit_code == 0
        named = {row["identity"] for row in read_csv(new / "clip.mp4.faces.csv")}
        assert named == ({"unknown"}, {"Bea"})[number]


def test_an_expression_below_the_threshold_is_empty(
    clip: Path, engines: dict[str, Path], tmp_path: Path
) -> None:
    """The engine says happy with 0.7; its copy has a threshold of its own."""
    spec = EngineSpec.load(engines["emotion"])
    careful = tmp_path / "smiley.onnx"
    careful.write_bytes(engines["emotion"].read_bytes())
    replace(spec, min_prob=0.8).save(tmp_path)
    for number, (engine, asked, used) in enumerate(
        (
            (engines["emotion"], ["--min-confidence", 0.75], 0.75),
            (careful, [], 0.8),
            (careful, ["--min-confidence", 0], 0.0),
        )
    ):
        out = tmp_path / str(number)
        done = vidfx(
            "annotate", clip, "-o", out, *FAST, "--end", "0.2", "--emotion", engine, *asked
        )
        assert done.exit_code == 0, done.stderr
        shown = "" if used else "happy"
        for row in read_csv(out / "clip.mp4.faces.csv"):
            assert row["emotion"] == shown and row["raw_emotion"] in ("happy", "")
            assert row["emotion_prob"] == row["p_happy"] == "0.7000"
        assert {f["dominant_emotion"] for f in read_csv(out / "clip.mp4.frames.csv")} == {shown}
        summary = json.loads((out / "clip.mp4.summary.json").read_text())
        assert summary["models"][2]["limits"]["min_confidence"] == used
        shares = [track["emotion_share"] for track in summary["tracks"]]
        assert all(share == ({shown: 1.0} if shown else {}) for share in shares)


def test_columns_and_messages_follow_the_labels_of_the_engine(clip: Path, tmp_path: Path) -> None:
    labels = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
    probs = dict.fromkeys(labels, 0.05) | {"happiness": 0.65}
    engine = constant_classifier(tmp_path, "eight", "emotion", probs)
    (tmp_path / "mine.toml").write_text('happy = "Yes"\nsurprise = "Oh"\n')
    args = (clip, "-o", tmp_path, *FAST, "--end", "0.2", "--emotion", engine)
    done = vidfx("annotate", *args, "--messages", tmp_path / "mine.toml")
    assert done.exit_code == 0, done.stderr
    rows = read_csv(tmp_path / "clip.mp4.faces.csv")
    assert list(rows[0]) == [c.name for c in schema.faces_columns(labels)]
    assert {row["emotion"] for row in rows} == {"happiness"}
    summary = json.loads((tmp_path / "clip.mp4.summary.json").read_text())
    assert {str(t["emotion_share"]) for t in summary["tracks"]} == {"{'happiness': 1.0}"}
    messages = summary["fingerprint"]["messages"]
    assert (messages["happiness"], messages["surprise"], len(messages)) == ("Yes", "Oh", 5)


def test_an_engine_that_gives_nan_is_an_error_of_one_line(clip: Path, tmp_path: Path) -> None:
    probs = dict.fromkeys(("angry", "happy"), float("nan"))
    engine = constant_classifier(tmp_path, "void", "emotion", probs)
    out = tmp_path / "out"
    done = vidfx(
        "annotate", clip, "-o", out, "--no-video", "--end", "0.5", *FAST, "--emotion", engine
    )
    assert done.exit_code != 0
    assert "void: none of its outputs are valid probabilities" in done.stderr
    assert not list(out.glob("*.csv")) and not leftovers(out)


def test_json_is_one_object_on_stdout(clip: Path, tmp_path: Path) -> None:
    args = (clip, tmp_path / "no.mp4", "-o", tmp_path, "--no-video", *FAST, "--end", "0.2")
    done = vidfx("annotate", *args, "--json")
    content = json.loads(done.stdout)
    assert done.exit_code == content["exit_code"] == 1
    states = {Path(r["input"]).name: r for r in content["results"]}
    assert states["clip.mp4"]["status"] == "done" and states["clip.mp4"]["counts"]["frames"] == 6
    assert states["no.mp4"]["status"] == "failed" and states["no.mp4"]["error"]["hint"]


def test_dry_run_does_nothing(clip: Path, tmp_path: Path) -> None:
    done = vidfx("annotate", clip, "-o", tmp_path / "out", "--dry-run")
    assert done.exit_code == 0 and "clip.mp4.annotated.mp4" in done.stdout
    assert f"{clip}: 2 s, 480x270 -> " in done.stdout
    assert "1 to annotate, 2 s of video: " in done.stdout
    assert not (tmp_path / "out").exists()


def test_a_dry_run_says_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    done = vidfx("annotate", tmp_path, "-o", tmp_path / "out", "--dry-run")
    assert done.exit_code == 3 and "broken.mp4" in done.stderr


def test_progress_as_json_lines(clip: Path, tmp_path: Path) -> None:
    args = (clip, "-o", tmp_path, "--no-video", *FAST, "--end", "0.2")
    done = vidfx("annotate", *args, "--progress", "jsonl")
    events: list[dict[str, Any]] = [json.loads(line) for line in done.stderr.splitlines()]
    assert [e["event"] for e in events if e["event"] in ("started", "done")] == ["started", "done"]


def test_quiet_says_nothing(clip: Path, tmp_path: Path) -> None:
    done = vidfx("annotate", clip, "-o", tmp_path, "--no-video", *FAST, "--end", "0.2", "--quiet")
    assert done.exit_code == 0 and done.output == ""


def bad_inputs(folder: Path, clip: Path) -> dict[str, Path]:
    whole = clip.read_bytes()
    files = {
        "empty.mp4": b"",
        "text.mp4": b"this is no video\n" * 99,
        "head.mp4": whole[:2000],
        "zeros.mkv": bytes(5000),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    (folder / "nothing").mkdir()
    names = [*files, "nothing", "missing.mp4"]
    return {name: folder / name for name in names}


def test_bad_inputs_cost_one_line_each_and_nothing_else(clip: Path, tmp_path: Path) -> None:
    bad = bad_inputs(tmp_path, clip)
    out = tmp_path / "out"
    done = vidfx(
        "annotate", *bad.values(), clip, "-o", out, *FAST, "--end", "0.2", "--progress", "none"
    )
    assert done.exit_code == 1
    lines = done.stderr.splitlines()
    for name in bad:
        (line,) = [text for text in lines if f"/{name}:" in text]
        assert line.startswith("vidfx: ") and line.endswith(")")
    assert len(lines) == len(bad) and "Traceback" not in done.stderr
    assert len(results_in(out)) == 5 and not leftovers(out)


def test_nothing_readable_is_code_3(clip: Path, tmp_path: Path) -> None:
    bad = bad_inputs(tmp_path, clip)
    assert vidfx("annotate", *bad.values(), "-o", tmp_path / "out", *FAST).exit_code == 3


@pytest.mark.parametrize(
    ("args", "code", "names"),
    [
        (["--every", "101"], 2, "every"),
        (["--crf", "99"], 2, "crf"),
        (["--start", "soon"], 2, "--start"),
        (["--start", "3", "--end", "2"], 2, "end"),
        (["--reader", "vhs"], 2, "reader"),
        (["--progress", "loud"], 2, "--progress"),
        (["--messages", "no.toml"], 2, "no.toml"),
        (["--backend", "abacus"], 4, "abacus"),
        (["--device", "cuda"], 4, "cuda"),
        (["--emotion", "no.onnx"], 4, "no.onnx"),
        (["--detector", "no.onnx"], 4, "no.onnx"),
        (["--nonsense"], 2, "--nonsense"),
    ],
)
def test_usage_and_availability(
    clip: Path, engines: dict[str, Path], tmp_path: Path, args: list[str], code: int, names: str
) -> None:
    emotion = [] if "--emotion" in args else ["--emotion", engines["emotion"]]
    done = vidfx("annotate", clip, "-o", tmp_path / "out", "--progress", "none", *emotion, *args)
    assert done.exit_code == code, done.output
    assert names in done.output and "Traceback" not in done.output
    assert not (tmp_path / "out").exists()


def test_wrong_kind_of_engine(clip: Path, engines: dict[str, Path], tmp_path: Path) -> None:
    done = vidfx("annotate", clip, "-o", tmp_path, "--emotion", engines["sure"])
    assert done.exit_code == 2 and "identity" in done.stderr


def test_an_output_folder_that_cannot_be_made(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = vidfx("annotate", clip, "-o", tmp_path / "file" / "out", *FAST, "--end", "0.2")
    assert done.exit_code == 1 and "file" in done.stderr and "Traceback" not in done.stderr


def test_a_full_disk_costs_one_line_and_leaves_nothing(clip: Path, tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: the video does not fit, the CSVs do."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, 90_000))"
    done = run("annotate", clip, "-o", tmp_path, *FAST, "--progress", "none", first=limit)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "cannot write" in line and "File too large" in line
    assert not results_in(tmp_path)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_cleanly(clip: Path, tmp_path: Path, how: signal.Signals) -> None:
    process = start(
        *("annotate", clip, "-o", tmp_path, "--emotion", "none", "--detector-size", "2048"),
        *("--detector", "centerface", "--progress", "jsonl"),
        first=DEFAULT_SIGINT,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if json.loads(line)["event"] == "started":
            break
    time.sleep(0.3)
    process.send_signal(how)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in rest and "Traceback" not in rest
    assert not results_in(tmp_path)


def test_annotate_imports_no_torch(clip: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from vidfx.cli.app import app\n"
        "try: app(sys.argv[1:])\n"
        "except SystemExit as end: assert end.code == 0, end.code\n"
        "heavy = {'torch', 'torchvision', 'insightface', 'scipy', 'skimage'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    args = ["annotate", clip, "-o", tmp_path, *FAST, "--end", "0.2", "--reader", "pyav"]
    done = run_python(code, *args)
    assert done.returncode == 0, done.stderr
