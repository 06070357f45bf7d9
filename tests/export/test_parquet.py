"""Parquet files have the columns, the types and the cells of the CSVs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.export.exported_videos import exported, face, settled, two_people
from tests.saved.saved_videos import save_video
from tests.vidfx_command import last_line, vidfx
from vidfx import schema
from vidfx.export import parquet as module
from vidfx.output.read_rows import read_rows


@pytest.fixture
def parquet() -> Any:
    return pytest.importorskip("pyarrow.parquet")


def test_rows_and_types_are_those_of_the_csv(parquet: Any, tmp_path: Path) -> None:
    video = two_people(tmp_path)
    faces, frames = exported(video, "parquet", tmp_path)
    assert faces.name == "talk.mp4.faces.parquet"
    for file, csv in ((faces, video.faces), (frames, video.frames)):
        table = parquet.read_table(file)
        assert table.to_pylist() == list(read_rows(csv))
    types = {field.name: str(field.type) for field in parquet.read_schema(faces)}
    arrow = {"Int64": "int64", "float64": "double", "string": "string"}
    assert types == {column.name: arrow[column.type] for column in schema.faces_columns()}


def test_columns_have_their_units(parquet: Any, tmp_path: Path) -> None:
    faces, frames = exported(two_people(tmp_path), "parquet", tmp_path)
    assert parquet.read_schema(faces).field("x1_px").metadata[b"unit"] == b"px"
    assert parquet.read_schema(frames).field("pts").metadata == {
        b"unit": b"ticks",
        b"meaning": b"presentation time in the input's time base (see summary.json)",
    }


def test_row_groups_are_written_on_the_way(
    parquet: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROWS", 300)
    rows = settled([[face(1, 10)]] * 700)
    faces, frames = exported(save_video(tmp_path, rows), "parquet", tmp_path)
    assert parquet.ParquetFile(faces).metadata.num_row_groups == 2
    assert parquet.read_table(frames).num_rows == 700


def test_a_video_without_a_face_has_the_columns(parquet: Any, tmp_path: Path) -> None:
    faces, _ = exported(save_video(tmp_path, settled([[], []])), "parquet", tmp_path)
    assert parquet.read_table(faces).column_names == [c.name for c in schema.faces_columns()]


def test_without_pyarrow_the_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_people(tmp_path)

    def missing(_: str) -> None:
        return None

    monkeypatch.setattr("importlib.util.find_spec", missing)
    done = vidfx("export", tmp_path, "--to", "parquet")
    assert done.exit_code == 4
    assert "needs pyarrow, which is not installed (pip install 'vidfx[parquet]')" in last_line(done)
