"""Pictures and videos of somebody into a gallery, with a toy network as the embedding."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks import clips
from tests.engines import toys
from tests.extract.extracting import Told
from vidfx.config import Settings
from vidfx.enrol.add import add
from vidfx.enrol.check import check
from vidfx.enrol.remove import remove
from vidfx.enrol.request import Enrolled, EnrolRequest
from vidfx.errors import GalleryError, InputError, OutputError, UsageError
from vidfx.people.gallery import GALLERY, THUMBNAILS, Gallery

SETTINGS = Settings(emotion="none", detector_size=320)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(toys.embedding(tmp_path_factory.mktemp("model")))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory, astronaut: np.ndarray) -> Path:
    """The same face, whole and in every way in which it cannot be used."""
    folder = tmp_path_factory.mktemp("pictures")
    small = np.zeros_like(astronaut)
    small[:128, :128] = cv2.resize(astronaut, (128, 128), interpolation=cv2.INTER_AREA)
    for name, rgb in {
        "good": astronaut,
        "lighter": np.minimum(astronaut.astype(int) + 30, 255).astype(np.uint8),
        "two": np.concatenate([astronaut, astronaut[:, ::-1]], 1),
        "small": small,
        "blurred": cv2.GaussianBlur(astronaut, (0, 0), 9),
        "empty": np.full_like(astronaut, 90),
    }.items():
        assert cv2.imwrite(str(folder / f"{name}.png"), rgb[..., ::-1])
    return folder


def run(gallery: Path, model: str | None, name: str, *inputs: Path, **more: object) -> Enrolled:
    request = EnrolRequest(name, [*map(str, inputs)], gallery, SETTINGS, model, **more)  # pyright: ignore[reportArgumentType]
    return add(request, Told())


def test_pictures_that_do_not_help_are_rejected_with_the_reason(
    tmp_path: Path, model: str, pictures: Path
) -> None:
    (tmp_path / "copy.png").write_bytes((pictures / "good.png").read_bytes())
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    enrolled = run(
        tmp_path / "people",
        model,
        "Eileen",
        pictures,
        tmp_path / "copy.png",
        tmp_path / "broken.jpg",
    )
    reasons = {Path(r.file).stem: r.reason for r in enrolled.rejected}
    assert enrolled.added == enrolled.in_all == 2
    assert reasons.keys() == {"two", "small", "blurred", "empty", "copy"}
    assert reasons["two"].startswith("2 faces")
    assert reasons["small"].startswith("too small: the face is")
    assert reasons["blurred"] == "blurred"
    assert reasons["empty"] == "no face was found"
    assert reasons["copy"].startswith("a duplicate")
    assert [Path(outcome.input).name for outcome in enrolled.failed] == ["broken.jpg"]
    gallery = Gallery.read(tmp_path / "people")
    assert gallery.names == ("Eileen",)
    assert {Path(p.file).stem for p in gallery.pictures} == {"good", "lighter"}
    assert {Path(r.file).stem for r in gallery.rejected[0]} == reasons.keys()
    thumbnails = {p.thumbnail for p in gallery.pictures}
    assert {f.name for f in (tmp_path / "people" / THUMBNAILS).iterdir()} == thumbnails
    for name in thumbnails:
        assert cv2.imread(str(tmp_path / "people" / THUMBNAILS / str(name))).shape == (112, 112, 3)
    (problem,) = [line for line in check(tmp_path / "people") if "reliably" in line]
    assert problem.startswith("Eileen: 2 of 3 pictures")


def test_a_gallery_keeps_to_its_model(tmp_path: Path, model: str, pictures: Path) -> None:
    folder = tmp_path / "people"
    run(folder, model, "Eileen", pictures / "good.png")
    enrolled = run(folder, None, "eileen", pictures / "lighter.png")
    assert (enrolled.name, enrolled.added, enrolled.in_all) == ("Eileen", 1, 2)
    with pytest.raises(GalleryError, match=r"not of .*dlib crops") as caught:
        run(folder, model, "Ana", pictures / "lighter.png", crop="dlib")
    assert "--model" in caught.value.hint
    content = json.loads((folder / GALLERY).read_text())
    (folder / GALLERY).write_text(json.dumps(content | {"model": "0" * 64}))
    assert any("another model" in line for line in check(folder))


def test_where_nothing_is_added_no_gallery_is_made(
    tmp_path: Path, model: str, pictures: Path
) -> None:
    with pytest.raises(InputError, match=r"not one picture was added: .*empty.png: no face"):
        run(tmp_path / "people", model, "Eileen", pictures / "empty.png")
    assert not (tmp_path / "people").exists()


def test_a_video_gives_the_best_faces_of_its_only_person(
    tmp_path: Path, model: str, astronaut: np.ndarray
) -> None:
    size = (256, 256)
    frames = [cv2.resize(np.roll(astronaut, 2 * i, 1), size) for i in range(30)]
    clips.write_clip(tmp_path / "one.mp4", frames, size)
    enrolled = run(tmp_path / "people", model, "Eileen", tmp_path / "one.mp4", min_face=20.0)
    gallery = Gallery.read(tmp_path / "people")
    times = [p.time_s for p in gallery.pictures]
    assert 1 < enrolled.added <= 8
    assert times == sorted(times)
    assert times[-1] - times[0] >= 0.4


def test_of_a_video_of_several_people_the_track_is_asked_for(
    tmp_path: Path, model: str, clip: Path
) -> None:
    few = {"min_face": 10.0}
    with pytest.raises(InputError, match=r"\d+ tracks: 1 \(0.0 to .* s\), .*--track"):
        run(tmp_path / "people", model, "Ana", clip, **few)
    assert run(tmp_path / "people", model, "Ana", clip, tracks=(2,), **few).added >= 1
    with pytest.raises(InputError, match="no such track: 99"):
        run(tmp_path / "other", model, "Ana", clip, tracks=(99,), **few)


@pytest.mark.parametrize("name", ["unknown", "=1+1", "a|b", "", "a\nb"])
def test_names_that_nobody_can_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="name"):
        run(tmp_path, None, name, tmp_path)


def test_somebody_is_removed_and_others_stay(tmp_path: Path, model: str, pictures: Path) -> None:
    run(tmp_path, model, "Eileen", pictures / "good.png")
    run(tmp_path, model, "Ana", pictures / "lighter.png")
    assert remove("EILEEN", tmp_path) == ("Eileen", 1)
    assert Gallery.read(tmp_path).names == ("Ana",)
    assert len(list((tmp_path / THUMBNAILS).iterdir())) == 1
    with pytest.raises(UsageError, match="nobody has the name Eileen") as caught:
        remove("Eileen", tmp_path)
    assert "Ana" in caught.value.hint
    with pytest.raises(GalleryError, match="no gallery"):
        remove("Ana", tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_two_commands_do_not_change_one_gallery_at_once(
    tmp_path: Path, model: str, pictures: Path
) -> None:
    from tests.vidfx_command import run_python

    run(tmp_path, model, "Eileen", pictures / "good.png")
    code = """
import sys
from pathlib import Path
from vidfx.enrol.add import writing
from vidfx.errors import OutputError
try:
    with writing(Path(sys.argv[1])):
        print("written")
except OutputError as error:
    print(error)
"""
    from vidfx.enrol.add import writing

    with writing(tmp_path):
        assert "another process is changing" in run_python(code, tmp_path).stdout
    assert run_python(code, tmp_path).stdout == "written\n"
    assert OutputError.exit_code == 1
