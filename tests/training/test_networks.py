"""What the networks take and give."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
import torch
from torch import nn

from vidfx_training.models import CropClassifier, SmallFaceNet


@pytest.fixture(scope="module")
def net() -> SmallFaceNet:
    torch.manual_seed(0)
    return SmallFaceNet(4, width=8).eval()


@pytest.mark.parametrize("side", [32, 40, 48])
@pytest.mark.parametrize("n", [1, 3])
def test_logits_for_every_picture(net: SmallFaceNet, n: int, side: int) -> None:
    with torch.inference_mode():
        assert net(torch.rand(n, 1, side, side)).shape == (n, 4)


def test_light_and_contrast_do_not_matter(net: SmallFaceNet) -> None:
    x = torch.rand(5, 1, 48, 48)
    with torch.inference_mode():
        base, shifted = net(x), net(x * 0.7 + 0.25)
        brighter = net(x + 0.3)
    assert torch.allclose(base, brighter, atol=1e-4)
    # A little constant keeps flat pictures from becoming all noise.
    assert torch.allclose(base, shifted, atol=0.05 * float(base.std() + 1))
    assert torch.equal(base.argmax(1), shifted.argmax(1))


def test_a_flat_picture_is_no_division_by_zero(net: SmallFaceNet) -> None:
    with torch.inference_mode():
        assert net(torch.full((2, 1, 48, 48), 0.5)).isfinite().all()


def test_probabilities_of_uint8_crops(net: SmallFaceNet) -> None:
    crops = torch.randint(0, 256, (3, 3, 96, 96), dtype=torch.uint8)
    with torch.inference_mode():
        prob = CropClassifier(net, 1.5).eval()(crops)
    assert prob.shape == (3, 4)
    assert prob.dtype == torch.float32
    assert torch.allclose(prob.sum(1), torch.ones(3), atol=1e-6)


def test_crops_reach_the_network_grey_halved_and_in_0_to_1() -> None:
    seen: list[torch.Tensor] = []

    class Spy(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            seen.append(x)
            return x.mean(dim=(2, 3)).repeat(1, 2)

    crops = torch.zeros((2, 3, 8, 8), dtype=torch.uint8)
    crops[0] = 255
    crops[1, 0] = 255
    CropClassifier(Spy(), 1.0)(crops)
    assert seen[0].shape == (2, 1, 4, 4)
    assert torch.allclose(seen[0][0], torch.tensor(1.0))
    assert torch.allclose(seen[0][1], torch.tensor(0.299))


def test_a_higher_temperature_is_less_sure(net: SmallFaceNet) -> None:
    crops = torch.randint(0, 256, (4, 3, 96, 96), dtype=torch.uint8)
    with torch.inference_mode():
        sure, unsure = CropClassifier(net, 0.5)(crops), CropClassifier(net, 4.0)(crops)
    assert torch.equal(sure.argmax(1), unsure.argmax(1))
    assert (sure.max(1).values > unsure.max(1).values).all()
