"""The packaged detector: canvases, which point predicts which face, training, the file."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from vidfx.stages.detect import Detector
from vidfx.types import Frame
from vidfx_engines.select import select
from vidfx_training.detector.export import export
from vidfx_training.detector.labelled_images import FaceLabels, read_labelled_images
from vidfx_training.detector.loss import Truth, assign, generalised_overlap, losses, overlaps
from vidfx_training.detector.mosaic import MIRRORED, MosaicMaker, visible_faces
from vidfx_training.detector.mosaic_batches import MOST, stacked
from vidfx_training.detector.network import DetectorNet, decoded
from vidfx_training.detector.recipe import DetectorRecipe, read_detector_recipe
from vidfx_training.detector.train import load, train, weights_of
from vidfx_training.errors import RecipeError, TrainingError
from vidfx_training.recipe import recipes_folder

CPU = torch.device("cpu")
RECIPE = """
name = "tiny"
licence = "CC0"
training_data = "drawn"
threshold = 0.6
sharpness = 2.0
[network]
widths = [8, 8, 16, 16, 16]
depths = [1, 1, 1]
features = 16
[canvas]
side = 96
[canvas.shares]
drawn = 1.0
[schedule]
steps = 40
batch = 4
lr = 5e-3
weight_decay = 0.0
warmup = 4
ema = 0.8
seed = 3
"""


def face_in(side: int) -> tuple[np.ndarray, list[float]]:
    """A disc with eyes and a mouth on grey, and its row."""
    pixels = np.full((side, side, 3), 90, np.uint8)
    middle, radius = side // 2, side // 4
    cv2.circle(pixels, (middle, middle), radius, (220, 190, 170), -1)
    marks = [(-0.4, -0.3), (0.4, -0.3), (0, 0.1), (-0.3, 0.5), (0.3, 0.5)]
    at = [(middle + x * radius, middle + y * radius) for x, y in marks]
    for x, y in at:
        cv2.circle(pixels, (round(x), round(y)), max(1, radius // 8), (20, 20, 20), -1)
    box = [middle - radius, middle - radius, middle + radius, middle + radius]
    return pixels, [*map(float, box), 1.0, *(float(v) for xy in at for v in xy)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("faces")
    entries: list[dict[str, object]] = []
    (out / "drawn").mkdir()
    for number, side in enumerate((64, 96, 128, 160)):
        pixels, row = face_in(side)
        cv2.imwrite(str(out / "drawn" / f"{number}.png"), pixels[..., ::-1])
        entries.append(
            {"file": f"drawn/{number}.png", "fold": number % 2, "faces": [row], "unsure": []}
        )
    (out / "faces.json").write_text(json.dumps({"pictures": entries}))
    return out


@pytest.fixture
def recipe(tmp_path: Path) -> DetectorRecipe:
    (tmp_path / "tiny.toml").write_text(RECIPE)
    return read_detector_recipe(tmp_path / "tiny.toml")


def truth_of(*boxes: tuple[float, float, float, float]) -> Truth:
    box = torch.tensor(boxes, dtype=torch.float32).reshape(1, -1, 4)
    count = box.shape[1]
    middle = (box[..., :2] + box[..., 2:]) / 2
    yes = torch.ones((1, count), dtype=torch.bool)
    return Truth(box, middle[:, :, None].expand(1, count, 5, 2), yes, yes, torch.zeros((1, 1, 4)))


def test_a_face_moves_with_its_picture() -> None:
    _, row = face_in(64)
    faces = FaceLabels(
        np.array([row[:4]], np.float32), np.array(row[5:], np.float32).reshape(1, 5, 2),
        np.array([True]), np.zeros((0, 4), np.float32),
    )  # fmt: skip
    still = np.array([[1.0, 0, 0], [0, 1, 0]])
    same = visible_faces(faces, still, 1.0, (64, 64), flip=False)
    np.testing.assert_allclose(same.box, faces.box)
    mirror = np.array([[-1.0, 0, 64], [0, 1, 0]])
    flipped = visible_faces(faces, mirror, 1.0, (64, 64), flip=True)
    np.testing.assert_allclose(flipped.box, faces.box)  # it is in the middle
    expected = faces.marks[:, MIRRORED] * (-1, 1) + (64, 0)
    np.testing.assert_allclose(flipped.marks, expected)
    assert flipped.marks[0, 0, 0] < flipped.marks[0, 1, 0]  # the first eye is still the left one
    cut = visible_faces(faces, np.array([[1.0, 0, 0], [0, 1, 38]]), 1.0, (64, 64), flip=False)
    assert not len(cut.box) and len(cut.unsure) == 1
    tiny = visible_faces(faces, still / 8, 1 / 8, (8, 8), flip=False)
    assert not len(tiny.box) and len(tiny.unsure) == 1


def test_canvases_are_full_of_faces_and_the_same_for_a_seed(folder: Path) -> None:
    pictures = read_labelled_images(folder)

    def drawn() -> list[np.ndarray]:
        painter = MosaicMaker(pictures, {"drawn": 1.0, "absent": 9.0}, 128, (1, 2))
        cv2.setRNGSeed(1)
        canvases = [painter.draw() for _ in range(12)]
        batch = stacked(0, canvases)
        assert batch.pixels.shape == (12, 3, 128, 128)
        assert batch.truth.is_face.sum() == sum(min(MOST, len(c.faces.box)) for c in canvases)
        for canvas in canvases:
            assert canvas.faces.box.min(initial=0) >= 0 and canvas.faces.box.max(initial=0) <= 128
        assert sum(len(c.faces.box) for c in canvases) > 12
        return [c.pixels for c in canvases]

    for one, other in zip(drawn(), drawn(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_points_answer_for_the_face_they_fit_best() -> None:
    truth = truth_of((10, 10, 50, 50), (60, 60, 66, 66))
    corners = torch.tensor([[30.0, 30], [20, 20], [90, 90], [64, 64]])
    strides = torch.full((4, 1), 8.0)
    box = torch.tensor([[10.0, 10, 50, 50], [5, 5, 45, 45], [80, 80, 99, 99], [60, 60, 66, 66]])
    found = assign(torch.full((1, 4), 0.5), box[None], corners, strides, truth)
    assert found.positive.tolist() == [[True, True, False, True]]
    assert found.face[0, [0, 1, 3]].tolist() == [0, 0, 1]
    best, worse, none, tiny = found.score[0].tolist()
    assert best == pytest.approx(1) and tiny == pytest.approx(1)
    assert 0 < worse < best and none == 0


def test_overlaps() -> None:
    a = torch.tensor([[[0.0, 0, 10, 10]]])
    b = torch.tensor([[[0.0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30]]])
    np.testing.assert_allclose(overlaps(a, b)[0, 0], [1, 1 / 3, 0], atol=1e-6)
    apart = generalised_overlap(a[0].expand(3, 4), b[0])
    np.testing.assert_allclose(apart[:2], [1, 1 / 3], atol=1e-6)
    assert apart[2] < 0  # and so it still says where to go


def test_nothing_is_learned_from_uncertain_points() -> None:
    torch.manual_seed(0)
    net = DetectorNet((8, 8, 16, 16, 16), (1, 1, 1), 16)
    maps = net(torch.zeros((1, 3, 64, 64)))
    sure = truth_of((8, 8, 40, 40))
    everywhere = replace(sure, unsure=torch.tensor([[[-1.0, -1, 65, 65]]]))
    with_all, without = losses(maps, sure)[1]["score"], losses(maps, everywhere)[1]["score"]
    assert without < with_all


def test_it_learns_and_goes_on_from_weights(
    recipe: DetectorRecipe, folder: Path, tmp_path: Path
) -> None:
    pictures = read_labelled_images(folder)
    steps = train(recipe, pictures, tmp_path / "run", without=(None, 1), device=CPU)
    assert steps == 40
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").open()]
    assert set(lines[-1]["loss"]) == {"all"} or "without-1" in lines[-1]["loss"]
    again = train(recipe, pictures, tmp_path / "again", device=CPU)
    assert again == 40
    first = load(recipe, weights_of(tmp_path / "again", "all"))
    short = replace(recipe, schedule=replace(recipe.schedule, steps=1, lr=0.0))
    train(short, pictures, tmp_path / "on", device=CPU, init=weights_of(tmp_path / "again", "all"))
    kept = load(recipe, weights_of(tmp_path / "on", "all"))
    for name, weight in first.named_parameters():
        torch.testing.assert_close(dict(kept.named_parameters())[name], weight)
    untrained = DetectorNet((8, 8, 16, 16, 16), (1, 1, 1), 16).eval()
    canvases = MosaicMaker(pictures, {"drawn": 1.0}, 96, (9,))
    batch = stacked(0, [canvases.draw() for _ in range(8)])
    with torch.no_grad():
        before, after = (
            float(losses(net(batch.pixels), batch.truth)[0]) for net in (untrained, first)
        )
    assert after < before


@pytest.mark.parametrize("backend", ["openvino", "onnxruntime"])
def test_the_file_says_what_the_network_says(
    recipe: DetectorRecipe, folder: Path, tmp_path: Path, backend: str
) -> None:
    """Through the decoder that reads SCRFD, with a threshold that moved."""
    train(recipe, read_labelled_images(folder), tmp_path, device=CPU)
    path = export(recipe, tmp_path, "all", half=False)
    pixels, _ = face_in(128)
    with torch.no_grad():
        net = load(recipe, weights_of(tmp_path, "all"))
        logit, box, marks, _, _ = decoded(net(torch.from_numpy(pixels).permute(2, 0, 1)[None]))
    best = int(logit.argmax())
    moved = torch.sigmoid(2 * (logit[0, best] - np.log(0.6 / 0.4)))
    engine = select(path, device="cpu", backend=backend, precision="f32").engine  # pyright: ignore
    found = Detector(engine, threshold=0.0, long_side=128)([Frame(0, 0, pixels)])
    assert found.score[0] == pytest.approx(float(moved), abs=1e-4)
    np.testing.assert_allclose(found.box[0], box[0, best], atol=1e-2)
    np.testing.assert_allclose(found.landmarks[0], marks[0, best], atol=1e-2)
    engine.close()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("licence", "license", "license: unknown; known: name, licence"),
        ("steps = 40", "pace = 40", "schedule.pace: unknown"),
        ("[network]", "[network", "tiny.toml"),
    ],
)
def test_a_wrong_recipe_is_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    (tmp_path / "tiny.toml").write_text(RECIPE.replace(old, new))
    with pytest.raises(RecipeError, match=said.replace("[", r"\[")) as caught:
        read_detector_recipe(tmp_path / "tiny.toml")
    assert "\n" not in str(caught.value)


def test_the_recipes_that_come_with_it_can_be_read() -> None:
    found = sorted((recipes_folder() / "detector").glob("*.toml"))
    assert len(found) == 2
    for path in found:
        assert read_detector_recipe(path).schedule.steps > 0


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"file": "../x.jpg", "fold": 0, "faces": [], "unsure": []}, "leads out of the folder"),
        ({"file": "x.jpg", "fold": 0, "faces": []}, "unsure"),
        ({"file": "x.jpg", "fold": 0, "faces": [[1, 2]], "unsure": []}, "cannot reshape"),
    ],
)
def test_wrong_pictures_are_one_line(tmp_path: Path, entry: dict[str, object], said: str) -> None:
    (tmp_path / "x.jpg").write_bytes(b"")
    (tmp_path / "faces.json").write_text(json.dumps({"pictures": [entry]}))
    with pytest.raises(TrainingError, match=said) as caught:
        read_labelled_images(tmp_path)
    assert "\n" not in str(caught.value)
    with pytest.raises(TrainingError, match="No such file"):
        read_labelled_images(tmp_path / "nowhere")


def test_weights_can_be_read_by_whom_the_umask_allows(
    recipe: DetectorRecipe, folder: Path, tmp_path: Path
) -> None:
    short = replace(recipe, schedule=replace(recipe.schedule, steps=1))
    before = os.umask(0o022)
    try:
        train(short, read_labelled_images(folder), tmp_path / "run", device=CPU)
    finally:
        os.umask(before)
    assert weights_of(tmp_path / "run", "all").stat().st_mode & 0o777 == 0o644
