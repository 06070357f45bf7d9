"""The networks that vidfx trains, and the wrapper that makes one take what the pipeline has."""

from __future__ import annotations

import torch
from torch import nn


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
    """A residual network for grey faces of about 48 x 48 pixels.

    ``forward`` takes (N, 1, S, S) float 0..1 and returns logits (N, classes). Every picture is
    standardised on its own, so that light and exposure do not matter.
    """

    def __init__(self, classes: int, width: int = 48, dropout: float = 0.3) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, 32, 3, 1, 1, bias=False),
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
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(4 * width, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean = x.mean(dim=(1, 2, 3), keepdim=True)
        spread = (x - mean).square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
        y = self.body(self.stem((x - mean) / (spread + 0.02)))
        return self.head(self.dropout(y.mean(dim=(2, 3))))


class CropClassifier(nn.Module):
    """``net`` as the pipeline runs it: colour crops in, calibrated probabilities out.

    ``forward`` takes (N, 3, S, S) uint8 RGB with S = 2 x the side that ``net`` was trained on,
    and returns (N, classes) float32 whose rows sum to 1.
    """

    luma: torch.Tensor

    def __init__(self, net: nn.Module, temperature: float) -> None:
        super().__init__()
        self.net = net
        self.temperature = temperature
        self.register_buffer(
            "luma", torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1) / 255, persistent=False
        )

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        grey = (crops.float() * self.luma).sum(dim=1, keepdim=True)
        grey = nn.functional.avg_pool2d(grey, 2)
        return torch.softmax(self.net(grey) / self.temperature, dim=1)
