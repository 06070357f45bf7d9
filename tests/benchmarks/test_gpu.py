"""The benchmark of a GPU: its order, comparisons and checks, with fakes in place of a GPU."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.gpu import equal_rows, figures
from benchmarks.gpu.__main__ import count, repeat, why_no_gpu
from benchmarks.gpu.figures import Line, Missing, as_json, as_table, lines, measure


class Fake:
    """Figures of an imagined machine; ONNX Runtime is not installed there."""

    def nvdec(self, streams: int) -> float:
        return 600.0 * streams

    def annotate(self, *options: str) -> float:
        if "onnxruntime" in options:
            raise Missing("onnxruntime-gpu is not installed")
        speed = 540.0 if "cuda" in options else 270.0
        return speed if "--no-video" in options else speed / 2

    def annotate_eight(self) -> float:
        return 1800.0

    def decode(self) -> float:
        return 2000.0

    def transcode(self) -> float:
        raise RuntimeError("no ffmpeg")

    def first_row(self, *options: str) -> float:
        if "onnxruntime" in options:
            raise Missing("onnxruntime-gpu is not installed")
        return 3.5


def line(made: list[Line], name: str, reference: str = "") -> Line:
    return next(m for m in made if (m.name, m.compared_with) == (name, reference))


def test_every_figure_is_compared_with_its_limit_and_its_target() -> None:
    made = lines(dict(measure(Fake(), 100)))
    one = line(made, figures.ONE, figures.NVDEC)
    assert (one.value, one.ratio, one.target, one.met) == (540.0, 0.9, 0.85, True)
    against_cpu = line(made, figures.ONE, figures.CPU)
    assert (against_cpu.ratio, against_cpu.target, against_cpu.met) == (2.0, 3.0, False)
    eight = line(made, figures.EIGHT, figures.NVDEC_4)
    assert (eight.ratio, eight.met) == (0.75, False)
    first = line(made, figures.FIRST_ROW)
    assert (first.value, first.unit, first.target, first.met) == (3.5, "s", 4.0, True)
    assert line(made, figures.VIDEO, figures.CPU_VIDEO).ratio == 2.0
    assert {m.name for m in made} == set(figures.PLAN)


def test_what_cannot_be_measured_is_in_the_table_with_the_reason() -> None:
    made = lines(dict(measure(Fake(), 100)))
    broken = line(made, figures.TRANSCODE)
    assert broken.value is None and broken.why_not == "not measured: RuntimeError: no ffmpeg"
    missing = line(made, figures.ONNXRUNTIME)
    assert missing.value is None and "onnxruntime-gpu is not installed" in missing.why_not
    assert line(made, figures.ONE, figures.ONNXRUNTIME).ratio is None
    text = as_table(made)
    assert "onnxruntime-gpu is not installed" in text and "| 0.85 | yes |" in text
    content = json.loads(as_json(made, {"gpu": "NVIDIA X"}, "equal"))
    assert content["machine"] == {"gpu": "NVIDIA X"} and content["rows"] == "equal"
    assert len(content["lines"]) == len(made)


def test_no_figure_is_begun_after_the_time_is_over() -> None:
    now = iter(range(0, 1000, 40))
    values = [value for _, value in measure(Fake(), 100, clock=lambda: next(now))]
    assert values[:2] == [600.0, 540.0]
    assert values[2:] == ["not measured: the 100 s are over"] * (len(values) - 2)


def row(frame: int, x: float = 1.0, emotion: str = "happy") -> dict[str, str]:
    return {"frame": str(frame), "track_id": "1", "x1_px": str(x), "emotion": emotion}


def test_rows_are_compared_before_anything_is_measured() -> None:
    rows = [row(i) for i in range(100)]
    assert equal_rows.differences(rows, rows) == []
    assert equal_rows.differences(rows, [row(i, 1.5) for i in range(99)]) == []
    assert equal_rows.differences([], rows) == ["the CPU finds no face"]
    assert len(equal_rows.differences(rows, rows[:90])) == 2
    assert "2.0 px" in equal_rows.differences(rows, [row(i, 3.0) for i in range(100)])[0]
    assert "0%" in equal_rows.differences(rows, [row(i, 1.0, "sad") for i in range(100)])[0]


def test_a_clip_is_repeated_without_encoding(clip: Path, tmp_path: Path) -> None:
    repeat(clip, tmp_path / "long.mp4", 3)
    assert count(tmp_path / "long.mp4") == 3 * count(clip)


@pytest.mark.skipif(why_no_gpu() is None, reason="there is a GPU")
def test_without_a_gpu_it_ends_with_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "gpu"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("benchmarks: nothing was measured: ")
    assert len(done.stderr.splitlines()) == 1
