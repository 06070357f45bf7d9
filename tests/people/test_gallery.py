from __future__ import annotations

import json
import stat
from pathlib import Path

import numpy as np
import pytest

from vidfx.errors import GalleryError, OutputError
from vidfx.people.gallery import (
    EMBEDDINGS,
    GALLERY,
    THUMBNAILS,
    Gallery,
    Picture,
    Rejected,
)
from vidfx.people.names import RESERVED, check_names

MODEL = "a" * 64


def unit(*rows: list[float]) -> np.ndarray:
    vectors = np.array(rows, np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def two_people() -> Gallery:
    gallery = Gallery.empty(MODEL, "dlib-face")
    gallery = gallery.added("Ana", unit([1, 0, 0]), [Picture("a.jpg", quality=0.5)])
    gallery = gallery.added("Béla", unit([0, 1, 0]), [Picture("b.jpg", thumbnail="b.jpg")])
    rejected = [Rejected("c.jpg", "b" * 64, "no face was found")]
    return gallery.added("ana", unit([1, 1, 0]), [Picture("d.jpg", time_s=1.5)], rejected)


def test_a_person_keeps_their_rows_together_and_the_first_spelling():
    gallery = two_people()
    assert gallery.names == ("Ana", "Béla")
    assert gallery.person.tolist() == [0, 0, 1]
    assert [p.file for p in gallery.pictures] == ["a.jpg", "d.jpg", "b.jpg"]
    np.testing.assert_allclose(gallery.embeddings, unit([1, 0, 0], [1, 1, 0], [0, 1, 0]))
    assert [r.file for r in gallery.rejected[0]] == ["c.jpg"]
    assert gallery.rejected[1] == ()


def test_means_are_unit_vectors_between_a_persons_rows():
    means = two_people().means
    expected = unit((unit([1, 0, 0]) + unit([1, 1, 0]))[0].tolist(), [0, 1, 0])
    np.testing.assert_allclose(means, expected, atol=1e-6)


def test_what_is_written_is_read_again(tmp_path: Path):
    gallery = two_people()
    gallery.write(tmp_path / "people", {"b.jpg": b"a picture"})
    again = Gallery.read(tmp_path / "people")
    np.testing.assert_array_equal(again.embeddings, gallery.embeddings)
    np.testing.assert_array_equal(again.person, gallery.person)
    assert (again.names, again.model, again.engine) == (gallery.names, MODEL, "dlib-face")
    assert again.pictures == gallery.pictures
    assert again.rejected == gallery.rejected
    assert (tmp_path / "people" / THUMBNAILS / "b.jpg").read_bytes() == b"a picture"


def test_rows_without_records_of_pictures_are_kept(tmp_path: Path):
    Gallery(("Ana", "Béla"), np.array([0, 1, 1]), unit([1, 0], [0, 1], [1, 1]), MODEL).write(
        tmp_path
    )
    again = Gallery.read(tmp_path)
    assert again.person.tolist() == [0, 1, 1]
    assert again.pictures == (Picture(),) * 3


def test_only_the_owner_can_read_it(tmp_path: Path):
    folder = tmp_path / "people"
    two_people().write(folder, {"b.jpg": b"a picture"})
    for path in (folder, folder / GALLERY, folder / EMBEDDINGS, folder / THUMBNAILS / "b.jpg"):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path


def test_of_a_person_who_is_removed_nothing_stays(tmp_path: Path):
    two_people().write(tmp_path, {"b.jpg": b"a picture"})
    rest = Gallery.read(tmp_path).without(1)
    rest.write(tmp_path)
    again = Gallery.read(tmp_path)
    assert again.names == ("Ana",)
    assert again.person.tolist() == [0, 0]
    assert not list((tmp_path / THUMBNAILS).iterdir())
    assert "Béla" not in (tmp_path / GALLERY).read_text()


def test_an_empty_gallery_is_one(tmp_path: Path):
    Gallery.empty(MODEL, "dlib-face").write(tmp_path)
    again = Gallery.read(tmp_path)
    assert (again.names, len(again.person)) == ((), 0)
    assert again.means.shape[0] == 0
    assert again.added("Ana", unit([1, 0]), [Picture()]).embeddings.shape == (1, 2)


def test_a_name_is_found_whatever_its_case_and_unicode_form():
    gallery = two_people()
    assert gallery.of("BE\u0301LA") == 1
    assert gallery.of("Cid") is None


@pytest.mark.parametrize(
    "names",
    [
        ("",),
        ("=cmd()",),
        ("a|b",),
        ("a\nb",),
        ("a\x1bb",),
        ("a" * 65,),
        ("Ana", "ANA"),
        *[(r,) for r in RESERVED],
    ],
)
def test_names_that_nobody_can_have(names: tuple[str, ...]):
    with pytest.raises(ValueError, match="name"):
        check_names(names)


def test_a_folder_without_a_gallery(tmp_path: Path):
    with pytest.raises(GalleryError, match="no gallery of people here") as caught:
        Gallery.read(tmp_path / "nowhere")
    assert "vidfx people add" in caught.value.hint


def _changed(folder: Path, **fields: object) -> None:
    content = json.loads((folder / GALLERY).read_text()) | fields
    (folder / GALLERY).write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / EMBEDDINGS).unlink(), "embeddings.npy: damaged: missing"),
        (lambda f: (f / EMBEDDINGS).write_bytes(b"\x93NUMPY"), "its sha256 is not the one"),
        (lambda f: (f / GALLERY).write_bytes(b"{"), "gallery.json: damaged"),
        (lambda f: (f / GALLERY).write_bytes(b"[" * 100_000), "gallery.json: damaged"),
        (lambda f: _changed(f, schema="vidfx.gallery/9"), "reads vidfx.gallery/1 only"),
        (lambda f: _changed(f, people=[]), "3 embeddings|damaged"),
        (lambda f: _changed(f, people=[{"name": "a"}]), r"people\[0\].pictures: missing"),
        (
            lambda f: _changed(f, people=[{"name": "a", "pictures": [{"thumbnail": "../../x"}]}]),
            "a file name without a folder",
        ),
    ],
)
def test_a_damaged_gallery_is_one_clear_line(tmp_path: Path, damage, message: str):
    two_people().write(tmp_path)
    damage(tmp_path)
    with pytest.raises(GalleryError, match=message) as caught:
        Gallery.read(tmp_path)
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_objects_in_the_embeddings_are_never_unpickled(tmp_path: Path):
    two_people().write(tmp_path)
    np.save(tmp_path / EMBEDDINGS, np.array([print], object), allow_pickle=True)
    import hashlib

    _changed(tmp_path, embeddings=hashlib.sha256((tmp_path / EMBEDDINGS).read_bytes()).hexdigest())
    with pytest.raises(GalleryError, match="damaged"):
        Gallery.read(tmp_path)


def test_a_folder_that_cannot_be_written(tmp_path: Path):
    (tmp_path / "people").write_text("a file")
    with pytest.raises(OutputError, match="cannot write"):
        two_people().write(tmp_path / "people")


def test_embeddings_that_are_no_unit_vectors_are_refused():
    with pytest.raises(ValueError, match="unit"):
        Gallery(("Ana",), np.array([0]), np.array([[2, 0]], np.float32), MODEL)
