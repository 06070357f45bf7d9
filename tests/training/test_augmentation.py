"""Training pictures change, within bounds, and the same way for the same seed."""

from __future__ import annotations

from dataclasses import fields

import pytest

pytest.importorskip("torch")
import torch

from vidfx_training.transforms import Augmentation, augment, mixup

NOTHING = Augmentation(**{field.name: 0.0 for field in fields(Augmentation)})


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(n: int = 6, side: int = 24) -> torch.Tensor:
    return torch.rand((n, 1, side, side), generator=generator(9))


def test_shape_and_range() -> None:
    strong = Augmentation(0.5, 90, 0.8, 0.5, 1.0, 0.5, 0.5, 0.9)
    x = noise()
    y = augment(x, strong, generator())
    assert y.shape == x.shape
    assert y.dtype == torch.float32
    assert y.min() >= 0
    assert y.max() <= 1
    assert y.isfinite().all()


def test_the_same_seed_gives_the_same_pictures() -> None:
    x = noise()
    first = augment(x, Augmentation(), generator(4))
    assert torch.equal(first, augment(x, Augmentation(), generator(4)))
    assert not torch.equal(first, augment(x, Augmentation(), generator(5)))


def test_the_pictures_given_are_not_written_to() -> None:
    x = noise()
    before = x.clone()
    augment(x, Augmentation(), generator())
    assert torch.equal(x, before)


def test_all_zero_changes_nothing() -> None:
    x = noise()
    # Black becomes 0.001, so that a power of it has a slope.
    assert torch.allclose(augment(x, NOTHING, generator()), x, atol=1.1e-3)


def test_flip_is_a_mirror_image() -> None:
    x = noise()
    y = augment(x, Augmentation(**{**vars(NOTHING), "flip": 1.0}), generator())
    assert torch.allclose(y, x.flip(3), atol=1.1e-3)


def test_every_picture_changes_by_its_own_amounts() -> None:
    x = noise(1).repeat(8, 1, 1, 1)
    y = augment(x, Augmentation(), generator())
    assert len({tuple(picture.flatten().tolist()) for picture in y}) == 8


def test_cutout_erases_at_most_its_square() -> None:
    how = Augmentation(**{**vars(NOTHING), "cutout": 0.5})
    x = noise(64)
    changed = ((augment(x, how, generator()) - x).abs() > 2e-3).float().sum(dim=(1, 2, 3))
    assert changed.max() <= 12 * 12
    assert changed.mean() > 4


def test_mixup_blends_pictures_and_targets_alike() -> None:
    x = torch.eye(4).view(4, 1, 2, 2)
    target = torch.eye(4)
    mixed, goal = mixup(x, target, 1.0, generator(1))
    assert torch.allclose(mixed.view(4, 4), goal)
    assert torch.allclose(goal.sum(1), torch.ones(4))
    assert not torch.equal(goal, target)
    again, _ = mixup(x, target, 1.0, generator(1))
    assert torch.equal(mixed, again)


def test_no_mixup() -> None:
    x, target = noise(4), torch.eye(4)
    mixed, goal = mixup(x, target, 0.0, generator())
    assert mixed is x
    assert goal is target


@pytest.mark.parametrize("alpha", [0.01, 0.1, 5.0])
def test_the_weight_of_mixup_is_one(alpha: float) -> None:
    for seed in range(50):
        _, goal = mixup(noise(4), torch.eye(4), alpha, generator(seed))
        assert goal.min() >= 0
        assert torch.allclose(goal.sum(1), torch.ones(4))
