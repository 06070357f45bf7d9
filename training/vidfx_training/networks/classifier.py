"""The networks that vidfx trains, and the wrapper that runs one on crops of the pipeline.

Every network takes (N, C, S, S) float 0..1, C = 3 (RGB) or 1 (grey), any S of 16 or more, and
returns logits (N, K). ``features`` returns the input of the head, (N, F).
"""

# torch and torchvision leave the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models import resnet18

from vidfx_engines.luma import BT601
from vidfx_training.recipe import Model, Recipe

VGGFACE_MEANS = (129.186, 104.762, 93.594)
"""Mean RGB, 0..255, of Parkhi's published network, which has no standard deviation."""


class Normalise(nn.Module):
    """From 0..1 to the normalised input of the first layer."""

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, norm: str) -> None:
        super().__init__()
        self.norm = norm
        mean, std = {
            "picture": ((0.0,) * 3, (1.0,) * 3),
            "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
            "vggface": (tuple(m / 255 for m in VGGFACE_MEANS), (1 / 255,) * 3),
        }[norm]
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.norm != "picture":
            return (x - self.mean) / self.std
        mean = x.mean(dim=(1, 2, 3), keepdim=True)
        spread = (x - mean).square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
        return (x - mean) / (spread + 0.02)


class Network(nn.Module):
    """Normalisation, a backbone, dropout and a linear head."""

    def __init__(self, model: Model, classes: int, channels: int) -> None:
        super().__init__()
        self.normalise = Normalise(model.norm)
        self.channels = 1 if model.arch == "small" and channels == 1 else 3
        self.mirror = model.mirror
        backbone, width = _backbone(model, self.channels)
        self.backbone = backbone
        self.dropout = nn.Dropout(model.dropout)
        self.head = nn.Linear(width, classes)
        nn.init.normal_(self.head.weight, std=0.01)
        nn.init.zeros_(self.head.bias)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """(N, F): the input of the head."""
        if x.shape[1] != self.channels:
            x = x.expand(-1, self.channels, -1, -1)
        return self.backbone(self.normalise(x))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.mirror and not self.training:
            both = self.head(self.features(torch.cat([x, x.flip(-1)])))
            return both.unflatten(0, (2, x.shape[0])).mean(0)
        return self.head(self.dropout(self.features(x)))

    def last_stage(self) -> tuple[str, ...]:
        """Name prefixes of the parameters of the last stage and the head."""
        return ("head.", *(f"backbone.{name}" for name in self.backbone.LAST))  # pyright: ignore


def build(recipe: Recipe, classes: int) -> Network:
    """The recipe's network with random weights."""
    return Network(recipe.model, classes, 1 if recipe.input.colour == "grey" else 3)


def _backbone(model: Model, channels: int) -> tuple[nn.Module, int]:
    if model.arch == "small":
        return SmallFaceNet(model.width, channels), SmallFaceNet.HIDDEN
    if model.arch == "vggface":
        return Vgg16(fc=model.head == "fc"), 4096 if model.head == "fc" else 512
    return ResNet18(), 512


class ResNet18(nn.Module):
    """torchvision's ResNet-18 (He 2016) without its last layer, with its parameter names."""

    LAST = ("net.layer4",)

    def __init__(self) -> None:
        super().__init__()
        self.net = resnet18()
        self.net.fc = nn.Identity()  # pyright: ignore[reportAttributeAccessIssue]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x)


class Vgg16(nn.Module):
    """VGG-16 (Simonyan 2015) under the names of VGGFace's published file (Parkhi 2015).

    ``fc`` keeps fc6 and fc7, which need 7 x 7 at conv5, that is 224 px; other sizes are pooled to
    it. Without them the mean of conv5 goes to the head.
    """

    LAST = ("conv5", "fc")
    STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))

    def __init__(self, *, fc: bool) -> None:
        super().__init__()
        self.stages: list[list[str]] = []
        cin = 3
        for stage, widths in enumerate(self.STAGES, 1):
            names = [f"conv{stage}_{i}" for i in range(1, len(widths) + 1)]
            for name, cout in zip(names, widths, strict=True):
                conv = nn.Conv2d(cin, cout, 3, padding=1)
                nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
                self.add_module(name, conv)
                cin = cout
            self.stages.append(names)
        self.fc = fc
        if fc:
            self.fc6 = nn.Linear(512 * 7 * 7, 4096)
            self.fc7 = nn.Linear(4096, 4096)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for names in self.stages:
            for name in names:
                x = torch.relu(self.get_submodule(name)(x))
            x = F.max_pool2d(x, 2, ceil_mode=True)
        if not self.fc:
            return x.mean(dim=(2, 3))
        x = F.adaptive_avg_pool2d(x, 7).flatten(1)
        x = F.dropout(torch.relu(self.fc6(x)), 0.5, self.training)
        return torch.relu(self.fc7(x))


class SmallFaceNet(nn.Module):
    """Our network for faces of about 48 x 48 pixels, after VGG (Simonyan 2015).

    Four pairs of convolutions, each followed by pooling, and a hidden layer over the remaining
    3 x 3: the position of a feature on the face matters, and a global average would lose it.
    """

    LAST = ("body.3", "fc")
    HIDDEN = 512

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        stages: list[nn.Module] = []
        cin = channels
        for cout in (width, 2 * width, 4 * width, 8 * width):
            layers: list[nn.Module] = []
            for given in (cin, cout):
                conv = nn.Conv2d(given, cout, 3, padding=1, bias=False)
                layers += [conv, nn.BatchNorm2d(cout), nn.ReLU()]
            stages.append(nn.Sequential(*layers, nn.MaxPool2d(2, ceil_mode=True)))
            cin = cout
        self.body = nn.Sequential(*stages)
        self.fc = nn.Sequential(
            nn.Dropout(0.2),
            nn.Linear(cin * 9, self.HIDDEN, bias=False),
            nn.BatchNorm1d(self.HIDDEN),
            nn.ReLU(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(F.adaptive_avg_pool2d(self.body(x), 3).flatten(1))


class CropClassifier(nn.Module):
    """A network as it is exported: crops to calibrated probabilities.

    ``forward`` takes (N, 3, crop, crop) uint8 RGB and returns (N, K) float32, rows sum to 1.
    """

    luma: torch.Tensor

    def __init__(self, net: nn.Module, recipe: Recipe, temperature: float) -> None:
        super().__init__()
        self.net = net
        self.grey = recipe.input.colour == "grey"
        self.shrink = recipe.crop // recipe.input.side
        self.temperature = temperature
        luma = torch.tensor(list(BT601)).view(1, 3, 1, 1)
        self.register_buffer("luma", luma, persistent=False)

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        x = crops.float() / 255
        if self.grey:
            x = (x * self.luma).sum(dim=1, keepdim=True)
        if self.shrink > 1:
            x = F.avg_pool2d(x, self.shrink)
        return torch.softmax(self.net(x) / self.temperature, dim=1)
