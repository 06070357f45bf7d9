"""Settings: where they come from, which wins, and the errors of wrong ones."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import pytest

from vidfx.config import SETTINGS, Settings
from vidfx.errors import UsageError
from vidfx.load_settings import load_settings
from vidfx.notation import seconds


def names(decides: str) -> list[str]:
    return [name for name, setting in SETTINGS.items() if setting.option.decides == decides]


def test_later_sources_win(tmp_path: Path) -> None:
    (tmp_path / "vidfx.toml").write_text('[annotate]\nevery = 2\ncrf = 20\nemotion = "none"\n')
    settings = load_settings(
        {"crf": 30}, folder=tmp_path, environment={"VIDFX_EVERY": "3", "VIDFX_VIDEO": "false"}
    )
    assert (settings.every, settings.crf, settings.emotion, settings.video) == (
        3,
        30,
        "none",
        False,
    )


def test_defaults_need_nothing(tmp_path: Path) -> None:
    assert load_settings({}, folder=tmp_path, environment={"VIDFX_TEST_DATA": "x"}) == Settings()


@pytest.mark.parametrize(
    ("toml", "names"),
    [
        ("[annotate]\nevry = 2\n", "evry"),
        ("[annotate]\nevery = 'two'\n", "every"),
        ("[annotate]\nevery = -1\n", "every"),
        ("[annotate]\nvideo = 3\n", "video"),
        ("[annotate\n", "vidfx.toml"),
        ("[anotate]\nevery = 2\n", "anotate"),
        ("every = 2\n", "every"),
        ("annotate = 3\n", "annotate"),
        ("[[annotate]]\nevery = 3\n", "annotate"),
        ("[annotate]\nevery = 2.7\n", "every"),
        ("[annotate]\nevery = true\n", "every"),
        ("[annotate]\nevery = 101\n", "every"),
        (f"[annotate]\nevery = 1{'0' * 400}\n", "every"),
        (f"[annotate]\nevery = 1{'0' * 5000}\n", "vidfx.toml"),
        ("[annotate]\nevery = [1]\n", "every"),
        (f"[annotate]\nevery = 0x{'f' * 6000}\n", "every"),
        (f"[annotate]\nemotion = 0x{'f' * 6000}\n", "emotion"),
        (f"[annotate]\nstart = 0x{'f' * 6000}\n", "start"),
        (f"[annotate]\nmessages = [0x{'f' * 6000}]\n", "messages"),
        (f"[annotate]\ncrf = {'[' * 5000}{']' * 5000}\n", "vidfx.toml"),
        (f"[annotate]\nreader = '{'x' * 5000}'\n", "reader"),
        ("[annotate]\npreset = 'fastest'\n", "preset"),
        (f"# {'x' * (1 << 20)}\n", "larger than 1 MB"),
        ("[annotate]\nexecutor = 'ray'\n", "--executor"),
        ("[annotate]\naddress = '127.0.0.1:1'\n", "VIDFX_ADDRESS"),
        ("[annotate]\noverwrite = true\n", "overwrite"),
        ("[annotate]\nmax_memory = 1\n", "--max-memory"),
        ("[annotate]\ndetector_threshold = nan\n", "detector_threshold"),
        ("[annotate]\nmin_confidence = 1.1\n", "min_confidence"),
        ("[annotate]\nmin_confidence = 'high'\n", "min_confidence"),
        ("[annotate]\nmessages = ''\n", "messages"),
        ("[annotate]\nmessages = ' '\n", "messages"),
        ("[annotate]\nmessages = 3\n", "messages"),
        ("[annotate]\nend = inf\n", "end"),
        ("[annotate]\nstart = nan\n", "start"),
        ("[annotate]\nstart = -1\n", "start"),
        ("[annotate]\nstart = true\n", "start"),
        ("[annotate]\nend = 1e300\n", "end"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, toml: str, names: str) -> None:
    (tmp_path / "vidfx.toml").write_text(toml)
    with pytest.raises(UsageError) as caught:
        load_settings({}, folder=tmp_path, environment={})
    told = f"{caught.value} {caught.value.hint}"
    assert names in told and "vidfx.toml" in str(caught.value)
    assert caught.value.hint and "\n" not in str(caught.value) and len(told) < 600


def test_a_file_that_is_a_pipe_is_refused_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "vidfx.toml")
    with pytest.raises(UsageError, match="not a regular file"):
        load_settings({}, folder=tmp_path, environment={})


def test_settings_of_results_may_be_in_a_file_and_those_of_a_run_may_not(
    tmp_path: Path,
) -> None:
    values = dict.fromkeys(names("files"), "none") | dict.fromkeys(names("rounding"), "auto")
    lines = [f'{name} = "{value}"' for name, value in values.items()]
    (tmp_path / "vidfx.toml").write_text("\n".join(["[annotate]", *lines, "video = false"]))
    settings = load_settings({}, folder=tmp_path, environment={"VIDFX_JOBS": "2"})
    assert (settings.detector, settings.video, settings.jobs) == ("none", False, 2)
    for name in names("run"):
        (tmp_path / "vidfx.toml").write_text(f"[annotate]\n{name} = 1\n")
        with pytest.raises(UsageError, match=f"{name} cannot be set in a file"):
            load_settings({}, folder=tmp_path, environment={})


@pytest.mark.parametrize(
    ("value", "jobs"),
    [("auto", 0), ("3", 3), ("0", None), ("x", None), ("1e2", None), ("9" * 5000, None)],
)
def test_a_count_may_be_auto(value: str, jobs: int | None) -> None:
    given: dict[str, Any] = {"folder": Path("/nowhere"), "environment": {"VIDFX_JOBS": value}}
    if jobs is not None:
        assert load_settings({}, **given).jobs == jobs
        return
    with pytest.raises(UsageError, match="VIDFX_JOBS: a whole number above 0 or auto is needed"):
        load_settings({}, **given)


def test_a_variable_that_is_no_setting_is_an_error() -> None:
    with pytest.raises(UsageError, match="VIDFX_EVRY: 'evry' is not a setting"):
        load_settings({}, folder=Path("/nowhere"), environment={"VIDFX_EVRY": "3"})


def test_a_wrong_variable_is_named() -> None:
    with pytest.raises(UsageError, match="VIDFX_CRF"):
        load_settings({}, folder=Path("/nowhere"), environment={"VIDFX_CRF": "best"})


@pytest.mark.parametrize(
    "value", ["inf", "nan", "-1", "1e999", "soon", "1:2:3:4", "9" * 400 + ":00:00"]
)
def test_what_is_no_time_is_refused(value: str) -> None:
    with pytest.raises(UsageError, match="VIDFX_END"):
        load_settings({}, folder=Path("/nowhere"), environment={"VIDFX_END": value})
    with pytest.raises(UsageError, match="--end"):
        load_settings({"end": value}, folder=Path("/nowhere"), environment={})


@pytest.mark.parametrize("end", [math.inf, math.nan, -1.0])
def test_no_setting_is_infinite(end: float) -> None:
    with pytest.raises(UsageError, match="end"):
        Settings(end=end)
    with pytest.raises(UsageError, match="start"):
        Settings(start=end)


@pytest.mark.parametrize(
    ("toml", "typed", "expected"),
    [
        ("90", "90", 90),
        ("1.5", "1.5", 1.5),
        ("'1:30'", "1:30", 90),
        ("01:00:01.5", "1:00:01.5", 3601.5),
    ],
)
def test_times_are_understood_alike(tmp_path: Path, toml: str, typed: str, expected: float) -> None:
    (tmp_path / "vidfx.toml").write_text(f"[annotate]\nstart = {toml}\n")
    assert load_settings({}, folder=tmp_path, environment={}).start == expected
    nowhere = Path("/nowhere")
    assert load_settings({}, folder=nowhere, environment={"VIDFX_START": typed}).start == expected
    assert load_settings({"start": typed}, folder=nowhere, environment={}).start == expected
    assert seconds(typed) == expected


def test_only_the_merged_settings_must_agree(tmp_path: Path) -> None:
    (tmp_path / "vidfx.toml").write_text("[annotate]\nstart = 1\nend = 3\n")
    late = {"VIDFX_START": "4", "VIDFX_END": "5"}
    settings = load_settings({}, folder=tmp_path, environment=late)
    assert (settings.start, settings.end) == (4, 5)
    with pytest.raises(UsageError, match=r"VIDFX_START, .*vidfx\.toml: end: the end, 3 s, is not"):
        load_settings({}, folder=tmp_path, environment={"VIDFX_START": "4"})
    with pytest.raises(
        UsageError, match=r"^--every: a whole number from 0 to 100 is needed, not -1"
    ):
        load_settings({"every": -1}, folder=tmp_path, environment={})


def test_times_must_be_in_order() -> None:
    with pytest.raises(UsageError, match="not after"):
        Settings(start=5, end=5)


def test_the_work_is_the_same_whatever_the_threads() -> None:
    assert Settings(threads=1, overwrite=True).about_results() == Settings().about_results()
    assert Settings(every=2).about_results() != Settings().about_results()


def test_the_work_is_the_same_however_it_is_named(tmp_path: Path) -> None:
    def about(**given: Any) -> dict[str, Any]:
        return Settings(**given).about_results()

    assert about(recognition="runs/ana") == about(recognition="./runs/ana")
    assert about(device="cpu", backend="openvino", start=0.0) == about()
    assert about(video=False, crf=30) == about(video=False) != about()
    assert about(crf=30) != about()


def test_a_settings_file_that_is_a_link_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "vidfx.toml").symlink_to(tmp_path / "gone.toml")
    with pytest.raises(UsageError, match="a link to a missing file"):
        load_settings({}, folder=tmp_path, environment={})
