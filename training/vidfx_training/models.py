"""The networks that vidfx trains, and the wrapper that makes one take what the pipeline has.

Every network takes (N, C, S, S) float 0..1, C = 3 (RGB) or 1 (grey), any S of 16 or more, and
gives logits (N, K). ``features`` gives what the head sees, (N, F).
"""

# torch and torchvision leave the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models import resnet18

from vidfx_training.recipe import Model, Recipe

VGGFACE_MEANS = (129.186, 104.762, 93.594)
"""Of Parkhi's published network: RGB in 0..255, taken away without a division."""


class Normalise(nn.Module):
    """From 0..1 to what the first layer wants."""

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
    """Normalisation, a backbone, dropout and one linear layer."""

    def __init__(self, model: Model, classes: int, channels: int) -> None:
        super().__init__()
        self.normalise = Normalise(model.norm)
        self.channels = 1 if model.arch == "small" and channels == 1 else 3
        backbone, width = _backbone(model, self.channels)
        self.backbone = backbone
        self.dropout = nn.Dropout(model.dropout)
        self.head = nn.Linear(width, classes)
        nn.init.normal_(self.head.weight, std=0.01)
        nn.init.zeros_(self.head.bias)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """(N, F): what the head sees."""
        if x.shape[1] != self.channels:
            x = x.expand(-1, self.channels, -1, -1)
        return self.backbone(self.normalise(x))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.dropout(self.features(x)))

    def last_stage(self) -> tuple[str, ...]:
        """Prefixes of the names of the parameters nearest to the head."""
        return ("head.", *(f"backbone.{name}" for name in self.backbone.LAST))  # pyright: ignore


def build(recipe: Recipe, classes: int) -> Network:
    """The recipe's network with random weights."""
    return Network(recipe.model, classes, 1 if recipe.input.colour == "grey" else 3)


def _backbone(model: Model, channels: int) -> tuple[nn.Module, int]:
    if model.arch == "small":
        return SmallFaceNet(model.width, channels), 4 * model.width
    if model.arch == "vggface":
        return Vgg16(fc=model.head == "fc"), 4096 if model.head == "fc" else 512
    return ResNet18(), 512


class ResNet18(nn.Module):
    """torchvision's ResNet-18 (He 2016) without its last layer; names as there."""

    LAST = ("net.layer4",)

    def __init__(self) -> None:
        super().__init__()
        self.net = resnet18()
        self.net.fc = nn.Identity()  # pyright: ignore[reportAttributeAccessIssue]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x)


class Vgg16(nn.Module):
    """VGG-16 (Simonyan 2015) under the names of VGGFace's published file (Parkhi 2015).

    ``fc`` keeps fc6 and fc7, which want 7 x 7 at conv5 and so 224 px, and are pooled to it from
    other sizes; without them conv5's mean goes to the head.
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


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with a squeeze-and-excitation gate (He 2016; Hu 2018)."""

    def __init__(self, cin: int, cout: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(cout, cout // 8, 1),
            nn.ReLU(),
            nn.Conv2d(cout // 8, cout, 1),
            nn.Sigmoid(),
        )
        self.skip = (
            nn.Identity()
            if cin == cout and stride == 1
            else nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return torch.relu(y * self.gate(y) + self.skip(x))


class SmallFaceNet(nn.Module):
    """A residual network of ours for faces of about 48 x 48 pixels."""

    LAST = ("body.4", "body.5")

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(channels, 32, 3, 1, 1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Conv2d(32, width, 3, 2, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        )
        self.body = nn.Sequential(
            ResidualBlock(width, width, 1),
            ResidualBlock(width, width, 1),
            ResidualBlock(width, 2 * width, 2),
            ResidualBlock(2 * width, 2 * width, 1),
            ResidualBlock(2 * width, 4 * width, 2),
            ResidualBlock(4 * width, 4 * width, 1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(self.stem(x)).mean(dim=(2, 3))


class CropClassifier(nn.Module):
    """A network as the pipeline runs it: crops in, calibrated probabilities out.

    ``forward`` takes (N, 3, crop, crop) uint8 RGB and returns (N, K) float32, rows sum to 1.
    """

    luma: torch.Tensor

    def __init__(self, net: nn.Module, recipe: Recipe, temperature: float) -> None:
        super().__init__()
        self.net = net
        self.grey = recipe.input.colour == "grey"
        self.shrink = recipe.crop // recipe.input.side
        self.temperature = temperature
        luma = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
        self.register_buffer("luma", luma, persistent=False)

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        x = crops.float() / 255
        if self.grey:
            x = (x * self.luma).sum(dim=1, keepdim=True)
        if self.shrink > 1:
            x = F.avg_pool2d(x, self.shrink)
        return torch.softmax(self.net(x) / self.temperature, dim=1)
