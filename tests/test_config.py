"""Settings: where they come from, which wins, and what is said of wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from vidfx.config import Settings, load_settings
from vidfx.errors import UsageError


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
        ("[annotate]\nevery = 0\n", "every"),
        ("[annotate]\nvideo = 3\n", "video"),
        ("[annotate\n", "vidfx.toml"),
        ("[annotate]\nreader = 'vhs'\n", "reader"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, toml: str, names: str) -> None:
    (tmp_path / "vidfx.toml").write_text(toml)
    with pytest.raises(UsageError) as caught:
        load_settings({}, folder=tmp_path, environment={})
    assert names in str(caught.value) and "vidfx.toml" in str(caught.value)
    assert caught.value.hint and "\n" not in str(caught.value)


def test_a_wrong_variable_is_named() -> None:
    with pytest.raises(UsageError, match="VIDFX_CRF"):
        load_settings({}, folder=Path("/nowhere"), environment={"VIDFX_CRF": "best"})


def test_times_must_be_in_order() -> None:
    with pytest.raises(UsageError, match="not after"):
        Settings(start=5, end=5)


def test_the_work_is_the_same_whatever_the_threads() -> None:
    assert Settings(threads=1, overwrite=True).about_results() == Settings().about_results()
    assert Settings(every=2).about_results() != Settings().about_results()
