"""From folders to one array: labels, crops, the cache, and hostile files."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch")
from vidfx_engines.spec import CropSpec
from vidfx_training import picture_array as module
from vidfx_training.dataset.index import read_dataset
from vidfx_training.dataset.picture_file import as_crop
from vidfx_training.errors import DataError, TrainingError
from vidfx_training.picture_array import Pictures, load
from vidfx_training.recipe import Input, Recipe
from vidfx_training.training_data import class_names, refuse_shared_sources, without_leaks

GREY = Recipe("toy", "emotion", input=Input("fer", side=48, colour="grey"))
NAMES = ["left", "right", "top"]


def test_pictures_come_as_they_are(
    halves: Callable[[int, int], Pictures], save: Callable[[Pictures, Path], Path], tmp_path: Path
) -> None:
    made = halves(12, 0)
    found = load(read_dataset(save(made, tmp_path / "d")), NAMES, GREY)
    assert sorted(found.digests()) == sorted(made.digests())
    assert found.counts() == {"left": 4, "right": 4, "top": 4}
    for path, label in zip(found.paths, found.label, strict=True):
        assert path.startswith(NAMES[label])


def test_a_target_against_everybody_else(
    halves: Callable[[int, int], Pictures], save: Callable[[Pictures, Path], Path], tmp_path: Path
) -> None:
    data = read_dataset(save(halves(12, 0), tmp_path / "d"))
    names = class_names(data, "recognition", "top", ())
    assert names == ["other", "top"]
    found = load(data, names, Recipe("toy", "recognition", input=Input("arcface", side=32)))
    assert found.counts() == {"other": 8, "top": 4}
    assert found.pixels.shape == (12, 3, 32, 32)


def test_crops_of_another_template_are_cut_again(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    (folder / "a").mkdir(parents=True)
    picture = np.zeros((224, 224, 3), np.uint8)
    for x, y in ((38.29, 51.70), (73.53, 51.50)):  # ArcFace's eyes at 112 px
        picture[int(2 * y) - 3 : int(2 * y) + 4, int(2 * x) - 3 : int(2 * x) + 4] = 255
    Image.fromarray(picture).save(folder / "a" / "face.png")
    crop = {"crop": {"template": "arcface", "size": 224}}
    (folder / "dataset.json").write_text(json.dumps(crop))
    large = Recipe("toy", "emotion", input=Input("fer", side=96, colour="grey"))
    found = load(read_dataset(folder), ["a"], large)
    left = found.pixels[0, 0, :, :48].astype(float)
    y, x = (np.indices(left.shape) * left).sum((1, 2)) / left.sum()
    assert abs(x - 2 * 15.3) < 2.5, "where FER's left eye stands at 96 px"
    assert abs(y - 2 * 19.6) < 3.5


def test_the_cache_is_used_until_a_picture_changes(
    halves: Callable[[int, int], Pictures],
    save: Callable[[Pictures, Path], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = save(halves(6, 0), tmp_path / "d")
    first = load(read_dataset(folder), NAMES, GREY)
    reads: list[Path] = []
    before = module.read_picture
    monkeypatch.setattr(module, "read_picture", lambda file: reads.append(file) or before(file))
    again = load(read_dataset(folder), NAMES, GREY)
    assert reads == []
    assert np.array_equal(first.pixels, again.pixels)
    Image.new("L", (48, 48), 7).save(folder / first.paths[0])
    changed = load(read_dataset(folder), NAMES, GREY)
    assert len(reads) == 6
    assert (changed.pixels[0] == 7).all()


def test_a_broken_picture_is_left_out_aloud(
    halves: Callable[[int, int], Pictures], save: Callable[[Pictures, Path], Path], tmp_path: Path
) -> None:
    folder = save(halves(6, 0), tmp_path / "d")
    (folder / "left" / "0000.png").write_bytes(b"no picture")
    said: list[str] = []
    found = load(read_dataset(folder), NAMES, GREY, warn=said.append)
    assert len(found) == 5
    assert "left/0000.png" not in found.paths
    assert len(said) == 1
    assert "0000.png" in said[0]


def test_many_broken_pictures_are_one_line(
    halves: Callable[[int, int], Pictures], save: Callable[[Pictures, Path], Path], tmp_path: Path
) -> None:
    folder = save(halves(24, 0), tmp_path / "d")
    for file in sorted((folder / "left").iterdir())[:7]:
        file.write_bytes(b"no picture")
    said: list[str] = []
    load(read_dataset(folder), NAMES, GREY, warn=said.append)
    assert len(said) == 1
    assert said[0].startswith("pictures left out: 7 that cannot be read: left/0000.png, ")
    assert said[0].endswith(" and 2 more")


def test_the_place_of_a_missing_picture_is_part_of_the_cache_key(tmp_path: Path) -> None:
    for name, level in (("1", 10), ("3", 30)):
        Image.new("L", (48, 48), level).save(tmp_path / f"{name}.png")

    def levels(*names: str) -> list[int]:
        rows = [f"{name}.png,{int(name == '1')},{int(name != '1')}" for name in names]
        (tmp_path / "votes.csv").write_text("\n".join(["picture,a,b", *rows]))
        found = load(read_dataset(tmp_path), ["a", "b"], GREY)
        assert [p[0] for p in found.paths] == [n for n in names if n in "13"]
        return found.pixels[:, 0, 0, 0].tolist()

    assert levels("1", "2", "3") == [10, 30]
    assert levels("1", "3", "4") == [10, 30]


def test_only_the_classes_are_loaded_and_other_is_one_of_the_expressions(
    halves: Callable[[int, int], Pictures], save: Callable[[Pictures, Path], Path], tmp_path: Path
) -> None:
    folder = save(halves(12, 0), tmp_path / "d")
    (folder / "top").rename(folder / "other")
    data = read_dataset(folder)
    assert load(data, ["left", "other"], GREY).counts() == {"left": 4, "other": 4}
    people = Recipe("toy", "recognition", input=GREY.input)
    assert load(data, ["left", "other"], people).counts() == {"left": 4, "other": 8}
    with pytest.raises(DataError, match="no pictures of up, down are left"):
        load(data, ["up", "down"], GREY)


def test_people_whose_names_are_alike_are_two(tmp_path: Path) -> None:
    for label in ("Joy", "joy", "happy"):
        (tmp_path / label).mkdir()
        Image.new("L", (48, 48)).save(tmp_path / label / "x.png")
    data = read_dataset(tmp_path)
    people = Recipe("toy", "recognition", input=GREY.input)
    names = class_names(data, "recognition", "Joy", ())
    assert load(data, names, people).counts() == {"other": 2, "Joy": 1}
    assert class_names(data, "recognition", None, ()) == ["Joy", "happy", "joy"]
    with pytest.raises(DataError, match="no pictures of the class 'JOY'"):
        class_names(data, "recognition", None, ("JOY", "happy"))
    with pytest.raises(DataError, match="'Joy' and 'happy' are one expression"):
        class_names(data, "emotion", None, ())


def test_a_full_disk_is_one_line(
    halves: Callable[[int, int], Pictures],
    save: Callable[[Pictures, Path], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = read_dataset(save(halves(6, 0), tmp_path / "d"))

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module.np.lib.format, "open_memmap", full)
    with pytest.raises(TrainingError, match="No space left") as caught:
        load(data, NAMES, GREY)
    assert "XDG_CACHE_HOME" in caught.value.hint
    assert not list((tmp_path / "cache").rglob("*.npy"))


def test_invalid_classes(
    halves: Callable[[int, int], Pictures], save: Callable[[Pictures, Path], Path], tmp_path: Path
) -> None:
    data = read_dataset(save(halves(6, 0), tmp_path / "d"))
    one = data.only(p for p in data if p.label == "top")
    for found, task, target, asked, said in (
        (data, "recognition", "Ana", (), "no pictures of 'Ana'"),
        (one, "recognition", "top", (), "top is the only class"),
        (one, "emotion", None, (), "'top' is the only class"),
        (data, "emotion", None, ("top", "bottom"), "no pictures of the class 'bottom'"),
    ):
        with pytest.raises(DataError, match=said) as caught:
            class_names(found, task, target, asked)
        assert caught.value.hint
    with pytest.raises(DataError, match="no pictures of 'bottom'"):
        load(data, ["top", "bottom"], GREY)


def test_what_leaks_is_left_out(halves: Callable[[int, int], Pictures]) -> None:
    made = halves(30, 0)
    pixels = made.pixels.copy()
    pixels[3] = pixels[0]  # the same picture under the same label
    pixels[4] = pixels[1 + 1]  # and under another one
    train = Pictures(pixels, made.target, made.label, made.labels, made.paths)
    val = train.subset(np.array([9, 10]))
    said: list[str] = []
    kept = without_leaks(train, val, said.append)
    assert set(train.paths) - set(kept.paths) == {train.paths[i] for i in (2, 3, 4, 9, 10)}
    assert said == ["pictures left out of training: 2 also in val, 2 with two labels, 1 repeated"]
    with pytest.raises(DataError, match="are left to train on: 2 also in val"):
        without_leaks(val, val)


def test_a_class_that_leaks_leave_empty_is_named(halves: Callable[[int, int], Pictures]) -> None:
    made = halves(12, 0)
    val = made.subset(made.label == 1)
    with pytest.raises(DataError, match="no pictures of 'right' are left") as raised:
        without_leaks(made, val)
    assert "4 also in val" in str(raised.value)
    assert "vidfx dataset check" in raised.value.hint


def test_a_recording_on_both_sides_is_refused(tmp_path: Path) -> None:
    rows = ["path,label,source,time_s,track,face_px,score,quality"]
    files: dict[str, list[str]] = {"train": [], "val": []}
    for number, part in enumerate(("train", "val")):
        path = f"a/{number}.png"
        (tmp_path / "a").mkdir(exist_ok=True)
        Image.new("L", (48, 48), number).save(tmp_path / path)
        rows.append(f"{path},a,talk.mp4,{number},1,80,0.9,0.5")
        files[part].append(path)
    (tmp_path / "faces.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "split.json").write_text(json.dumps({"files": files}))
    data = read_dataset(tmp_path)
    assert data.parts == ("train", "val")
    with pytest.raises(DataError, match=r"1 recordings are in train.*talk\.mp4") as caught:
        refuse_shared_sources(data)
    assert "--group-by source" in caught.value.hint


def test_colours_keep_their_order(tmp_path: Path) -> None:
    folder = tmp_path / "d" / "a"
    folder.mkdir(parents=True)
    Image.new("RGB", (40, 40), (200, 100, 20)).save(folder / "x.png")
    data = read_dataset(tmp_path / "d")
    rgb = Recipe("toy", "emotion", input=Input("fer", side=24))
    found = load(data, ["a"], rgb).pixels
    assert (found[0] == np.array([200, 100, 20])[:, None, None]).all()
    grey = load(data, ["a"], rgb.with_values(input={"colour": "grey"})).pixels
    assert grey.shape == (1, 1, 24, 24), "another key than that of colours"
    assert np.abs(grey.astype(int) - (0.299 * 200 + 0.587 * 100 + 0.114 * 20)).max() <= 1


def test_a_broken_picture_is_reported_in_every_run(
    halves: Callable[[int, int], Pictures], save: Callable[[Pictures, Path], Path], tmp_path: Path
) -> None:
    folder = save(halves(6, 0), tmp_path / "d")
    (folder / "left" / "0000.png").write_bytes(b"no picture")
    for _ in range(2):
        said: list[str] = []
        assert len(load(read_dataset(folder), NAMES, GREY, warn=said.append)) == 5
        assert len(said) == 1
        assert "0000.png" in said[0] and "left out" in said[0]


def test_a_damaged_cache_is_made_again(
    halves: Callable[[int, int], Pictures], save: Callable[[Pictures, Path], Path], tmp_path: Path
) -> None:
    folder = save(halves(6, 0), tmp_path / "d")
    first = load(read_dataset(folder), NAMES, GREY).pixels.copy()
    for file in sorted((tmp_path / "cache").rglob("*.npy")):
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) // 2])
        assert np.array_equal(load(read_dataset(folder), NAMES, GREY).pixels, first), file
    assert not list((tmp_path / "cache").rglob("*.part"))


@pytest.mark.parametrize(
    ("name", "task", "said"),
    [
        ("=cmd", "emotion", "no =, +, - or @"),
        ("a|b", "emotion", "no |"),
        ("unknown", "recognition", "unknown is reserved"),
        ("x" * 65, "emotion", "1 to 64 characters"),
    ],
)
def test_names_that_no_engine_may_give_are_found_before_the_training(
    name: str, task: str, said: str, tmp_path: Path
) -> None:
    for label in (name, "good"):
        (tmp_path / label).mkdir()
        Image.new("L", (48, 48)).save(tmp_path / label / "x.png")
    data = read_dataset(tmp_path)
    with pytest.raises(DataError) as caught:
        class_names(data, task, None, ())
    assert said in str(caught.value)
    assert "name" in caught.value.hint
    if task == "recognition":  # one of the others may be called what it likes
        assert class_names(data, task, "good", ()) == ["other", "good"]


def test_other_is_nobody(tmp_path: Path) -> None:
    for label in ("other", "good"):
        (tmp_path / label).mkdir()
        Image.new("L", (48, 48)).save(tmp_path / label / "x.png")
    with pytest.raises(DataError, match="is the label of everyone else"):
        class_names(read_dataset(tmp_path), "recognition", "other", ())


def test_pictures_are_what_the_engine_makes_of_a_crop(tmp_path: Path) -> None:
    """Cut at the engine's size and averaged down, as CropClassifier does it."""
    pixels = np.random.default_rng(0).integers(0, 256, (30, 30), np.uint8)
    for label in ("left", "right"):
        (tmp_path / label).mkdir()
        Image.fromarray(pixels).save(tmp_path / label / "a.png")
    twice = Recipe("toy", "emotion", input=Input("fer", side=24, crop=48, colour="grey"))
    found = load(read_dataset(tmp_path), ["left", "right"], twice).pixels[0, 0]
    crop = as_crop(np.repeat(pixels[:, :, None], 3, 2), None, CropSpec("fer", 48))[:, :, 0]
    wanted = crop.reshape(24, 2, 24, 2).mean((1, 3))
    assert np.abs(found - wanted).max() <= 0.5
