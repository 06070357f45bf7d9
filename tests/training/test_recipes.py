"""Recipes: those that come with vidfx, and one line for every mistake in another."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidfx_training.errors import RecipeError
from vidfx_training.recipe import (
    Augmentation,
    Input,
    Recipe,
    Schedule,
    named_recipe,
    read_recipe,
    recipe_for,
    recipes_folder,
)

ALL = sorted(p.stem for p in recipes_folder().glob("*.toml"))
SIX = [
    (task, arch, init)
    for task in ("recognition", "emotion")
    for arch, init in (("vggface", "vggface"), ("resnet18", "scratch"), ("resnet18", "imagenet"))
]


@pytest.mark.parametrize("name", ALL)
def test_those_that_come_with_vidfx(name: str) -> None:
    recipe = named_recipe(name)
    assert recipe.name == name
    assert Recipe.from_json(recipe.to_json()) == recipe


def test_a_batch_may_be_larger_than_any_data(tmp_path: Path) -> None:
    file = tmp_path / "one_batch.toml"
    file.write_text(GOOD + "[schedule]\nbatch = 1_000_000\nepochs = 1_000_000")
    schedule = read_recipe(file).schedule
    assert (schedule.batch, schedule.epochs) == (1_000_000, 1_000_000)


@pytest.mark.parametrize(("task", "arch", "init"), SIX)
def test_there_is_one_for_each_variant_of_the_study(task: str, arch: str, init: str) -> None:
    recipe = recipe_for(task, arch, init)
    assert (recipe.task, recipe.model.arch, recipe.model.init) == (task, arch, init)
    assert recipe.augmentation.rotation == 15
    assert recipe.augmentation.flip == 0.5


def test_a_start_from_a_file_is_tuned_like_imagenet() -> None:
    recipe = recipe_for("recognition", "resnet18", "runs/faces/best.safetensors")
    assert recipe.name == "recognition-resnet18-imagenet"
    assert recipe.schedule.head_epochs > 0


def test_vgg_from_scratch_does_not_freeze_random_layers() -> None:
    recipe = recipe_for("emotion", "vggface", "scratch")
    assert (recipe.schedule.layers, recipe.schedule.head_epochs) == ("all", 0)


def test_another_size_keeps_the_proportions() -> None:
    recipe = recipe_for("emotion", "small", "scratch")
    half = recipe.resized(recipe.input.side * 2)
    assert half.crop == recipe.crop * 2
    assert [px for _, px in half.schedule.sides] == [2 * px for _, px in recipe.schedule.sides]
    assert half.schedule.sides[-1][1] == half.input.side


GOOD = 'name = "x"\ntask = "emotion"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = ", "Invalid value"),
        ('task = "emotion"', "name: missing"),
        ('name = "x"\ntask = "age"', "task: one of recognition, emotion"),
        ('name = "../x"\ntask = "emotion"', "name: a file name of at most 50 letters"),
        (GOOD + "speed = 3", "speed: unknown; known: name"),
        (
            GOOD + "[schedule]\nlr = true",
            "schedule.lr: a number above 0 and below 100 is needed, not True",
        ),
        (
            GOOD + "[schedule]\nepochs = 1.5",
            "schedule.epochs: a whole number of at least 1 is needed, not 1.5",
        ),
        (GOOD + "[schedule]\nbatch = 0", "schedule.batch: a whole number of at least 1"),
        (GOOD + "[schedule]\nsides = [[0.5, 32]]", "the first starts at 0"),
        (GOOD + "[schedule]\nsides = [[0, 900]]", "sides[0][1]: a whole number from 16 to 512"),
        (GOOD + "[schedule]\nsides = [[0, 256]]", "none is larger than input.side"),
        (GOOD + "[schedule]\nsides = 3", "schedule.sides: a list is needed, not 3"),
        (GOOD + '[schedule]\nlayers = "head"', "the head alone needs head_epochs"),
        (GOOD.replace("emotion", "recognition") + "[votes]\nshown = 0.9", "votes.shown: only"),
        (GOOD + "[input]\nside = 50\ncrop = 75", "0 or a multiple of input.side"),
        (GOOD + '[model]\nhead = "fc"', "only vggface has fc6"),
        (GOOD + '[model]\narch = "vgg19"', "model.arch: one of"),
        ('name = "x"\ntask = "emotion"\nlabels = ["a", "a"]', "two or more different names"),
        ('name = "x"\ntask = "emotion"\nlabels = ["a", "=b"]', "labels[1]: a name of 1 to 64"),
        ("input = 3\n" + GOOD, "input: a table is needed, not 3"),
        (f'name = "{"x" * 51}"\ntask = "emotion"', "name: a file name of at most 50 letters"),
        (GOOD + 'licence = " "', "licence: a text of 1 to 10000 characters is needed"),
        (GOOD + 'training_data = "a\\u0007"', "training_data: has control characters"),
        (GOOD + "[schedule]\nlr = nan", "schedule.lr: a number above 0"),
        (
            GOOD + "[schedule]\nseed = -1",
            "schedule.seed: a whole number from 0 to 4294967295 is needed",
        ),
        (
            GOOD + "[schedule]\nseed = 4294967296",
            "schedule.seed: a whole number from 0 to 4294967295 is needed",
        ),
        (
            GOOD + "[schedule]\nlabel_smoothing = 1.5",
            "schedule.label_smoothing: a number from 0 to 0.9",
        ),
        (GOOD + "[schedule]\nweight_decay = -0.1", "schedule.weight_decay: a number of at least 0"),
        (GOOD + "[schedule]\npatience = -1", "schedule.patience: a whole number of at least 0"),
        (GOOD + "[schedule]\nwarmup = inf", "schedule.warmup: a number of at least 0"),
        (
            GOOD + "[schedule]\nema = 1.0",
            "schedule.ema: a number of at least 0 and below 1 is needed, not 1.0",
        ),
        (GOOD + "[augmentation]\njpeg = 1.5", "augmentation.jpeg: a number from 0 to 1"),
        (GOOD + "[augmentation]\nnoise = nan", "augmentation.noise: a number from 0 to 1"),
        (GOOD + "[augmentation]\nmixup = -1.0", "augmentation.mixup: a number from 0 to 100"),
        (GOOD + "[input]\ncrop = -112", "input.crop: a whole number from 0 to 1024"),
        (GOOD + "[input]\nmin_face_px = -1.0", "input.min_face_px: a number from 0 to 10000"),
        (
            GOOD + "[model]\nwidth = 12",
            "model.width: a whole number from 8 to 1024 and a multiple of 8",
        ),
        (GOOD + "[model]\nwidth = 4096", "model.width: a whole number from 8 to 1024"),
    ],
)
def test_mistakes_are_one_line_with_the_file(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(RecipeError) as caught:
        read_recipe(file)
    assert said in str(caught.value)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.hint


def test_missing_ones(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="No such file"):
        read_recipe(tmp_path / "none.toml")
    with pytest.raises(RecipeError, match="no recipe is named") as caught:
        named_recipe("best")
    assert "emotion-resnet18-scratch" in caught.value.hint


share = st.floats(0, 1)


@given(
    name=st.from_regex(r"\A[a-z0-9äß][a-z0-9äß .-]{0,20}\Z"),
    labels=st.lists(st.text("abcß 漢'\"\\", min_size=1).filter(str.strip), max_size=4, unique=True),
    side=st.integers(16, 512),
    factor=st.integers(0, 2),
    starts=st.lists(st.floats(0.01, 1), max_size=3, unique=True),
    augmentation=st.builds(Augmentation, flip=share, noise=share, cutout=share),
    seed=st.integers(0, 2**32 - 1),
    lr=st.floats(1e-9, 99),
)
def test_every_recipe_survives_its_checkpoint(
    name: str, labels: list[str], side: int, factor: int, starts: list[float],
    augmentation: Augmentation, seed: int, lr: float,
) -> None:  # fmt: skip
    recipe = Recipe(
        name,
        "emotion",
        labels=tuple(labels) if len(labels) > 1 else (),
        input=Input(side=side, crop=side * factor),
        schedule=Schedule(sides=tuple((s, 16) for s in (0.0, *sorted(starts))), seed=seed, lr=lr),
        augmentation=augmentation,
    )
    assert Recipe.from_json(recipe.to_json()) == recipe


@given(st.text() | st.recursive(st.none() | st.floats() | st.text(), st.lists).map(str))
def test_what_is_no_recipe_in_a_checkpoint_is_one_line(text: str) -> None:
    with pytest.raises(RecipeError) as caught:
        Recipe.from_json(text)
    assert "\n" not in str(caught.value)


def test_options_are_checked_as_the_file_is() -> None:
    recipe = recipe_for("emotion", "small", "scratch")
    changed = recipe.with_values(schedule={"lr": 0.5, "seed": 9}, model={"width": 16})
    assert (changed.schedule.lr, changed.schedule.seed, changed.model.width) == (0.5, 9, 16)
    assert changed.augmentation == recipe.augmentation
    for table, value in (("schedule", {"epochs": 0}), ("model", {"dropout": 1.0})):
        with pytest.raises(RecipeError) as caught:
            recipe.with_values(**{table: value})
        assert table in str(caught.value)
        assert "option" in caught.value.hint
    with pytest.raises(RecipeError, match=r"input\.side"):
        recipe.resized(8)
