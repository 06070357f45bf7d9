"""`vidfx.read`: the rows of finished results, in types and libraries that programs use."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vidfx
from tests.export.exported_videos import HOSTILE, face, settled, two_people
from tests.saved.saved_videos import save_video
from tests.tables.batches import save_summary, track
from vidfx import schema
from vidfx.errors import InputError, UnavailableError, UsageError
from vidfx.output.read_rows import read_rows

COLUMNS = "track_id,from_s,to_s,action,value\n"


def cells(table: vidfx.Table, column: str) -> list[Any]:
    """None where a cell is empty."""
    found = table[column].tolist()
    return [None if isinstance(c, float) and math.isnan(c) else c for c in found]


@pytest.mark.parametrize("kind", ["faces", "frames"])
def test_rows_are_those_of_the_csv(tmp_path: Path, kind: str) -> None:
    video = two_people(tmp_path)
    table: vidfx.Table = getattr(vidfx.read(tmp_path), kind)
    expected = list(read_rows(tmp_path / f"talk.mp4.{kind}.csv"))
    assert len(table) == len(expected) > 50
    assert set(cells(table, "video")) == {"talk.mp4"}
    for name in expected[0]:
        assert cells(table, name) == [row[name] for row in expected], name
    assert video.faces.exists()


def test_columns_have_types_and_units(tmp_path: Path) -> None:
    two_people(tmp_path)
    faces, frames = vidfx.read(tmp_path).faces, vidfx.read(tmp_path).frames
    assert faces["x1_px"].dtype == np.float64 and faces.units["x1_px"] == "px"
    assert faces["track_id"].dtype == np.int64 and faces["identity"].dtype == object
    assert math.isnan(faces["score"][1]) or faces["score"][0] == 0.75
    assert [c.name for c in frames.columns[1:]] == [c.name for c in schema.frames_columns()]
    assert HOSTILE in faces["identity"]
    assert repr(frames).startswith("Table of 100 rows: video, frame, time_s")
    with pytest.raises(KeyError, match="nothing"):
        frames["nothing"]


def test_corrections_count(tmp_path: Path) -> None:
    two_people(tmp_path)
    (tmp_path / "talk.mp4.corrections.csv").write_text(COLUMNS + "2,,,rename,Ana\n1,,,drop,\n")
    results = vidfx.read(tmp_path)
    assert set(cells(results.faces, "identity")) == {"Ana"}
    assert cells(results.tracks, "track_id") == [2]
    assert cells(results.people, "identity") == ["Ana"]
    assert cells(results.videos, "corrected") == [1]
    (tmp_path / "talk.mp4.corrections.csv").write_text(COLUMNS + "2,,,rename,\n")
    with pytest.raises(InputError, match=r"corrections\.csv, line 2"):
        len(vidfx.read(tmp_path).faces)
    with pytest.raises(InputError, match=r"corrections\.csv, line 2"):
        len(vidfx.read(tmp_path).tracks)


def test_several_videos_and_each_alone(tmp_path: Path) -> None:
    save_video(tmp_path, settled([[face(1, 10)]] * 3), name="a.mp4")
    save_video(tmp_path / "b", settled([[face(1, 10)], []]), name="b.mp4")
    results = vidfx.read(tmp_path)
    assert cells(results.frames, "video") == ["a.mp4"] * 3 + ["b/b.mp4"] * 2
    assert [(one.name, len(one.faces), len(one.videos)) for one in results] == [
        ("a.mp4", 3, 1),
        ("b/b.mp4", 1, 1),
    ]
    one = vidfx.read(tmp_path / "b/b.mp4.summary.json")
    assert one.name == "b.mp4" and cells(one.frames, "faces") == [1, 0]


def test_whole_numbers_that_are_missing_are_masked(tmp_path: Path) -> None:
    old = {k: v for k, v in track(1, "Ana").items() if k not in ("appearances", "shown_s")}
    save_summary(tmp_path, "a.mp4", [track(1), old])
    tracks = vidfx.read(tmp_path).tracks
    assert isinstance(tracks["appearances"], np.ma.MaskedArray)
    assert cells(tracks, "appearances") == [2, None] and cells(tracks, "shown_s") == [3.0, None]
    rows: Any = tracks.to_numpy()
    assert rows["track_id"].tolist() == [1, 1] and rows["appearances"].tolist() == [2, None]


def test_photographs_have_rows_too(tmp_path: Path) -> None:
    header = [c.name for c in schema.faces_columns(["happy"], file=True)]
    row = dict.fromkeys(header, "") | {"file": "in/a.jpg", "frame": "0", "time_s": "0"}
    lines = ",".join(header), ",".join((row | {"emotion": "happy"}).values())
    (tmp_path / "photos.faces.csv").write_text("\n".join(lines) + "\n")
    columns = {"faces": dict.fromkeys(header, "string")}
    save_summary(tmp_path, "photos", [], photographs=[], columns=columns)
    save_video(tmp_path, settled([[face(1, 10)]]), name="a.mp4")
    faces = vidfx.read(tmp_path).faces
    assert cells(faces, "file") == [None, "in/a.jpg"]
    assert cells(faces, "video") == ["a.mp4", "photos"]
    assert cells(faces, "emotion") == ["happy", "happy"]


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file or folder"):
        vidfx.read(tmp_path / "missing")
    with pytest.raises(UsageError, match="results on storage are not read"):
        vidfx.read("s3://bucket/results")
    video = save_video(tmp_path, settled([[face(1, 10)]]), name="a.mp4")
    video.faces.unlink()
    with pytest.raises(InputError, match=r"a\.mp4\.faces\.csv: No such file"):
        len(vidfx.read(tmp_path).faces)


def test_pandas(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    two_people(tmp_path)
    frame = vidfx.read(tmp_path).faces.to_pandas()
    types = {name: str(kind) for name, kind in frame.dtypes.items()}
    assert (types["track_id"], types["score"], types["identity"]) == ("Int64", "float64", "string")
    assert frame.attrs["units"]["time_s"] == "s"
    assert frame["score"].isna().sum() == 64
    assert frame.groupby("track_id").size().to_dict() == {1: 80, 2: 90}


def test_polars_and_arrow(tmp_path: Path) -> None:
    polars = pytest.importorskip("polars")
    arrow = pytest.importorskip("pyarrow")
    two_people(tmp_path)
    faces = vidfx.read(tmp_path).faces
    frame, table = faces.to_polars(), faces.to_arrow()
    assert frame.schema["identity"] == polars.String and frame.schema["frame"] == polars.Int64
    assert frame.shape == table.shape == (170, len(faces.columns))
    assert table.schema.field("x1_px").metadata[b"unit"] == b"px"
    assert table["score"].null_count == 64 and table["emotion"].null_count == 0
    assert arrow.table(faces) == table
    assert polars.DataFrame(faces)["time_s"].to_list() == frame["time_s"].to_list()


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_a_library_that_is_missing(
    tmp_path: Path, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_video(tmp_path, settled([[face(1, 10)]]))
    monkeypatch.setitem(sys.modules, library, None)
    table = vidfx.read(tmp_path).frames
    method = {"pyarrow": table.to_arrow, "pandas": table.to_pandas, "polars": table.to_polars}
    with pytest.raises(UnavailableError, match=f"{library} is not installed"):
        method[library]()
