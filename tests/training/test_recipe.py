"""Recipes are read whole, and a wrong one is one line before anything begins."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")

from vidfx_training.recipe import read_recipe

RECIPES = sorted((Path(__file__).parents[2] / "training" / "recipes").glob("*.toml"))
GOOD = RECIPES[0].read_text(encoding="utf-8")


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.stem)
def test_the_repository_s_recipes_can_be_read(path: Path) -> None:
    recipe = read_recipe(path)
    assert len(recipe.labels) >= 2
    assert recipe.schedule.sides[-1][1] == recipe.side
    assert recipe.licence
    assert recipe.training_data


def test_everything_in_the_file_arrives(tmp_path: Path) -> None:
    text = GOOD.replace("epochs = 36", "epochs = 7").replace("cutout = 0.25", "cutout = 0.5")
    recipe = read_recipe(_written(tmp_path, text))
    assert recipe.name == "emotion-embedded"
    assert recipe.labels == ("angry", "happy", "neutral", "sad")
    assert (recipe.side, recipe.width, recipe.min_face_px) == (48, 40, 20)
    assert recipe.schedule.epochs == 7
    assert recipe.schedule.sides == ((0.0, 32), (0.5, 40), (0.78, 48))
    assert recipe.schedule.augmentation.cutout == 0.5


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("epochs = 36", "epochs = ", "line"),
        ("epochs = 36", 'epochs = "36"', "epochs"),
        ("epochs = 36", "epochs = 0", "epochs"),
        ("epochs = 36", "epochs = 1.5", "epochs"),
        ("epochs = 36", "eopchs = 36", "eopchs"),
        ("compile = true", "compile = 1", "compile"),
        ("flip = 0.5", "flip = true", "flip"),
        ("flip = 0.5", "mirror = 0.5", "mirror"),
        ("[augmentation]", "[augmentations]", "augmentation is missing"),
        ("width = 40", "", "width is missing"),
        ("width = 40", "width = 4", "width"),
        ("width = 40", "width = 40\ndepth = 3", "depth"),
        ("side = 48", 'side = "48"', "side"),
        ('name = "emotion-embedded"', 'name = "../emotion"', "cannot be the name"),
        ('name = "emotion-embedded"', "name = 3", "name"),
        ('labels = ["angry", "happy", "neutral", "sad"]', 'labels = "angry"', "labels"),
        ('"angry", "happy"', '"angry", "angry"', "labels"),
        ('"angry", "happy"', '"angry", 3', "3 cannot be the name"),
        ("sides = [[0.0, 32]", "sides = [[0.1, 32]", "sides"),
        ("[[0.0, 32], [0.5, 40], [0.78, 48]]", "[]", "sides"),
        ("[[0.0, 32], [0.5, 40], [0.78, 48]]", "[32, 40]", ""),
    ],
)
def test_a_wrong_recipe_is_one_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in GOOD
    path = _written(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(ValueError, match=r"recipe\.toml: ") as caught:
        read_recipe(path)
    line = str(caught.value)
    assert says in line
    assert "\n" not in line


def test_no_such_recipe(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none\.toml: No such file"):
        read_recipe(tmp_path / "none.toml")


def _written(folder: Path, text: str) -> Path:
    path = folder / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    return path
