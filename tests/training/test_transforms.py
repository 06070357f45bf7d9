"""Augmentation does what its settings say, and depends on its seed alone."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

pytest.importorskip("torch")
import torch

from vidfx_training.loop.augmentation import Augmenter, mixup
from vidfx_training.recipe import Augmentation

NOTHING = Augmentation(**{f.name: 0.0 for f in fields(Augmentation)})


def pictures(n: int = 16, channels: int = 3, side: int = 32) -> torch.Tensor:
    rng = torch.Generator().manual_seed(0)
    return torch.randint(30, 226, (n, channels, side, side), generator=rng, dtype=torch.uint8)


def changed(x: torch.Tensor, how: Augmentation, side: int = 32, seed: int = 0) -> torch.Tensor:
    return Augmenter(how, torch.Generator().manual_seed(seed))(x, side)


def detail(x: torch.Tensor) -> float:
    return float((x[..., 1:] - x[..., :-1]).abs().mean())


def test_nothing_changes_nothing() -> None:
    x = pictures()
    assert torch.allclose(changed(x, NOTHING), x.float() / 255, atol=1e-4)


@pytest.mark.parametrize("channels", [1, 3])
def test_everything_at_once_stays_a_picture(channels: int) -> None:
    everything = replace(
        Augmentation(),
        turn=0.8,
        colour=0.3,
        grey=0.3,
        dark=0.3,
        motion=0.5,
        small=0.5,
        jpeg=0.5,
        cutout=0.5,
    )
    x = pictures(channels=channels)
    y = changed(x, everything, side=24)
    assert y.shape == (16, channels, 24, 24)
    assert 0 <= float(y.min()) <= float(y.max()) <= 1
    assert torch.equal(y, changed(x, everything, side=24))
    assert not torch.equal(y, changed(x, everything, side=24, seed=1))


def test_flip_mirrors() -> None:
    x = pictures()
    mirrored = changed(x, replace(NOTHING, flip=1.0))
    assert torch.allclose(mirrored, x.flip(-1).float() / 255, atol=1e-4)


def test_each_change_changes_what_it_names() -> None:
    x = pictures()
    plain = x.float() / 255
    dark = changed(x, replace(NOTHING, dark=1.0))
    assert float(dark.mean()) < 0.6 * float(plain.mean())
    grey = changed(x, replace(NOTHING, grey=1.0))
    assert float((grey.amax(1) - grey.amin(1)).max()) < 1e-5
    for how in ({"blur": 1.0}, {"motion": 1.0}, {"small": 1.0}):
        assert detail(changed(x, replace(NOTHING, **how))) < 0.95 * detail(plain)
    jpeg = changed(x, replace(NOTHING, jpeg=1.0))
    assert float((jpeg - plain).abs().mean()) > 0.01
    covered = changed(x, replace(NOTHING, cutout=0.8))
    same = (covered - plain).abs().amax(1) < 1e-4
    assert 0.3 < float(same.float().mean()) < 0.99
    noisy = changed(x, replace(NOTHING, noise=0.1))
    assert 0.01 < float((noisy - plain).std()) < 0.1


def test_rotation_stays_within_its_degrees() -> None:
    x = torch.zeros((64, 1, 65, 65), dtype=torch.uint8)
    x[:, :, 30:35, 60] = 255  # right of the middle
    y = changed(x, replace(NOTHING, rotation=15.0), side=65)
    at = torch.arange(65.0)
    rows = (y[:, 0].sum(2) * at).sum(1) / y[:, 0].sum((1, 2))
    columns = (y[:, 0].sum(1) * at).sum(1) / y[:, 0].sum((1, 2))
    angle = torch.rad2deg(torch.atan2(rows - 32, columns - 32))
    assert float(angle.abs().max()) < 15.5
    assert float(angle.min()) < -5 < 5 < float(angle.max())


def test_mixup_mixes_targets_as_pictures() -> None:
    x = torch.eye(4)[:, None, None]
    target = torch.eye(4)
    mixed, labels = mixup(x, target, 1.0, torch.Generator().manual_seed(1))
    assert torch.allclose(mixed[:, 0, 0], labels)
    assert torch.allclose(labels.sum(1), torch.ones(4))
    assert mixup(x, target, 0.0, torch.Generator())[0] is x


def test_black_and_white_stay_what_they_are() -> None:
    x = torch.zeros((2, 1, 32, 32), dtype=torch.uint8)
    x[1] = 255
    assert (changed(x, NOTHING) - x.float() / 255).abs().max() < 0.5 / 255


def test_another_side_is_the_same_picture() -> None:
    ramp = torch.linspace(0, 255, 48).to(torch.uint8).expand(2, 1, 48, 48)
    y = changed(ramp.contiguous(), NOTHING, side=24)
    assert y.shape == (2, 1, 24, 24)
    wanted = torch.nn.functional.avg_pool2d(ramp.float() / 255, 2)
    assert float((y - wanted).abs().max()) < 0.01


def test_light_and_colour_change_by_no_more_than_they_may() -> None:
    x = torch.full((64, 3, 16, 16), 128, dtype=torch.uint8)
    plain = 128 / 255
    contrast = changed(x, replace(NOTHING, contrast=0.3))
    assert plain**1.36 < float(contrast.min()) < 0.45
    assert 0.55 < float(contrast.max()) < plain**0.73
    colour = changed(x, replace(NOTHING, colour=0.2))
    assert float((colour.amax(1) - colour.amin(1)).mean()) > 0.02, "a cast, not a brightness"
    assert plain * 0.6 < float(colour.min()) < float(colour.max()) < plain * 1.5


def test_zoom_and_shift_stay_within_their_shares() -> None:
    x = torch.zeros((128, 1, 64, 64), dtype=torch.uint8)
    x[:, :, 28:36, 28:36] = 255
    moved = changed(x, replace(NOTHING, shift=0.1), side=64)
    at = torch.arange(64.0) + 0.5
    for dim in (2, 1):
        centre = (moved[:, 0].sum(dim) * at).sum(1) / moved[:, 0].sum((1, 2)) - 32
        assert 4 < float(centre.abs().max()) < 6.6, "a tenth of 64 px"
    area = changed(x, replace(NOTHING, scale=0.2), side=64).sum((1, 2, 3)) / 64
    assert 0.6 < float(area.min()) < 0.8, "exp(-2 x 0.2) = 0.67"
    assert 1.25 < float(area.max()) < 1.6, "exp(2 x 0.2) = 1.49"


def test_motion_blur_is_a_line_of_at_most_a_quarter_of_the_side() -> None:
    x = torch.zeros((64, 1, 65, 65), dtype=torch.uint8)
    x[:, :, 32, 32] = 255
    y = changed(x, replace(NOTHING, motion=1.0), side=65)[:, 0] - 1e-3
    assert torch.allclose(y.sum((1, 2)), torch.ones(64), atol=0.02), "no light is lost"
    at = torch.arange(65.0) - 32
    xx = (y * at**2).sum((1, 2))
    yy = (y * at.view(-1, 1) ** 2).sum((1, 2))
    xy = (y * at * at.view(-1, 1)).sum((1, 2))
    long, short = (
        (xx + yy) / 2 + sign * torch.sqrt(((xx - yy) / 2) ** 2 + xy**2) for sign in (1, -1)
    )
    length = torch.sqrt(12 * long)  # of a line with this variance
    assert float(short.max()) < 0.5, "a line is thin"
    assert 14 < float(length.max()) < 65 / 4 + 2
    assert float(length.min()) < 4
    direction = torch.atan2(2 * xy, xx - yy)
    assert float(direction.min()) < -2 < 2 < float(direction.max())


def test_motion_blur_changes_a_share_of_the_pictures() -> None:
    x = pictures(128, channels=1)
    y = changed(x, replace(NOTHING, motion=0.25))
    same = (y - x.float() / 255).abs().amax((1, 2, 3)) < 1e-4
    assert 0.6 < float(same.float().mean()) < 0.9
    assert torch.allclose(changed(x, replace(NOTHING, motion=1e-9)), x.float() / 255, atol=1e-4)


def test_a_turned_face_moves_its_middle_and_keeps_its_edges_and_its_height() -> None:
    x = torch.zeros((64, 1, 64, 64), dtype=torch.uint8)
    x[:, :, 28:36, [0, 1, 2, 31, 32, 61, 62, 63]] = 255
    y = changed(x, replace(NOTHING, turn=0.8), side=64)[:, 0]
    assert torch.allclose(y[:, 30, [0, 63]], torch.ones(64, 2), atol=0.05)
    assert float(y[:, [*range(27), *range(37, 64)]].max()) < 0.01
    at = torch.arange(64.0) + 0.5 - 32
    middle = y[:, 30].clone()
    middle[:, [*range(8), *range(56, 64)]] = 0
    moved = (middle * at).sum(1) / middle.sum(1) / 32
    assert float(moved.min()) < -0.25 < 0.25 < float(moved.max())
    assert float(moved.abs().max()) < 0.36, "a half loses up to a third of its width"
