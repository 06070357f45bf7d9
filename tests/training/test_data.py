"""Pictures are read as they are, and what cannot be believed is taken out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
from PIL import Image

from vidfx_training.data import Pictures, clean_split, read_folder


def pictures(*rows: tuple[int, int]) -> Pictures:
    """Pictures of 2 x 2 px of one grey, from (grey, label)."""
    pixels = np.stack([np.full((2, 2), grey, np.uint8) for grey, _ in rows])
    return Pictures(pixels, np.array([label for _, label in rows], np.int64), ("a", "b"))


def greys(found: Pictures) -> list[tuple[int, int]]:
    return list(zip(found.pixels[:, 0, 0].tolist(), found.label.tolist(), strict=True))


def test_clean_sets_stay_as_they_are() -> None:
    train, val = pictures((1, 0), (2, 1)), pictures((3, 0), (4, 1))
    split = clean_split(train, val)
    assert greys(split.train) == greys(train)
    assert greys(split.val) == greys(split.val_as_given) == greys(val)
    assert set(split.removed.values()) == {0}


def test_what_stands_in_both_sets_is_taken_out_of_both() -> None:
    split = clean_split(pictures((1, 0), (2, 1), (2, 0)), pictures((2, 1), (3, 0)))
    assert greys(split.train) == [(1, 0)]
    assert greys(split.val) == [(3, 0)]
    assert len(split.val_as_given) == 2
    assert split.removed["train_in_val"] == 2
    assert split.removed["val_in_train"] == 1


def test_a_repeated_picture_counts_once() -> None:
    split = clean_split(pictures((1, 0), (2, 1), (1, 0), (1, 0)), pictures((3, 0)))
    assert greys(split.train) == [(1, 0), (2, 1)]
    assert split.removed["train_repeated"] == 2


def test_a_picture_with_two_labels_is_taken_out() -> None:
    split = clean_split(pictures((1, 0), (2, 1), (1, 1), (1, 0)), pictures((3, 0)))
    assert greys(split.train) == [(2, 1)]
    assert split.removed["train_two_labels"] == 3
    assert split.removed["train_repeated"] == 0


@pytest.mark.parametrize(
    ("train", "val", "name"),
    [
        (((1, 0), (1, 1)), ((3, 0),), "training"),
        (((1, 0), (2, 1)), ((2, 1), (1, 0)), "training"),
        (((1, 0), (2, 1)), ((2, 1),), "validation"),
    ],
)
def test_nothing_left_is_an_error(
    train: tuple[tuple[int, int], ...], val: tuple[tuple[int, int], ...], name: str
) -> None:
    with pytest.raises(ValueError, match=f"nothing is left of the {name} set"):
        clean_split(pictures(*train), pictures(*val))


def test_counts() -> None:
    assert pictures((1, 0), (2, 1), (3, 0)).counts() == {"a": 2, "b": 1}


def test_a_folder_is_read_in_the_order_of_the_labels(
    halves: Callable[[int, int], Pictures], save: Callable[[Pictures, Path], Path], tmp_path: Path
) -> None:
    made = halves(7, 0)
    (save(made, tmp_path) / "left" / "notes.txt").write_text("no picture")
    found = read_folder(tmp_path, ("top", "left", "right"), 48)
    assert found.labels == ("top", "left", "right")
    assert found.label.tolist() == [0, 0, 1, 1, 1, 2, 2]
    order = np.argsort((made.label + 1) % 3, kind="stable")
    assert np.array_equal(found.pixels, made.pixels[order])


def test_pictures_come_out_grey_upright_and_of_one_size(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    colour = np.zeros((64, 64, 3), np.uint8)
    colour[:32] = (255, 0, 0)
    image = Image.fromarray(colour)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise: the top comes to stand on the right
    image.save(tmp_path / "a" / "turned.PNG", exif=exif)
    found = read_folder(tmp_path, ("a",), 16)
    assert found.pixels.shape == (1, 16, 16)
    assert found.pixels.dtype == np.uint8
    assert (found.pixels[0, :, :8] == 0).all()
    assert (found.pixels[0, :, 8:] == 76).all()  # the luma of red


def test_a_class_without_pictures_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(FileNotFoundError, match=r"a: no pictures of the class 'a'"):
        read_folder(tmp_path, ("a",), 16)


@pytest.mark.parametrize("content", [b"", b"no picture", "truncated"])
def test_a_file_that_is_no_picture_is_named_in_one_line(
    tmp_path: Path, content: bytes | str
) -> None:
    file = tmp_path / "a" / "broken.jpg"
    file.parent.mkdir()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)).save(file)
    file.write_bytes(content if isinstance(content, bytes) else file.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"broken\.jpg: cannot be read") as caught:
        read_folder(tmp_path, ("a",), 16)
    assert "\n" not in str(caught.value)
