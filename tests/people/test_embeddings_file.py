"""The file of a video's track embeddings."""

from pathlib import Path

import numpy as np
import pytest

from vidfx.errors import InputError
from vidfx.people.embeddings_file import TrackEmbeddings

MODEL = "a" * 64


def _embeddings(tracks=(1, 1, 2), size=4) -> TrackEmbeddings:
    rows = np.random.default_rng(7).normal(size=(len(tracks), size))
    return TrackEmbeddings(
        track_id=np.array(tracks, np.int32),
        frame=np.arange(len(tracks), dtype=np.int64) * 2**40,
        quality=np.linspace(0, 1, len(tracks), dtype=np.float32),
        embedding=(rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16),
        model=MODEL,
    )


def test_what_is_written_is_read(tmp_path: Path):
    path, kept = tmp_path / "a.mp4.embeddings.npz", _embeddings()
    kept.write(path)
    read = TrackEmbeddings.read(path)
    for name in ("track_id", "frame", "quality", "embedding"):
        assert np.array_equal(getattr(read, name), getattr(kept, name))
        assert getattr(read, name).dtype == getattr(kept, name).dtype
    assert read.model == MODEL
    assert np.allclose(np.linalg.norm(read.vectors(), axis=1), 1, atol=1e-6)
    assert [*tmp_path.iterdir()] == [path]


def test_only_the_owner_reads_it(tmp_path: Path):
    path = tmp_path / "a.embeddings.npz"
    _embeddings().write(path)
    assert path.stat().st_mode & 0o077 == 0


def test_a_video_without_faces_has_an_empty_file(tmp_path: Path):
    path = tmp_path / "a.embeddings.npz"
    TrackEmbeddings.empty(MODEL).write(path)
    read = TrackEmbeddings.read(path)
    assert len(read) == 0
    assert read.vectors().shape == (0, 0)


def test_rows_can_be_chosen():
    kept = _embeddings().rows(np.array([False, True, True]))
    assert kept.track_id.tolist() == [1, 2]
    assert kept.model == MODEL


def test_columns_of_other_lengths_are_refused():
    found = _embeddings()
    with pytest.raises(ValueError, match="frame"):
        TrackEmbeddings(found.track_id, found.frame[:1], found.quality, found.embedding, MODEL)


def test_a_missing_file_says_what_to_do(tmp_path: Path):
    with pytest.raises(InputError, match="there are no embeddings") as error:
        TrackEmbeddings.read(tmp_path / "a.embeddings.npz")
    assert "--embeddings" in (error.value.hint or "")


def _saved(path: Path, **changed: object) -> None:
    found = _embeddings()
    columns = {n: getattr(found, n) for n in ("track_id", "frame", "quality", "embedding")}
    content = {"schema": np.array("vidfx.embeddings/1"), "model": np.array(MODEL)} | columns
    with path.open("wb") as out:
        np.savez(out, **{n: v for n, v in (content | changed).items() if v is not None})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"schema": np.array("vidfx.embeddings/9")}, "it is not of vidfx.embeddings/1"),
        ({"model": None}, "model"),
        ({"quality": np.zeros(2, np.float32)}, "quality"),
        ({"track_id": np.zeros(3)}, "track_id has numbers of the type float64"),
        ({"quality": np.full(3, np.nan, np.float32)}, "not finite"),
        ({"embedding": np.array([object()] * 3)}, "Object arrays"),
    ],
)
def test_a_damaged_file_is_one_line(tmp_path: Path, changed: dict[str, object], why: str):
    path = tmp_path / "a.embeddings.npz"
    _saved(path, **changed)
    with pytest.raises(InputError) as error:
        TrackEmbeddings.read(path)
    assert str(error.value).startswith(f"{path}: damaged: ")
    assert why in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04" + bytes(40)])
def test_a_file_of_another_kind_is_one_line(tmp_path: Path, content: bytes):
    path = tmp_path / "a.embeddings.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        TrackEmbeddings.read(path)


def test_no_cut_and_no_flipped_byte_raises_anything_else(tmp_path: Path):
    path = tmp_path / "a.embeddings.npz"
    _embeddings().write(path)
    whole = path.read_bytes()
    for place in range(0, len(whole), 13):
        flipped = bytearray(whole)
        flipped[place] ^= 0x55
        for content in (whole[:place], bytes(flipped)):
            path.write_bytes(content)
            try:
                assert len(TrackEmbeddings.read(path).track_id) == 3
            except InputError as error:
                assert "\n" not in str(error)
