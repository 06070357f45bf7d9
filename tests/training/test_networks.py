"""Networks take any size, and the exported wrapper prepares a crop as the training did."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")
import torch
import torch.nn.functional as F

from vidfx_training.networks.classifier import (
    VGGFACE_MEANS,
    CropClassifier,
    Normalise,
    Vgg16,
    build,
)
from vidfx_training.recipe import Input, Model, Recipe

KINDS = [
    (Model("small", width=8), 1),
    (Model("small", width=8), 3),
    (Model("resnet18"), 1),
    (Model("resnet18", norm="imagenet"), 3),
    (Model("vggface", norm="vggface"), 3),
]


def recipe_of(model: Model, channels: int, side: int = 32, crop: int = 0) -> Recipe:
    colour = "grey" if channels == 1 else "rgb"
    return Recipe("x", "emotion", input=Input(side=side, crop=crop, colour=colour), model=model)


@pytest.mark.parametrize(("model", "channels"), KINDS)
@pytest.mark.parametrize("side", [32, 40])
def test_logits_for_every_class_at_any_size(model: Model, channels: int, side: int) -> None:
    net = build(recipe_of(model, channels), 5).eval()
    x = torch.rand(2, channels, side, side)
    logits = net(x)
    assert logits.shape == (2, 5)
    assert torch.allclose(net.head(net.features(x)), logits, atol=1e-5)
    last = [n for n, _ in net.named_parameters() if n.startswith(net.last_stage())]
    assert 2 < len(last) < len(list(net.parameters()))


def test_vgg_bears_the_published_names() -> None:
    names = set(Vgg16(fc=False).state_dict())
    convs = [f"conv{s}_{i}" for s, n in enumerate((2, 2, 3, 3, 3), 1) for i in range(1, n + 1)]
    assert names == {f"{c}.{kind}" for c in convs for kind in ("weight", "bias")}


def test_light_and_exposure_do_not_matter_to_a_picture_of_its_own_norm() -> None:
    normalise = Normalise("picture")
    x = torch.rand(2, 3, 16, 16)
    assert torch.allclose(normalise(x), normalise(0.5 * x + 0.2), atol=0.3)
    assert torch.allclose(normalise(x).mean((1, 2, 3)), torch.zeros(2), atol=1e-5)


def test_vggface_takes_its_means_away_and_divides_by_nothing() -> None:
    white = Normalise("vggface")(torch.ones(1, 3, 1, 1)).view(3)
    assert torch.allclose(white, 255 - torch.tensor(VGGFACE_MEANS), atol=1e-3)


def test_the_wrapper_equals_the_steps_by_hand() -> None:
    recipe = recipe_of(Model("small", width=8), 1, side=24, crop=48)
    net = build(recipe, 3).eval()
    torch.nn.init.normal_(net.head.weight)
    crops = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (4, 3, 48, 48), np.uint8))
    weights = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    grey = (crops.float() * weights).sum(1, keepdim=True) / 255
    wanted = F.softmax(net(F.avg_pool2d(grey, 2)) / 1.7, dim=1)
    found = CropClassifier(net, recipe, 1.7)(crops)
    assert torch.allclose(found, wanted, atol=1e-5)
    assert torch.allclose(found.sum(1), torch.ones(4), atol=1e-5)


def test_a_face_and_its_mirror_image_are_asked_together() -> None:
    recipe = recipe_of(Model("small", width=8, mirror=True), 1, side=24)
    net = build(recipe, 3).eval()
    torch.nn.init.normal_(net.head.weight)
    x = torch.rand(5, 1, 24, 24)
    apart = [net.head(net.features(view)) for view in (x, x.flip(-1))]
    assert torch.allclose(net(x), (apart[0] + apart[1]) / 2, atol=1e-5)
    assert torch.allclose(net(x), net(x.flip(-1)), atol=1e-5)
    torch.manual_seed(0)
    assert not torch.allclose(net.train()(x), net(x.flip(-1)), atol=1e-5), "training sees one"


def test_vgg_with_its_published_head() -> None:
    with torch.device("meta"):  # 134 million parameters, none of them made
        shapes = {n: tuple(t.shape) for n, t in Vgg16(fc=True).state_dict().items()}
    without = set(Vgg16(fc=False).state_dict())
    assert set(shapes) - without == {"fc6.weight", "fc6.bias", "fc7.weight", "fc7.bias"}
    assert shapes["conv1_1.weight"] == (64, 3, 3, 3)
    assert shapes["fc6.weight"] == (4096, 25088)
    assert shapes["fc7.weight"] == (4096, 4096)


def test_the_wrapper_gives_colours_as_they_are() -> None:
    recipe = recipe_of(Model("small", width=8), 3, side=24)
    net = build(recipe, 3).eval()
    torch.nn.init.normal_(net.head.weight)
    crops = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 3, 24, 24), np.uint8))
    wanted = F.softmax(net(crops.float() / 255), dim=1)
    found = CropClassifier(net, recipe, 1.0)(crops)
    assert torch.allclose(found, wanted, atol=1e-6)
    assert not torch.allclose(found, CropClassifier(net, recipe, 1.0)(crops.flip(1)), atol=1e-4)
