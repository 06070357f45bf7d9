"""Random augmentation of whole batches, from one seeded generator."""

# torch and torchvision leave the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false

from __future__ import annotations

import math

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from vidfx_training.recipe import Augmentation


class Augmenter:
    """Augments each picture of a batch with random amounts of its own."""

    def __init__(
        self,
        how: Augmentation,
        rng: torch.Generator,
        device: torch.device | str = "cpu",
    ) -> None:
        self.how = how
        self.rng = rng
        "on the CPU, so that a seed augments alike on every device, except for noise"
        self.device = torch.device(device)
        self.noise = rng
        if self.device.type != "cpu":
            self.noise = torch.Generator(self.device).manual_seed(rng.initial_seed())

    def __call__(self, x: torch.Tensor, side: int) -> torch.Tensor:
        """(N, C, S, S) uint8 on the CPU to (N, C, side, side) float 0..1 on the device."""
        how = self.how
        x = self._jpeg(x) if how.jpeg else x
        x = self._warp(x.to(self.device).float() / 255, side)
        if x.shape[1] == 3:
            x = self._colours(x)
        x = x.clamp(1e-3, 1) ** torch.exp(self._uniform(x, -how.contrast, how.contrast))
        x = self._focus(x)
        noise = self._uniform(x, 0, how.noise)
        if how.dark:
            dark = self._chosen(x, how.dark)
            x = torch.where(dark, x * self._uniform(x, 0.1, 0.5), x)
            noise = torch.where(dark, noise + 0.02, noise)
        if how.noise or how.dark:
            x = x + torch.randn(x.shape, generator=self.noise, device=self.device) * noise
        return self._cutout(x).clamp(0, 1)

    def _uniform(self, x: torch.Tensor, low: float, high: float, channels: int = 1) -> torch.Tensor:
        """(N, channels, 1, 1): random numbers in low..high for each picture."""
        shape = (len(x), channels, 1, 1)
        amount = torch.rand(shape, generator=self.rng) * (high - low) + low
        return amount.to(x.device)

    def _chosen(self, x: torch.Tensor, share: float) -> torch.Tensor:
        """(N, 1, 1, 1) bool: a random ``share`` of the pictures."""
        return self._uniform(x, 0, 1) < share

    def _warp(self, x: torch.Tensor, side: int) -> torch.Tensor:
        """Mirror, rotate, zoom, shift, turn and resize to ``side`` px in one sampling."""
        n, channels = x.shape[:2]
        how = self.how
        angle = self._uniform(x, -how.rotation, how.rotation).view(n) * math.pi / 180
        zoom = torch.exp(self._uniform(x, -how.scale, how.scale)).view(n)
        mirror = torch.where(self._chosen(x, how.flip).view(n), -1.0, 1.0)
        cos, sin = torch.cos(angle) * zoom, torch.sin(angle) * zoom
        shift_x = self._uniform(x, -how.shift, how.shift).view(n) * 2
        shift_y = self._uniform(x, -how.shift, how.shift).view(n) * 2
        rows = [
            torch.stack([cos * mirror, -sin, shift_x], 1),
            torch.stack([sin * mirror, cos, shift_y], 1),
        ]
        grid = F.affine_grid(torch.stack(rows, 1), [n, channels, side, side], align_corners=False)
        if how.turn:  # an approximation: the two edges of the face stay, its middle moves
            squeeze = self._uniform(x, -how.turn / 2, how.turn / 2).view(n, 1, 1)
            grid[..., 0] += squeeze * (1 - grid[..., 0] ** 2).clamp_min(0)
        return F.grid_sample(x, grid, padding_mode="border", align_corners=False)

    def _colours(self, x: torch.Tensor) -> torch.Tensor:
        how = self.how
        if how.colour:
            x = x * torch.exp(self._uniform(x, -how.colour, how.colour, 3))
        if how.colour or how.grey:
            saturation = self._uniform(x, 1 - how.colour, 1 + how.colour)
            saturation = torch.where(self._chosen(x, how.grey), 0.0, saturation)
            grey = x.mean(dim=1, keepdim=True)
            x = grey + (x - grey) * saturation
        return x

    def _focus(self, x: torch.Tensor) -> torch.Tensor:
        how, side = self.how, x.shape[-1]
        if how.motion:
            x = self._motion(x)
        if how.blur:
            soft = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
            x = torch.where(self._chosen(x, how.blur), soft, x)
        if how.small:
            share = float(torch.rand(1, generator=self.rng)) * 0.75 + 0.25
            few = F.interpolate(x, size=max(8, round(side * share)), mode="area")
            few = F.interpolate(few, size=side, mode="bilinear", align_corners=False)
            x = torch.where(self._chosen(x, how.small), few, x)
        return x

    def _motion(self, x: torch.Tensor) -> torch.Tensor:
        """Blur some pictures, each along a line of its own length and direction."""
        (n, channels, side, _), reach = x.shape, x.shape[-1] // 8 + 1
        length = self._uniform(x, 0, side / 4)
        angle = self._uniform(x, 0, math.pi)
        at = torch.arange(-reach, reach + 1, device=x.device)
        along = (at * torch.cos(angle) + at.view(-1, 1) * torch.sin(angle)).abs()
        across = (at.view(-1, 1) * torch.cos(angle) - at * torch.sin(angle)).abs()
        line = ((length + 1) / 2 - along).clamp(0, 1) * (1 - across).clamp_min(0)
        line = line / line.sum((2, 3), keepdim=True)
        chosen = torch.nonzero(self._chosen(x, self.how.motion).view(n)).view(-1)
        if not len(chosen):
            return x
        padded = F.pad(x[chosen], (reach,) * 4, mode="replicate").flatten(0, 1)
        kernels = line[chosen].repeat_interleave(channels, 0)
        moved = F.conv2d(padded.unsqueeze(0), kernels, groups=len(kernels))
        return x.index_copy(0, chosen, moved.view(-1, channels, side, side))

    def _jpeg(self, x: torch.Tensor) -> torch.Tensor:
        out = x.clone()
        for i in torch.nonzero(self._chosen(x, self.how.jpeg).view(-1)).view(-1).tolist():
            quality = int(torch.randint(20, 81, (1,), generator=self.rng))
            pixels = np.ascontiguousarray(x[i].permute(1, 2, 0).numpy()[..., ::-1])  # BGR
            _, coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
            read = np.asarray(cv2.imdecode(coded, cv2.IMREAD_UNCHANGED)).reshape(pixels.shape)
            out[i] = torch.from_numpy(read[..., ::-1].copy()).permute(2, 0, 1)
        return out

    def _cutout(self, x: torch.Tensor) -> torch.Tensor:
        if not self.how.cutout:
            return x
        n, side = len(x), x.shape[-1]
        half = self._uniform(x, 0, self.how.cutout / 2).view(n, 1, 1) * side
        at = torch.arange(side, device=x.device).view(1, 1, side)
        cx = self._uniform(x, 0, side).view(n, 1, 1)
        cy = self._uniform(x, 0, side).view(n, 1, 1)
        hole = ((at - cx).abs() < half) & ((at.transpose(1, 2) - cy).abs() < half)
        return torch.where(hole.unsqueeze(1), x.mean(dim=(2, 3), keepdim=True), x)


def mixup(
    x: torch.Tensor, target: torch.Tensor, alpha: float, rng: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Blend each picture and its target (N, K) with another of the batch (Zhang 2018)."""
    if not alpha:
        return x, target
    a = torch.full((1,), alpha)
    # torch.distributions takes no generator.
    first, second = (
        torch._standard_gamma(a, rng)  # pyright: ignore[reportPrivateUsage, reportPrivateImportUsage]
        for _ in range(2)
    )
    weight = float(first / (first + second).clamp_min(1e-8))
    order = torch.randperm(len(x), generator=rng)
    return weight * x + (1 - weight) * x[order], weight * target + (1 - weight) * target[order]
