"""The source of saved rows: where it is found, and what is not taken for it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.render.conftest import Save
from vidfx.errors import InputError, OtherInputError
from vidfx.render.source import find_source
from vidfx.saved.runs import load_video


def test_where_it_was_also_with_a_new_date(save: Save, source: Path) -> None:
    video = save()
    os.utime(source, (1, 1))
    assert find_source(video, None) == source


def test_moved_together_with_the_results(save: Save, source: Path, tmp_path: Path) -> None:
    video = save()
    moved = tmp_path / "archive"
    moved.mkdir()
    for folder in ("recordings", "results"):
        (tmp_path / folder).rename(moved / folder)
    video = load_video(moved / video.path.relative_to(tmp_path))
    assert find_source(video, None) == moved / source.relative_to(tmp_path)


@pytest.mark.parametrize("below", ["", "day"])
def test_in_the_folder_that_is_named(below: str, save: Save, source: Path, tmp_path: Path) -> None:
    video, folder = save(), tmp_path / "elsewhere"
    (folder / below).mkdir(parents=True)
    shutil.move(source, folder / below)
    assert find_source(video, folder) == folder / below / "talk.mp4"
    with pytest.raises(
        InputError, match=r"summary\.json: its source video is missing: .*talk\.mp4"
    ):
        find_source(video, None)
    with pytest.raises(InputError, match=r"talk\.mp4 is not below"):
        find_source(video, tmp_path / "results")


def test_another_file_in_its_place(save: Save, source: Path) -> None:
    video, content = save(), source.read_bytes()
    source.write_bytes(content[:-1] + b"x")
    with pytest.raises(OtherInputError, match="the same size but other content"):
        find_source(video, None)
    source.write_bytes(content + b"x")
    size = len(content)
    with pytest.raises(OtherInputError, match=f"it had {size} bytes, and this has {size + 1}"):
        find_source(video, None)


def test_rows_of_which_nothing_says_what_they_are_of(save: Save, source: Path) -> None:
    entry = ["talk.mp4", source.stat().st_size, source.stat().st_mtime_ns]
    video = save(
        fingerprint={"input": [entry]}, input=save().summary["input"] | {"content_hash": {}}
    )
    assert find_source(video, None) == source
    os.utime(source, (1, 1))
    with pytest.raises(OtherInputError, match="stored no hash"):
        find_source(video, None)
    with pytest.raises(InputError, match="does not record its source video"):
        find_source(save(fingerprint={"input": 3}), None)
