"""RGB of parts of frames on the device, from their planes: see vidfx.stages.pixels.

Only what is needed is converted: small pictures for the detector, and the pixels of faces.
"""

# torch leaves the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch

from vidfx.device.resize import resize, to_bytes
from vidfx.stages.pixels import rgb_weights

FACES = 128
"""Faces that are cut out at once: 112 px need 2 MB each meanwhile."""
SAMPLES = 4
"""Samples across a pixel of a thumbnail."""


@dataclass(frozen=True)
class Pictures:
    """Frames of one size."""

    planes: torch.Tensor
    "(N, H * 3 / 2, W) uint8 I420 of limited range; (N, H, W, 3) RGB"
    matrix: int
    "of the planes: see vidfx.types.Colour"

    @property
    def is_rgb(self) -> bool:
        return self.planes.ndim == 4

    @property
    def parts(self) -> tuple[torch.Tensor, ...]:
        """Views (N, C, h, w): luma and chroma, or RGB."""
        if self.is_rgb:
            return (self.planes.permute(0, 3, 1, 2),)
        return plane_views(self.planes)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)"""
        height = self.planes.shape[1]
        return height if self.is_rgb else height * 2 // 3, self.planes.shape[2]

    def shrunk(self, height: int, width: int) -> torch.Tensor:
        """(N, 3, height, width) uint8 RGB of the whole frames."""
        parts = [to_bytes(resize(part, height, width)) for part in self.parts]
        return parts[0] if self.is_rgb else self._to_rgb(torch.cat(parts, 1))

    def warped(self, picture: torch.Tensor, inverse: torch.Tensor, size: int) -> torch.Tensor:
        """Crops (F, 3, size, size) uint8 RGB; outside a frame its edge pixels are repeated.

        ``picture`` (F,) int64 is the frame of each; ``inverse`` (F, 2, 3) float64 map the crop to
        the frame.
        """
        pairs = zip(picture.split(FACES), inverse.split(FACES), strict=True)
        cut = [self._warped(*pair, size) for pair in pairs]
        return cut[0] if len(cut) == 1 else torch.cat(cut)

    def _warped(self, picture: torch.Tensor, inverse: torch.Tensor, size: int) -> torch.Tensor:
        at = torch.matmul(inverse, _grid(size, str(picture.device)))
        luma, *chroma = self.parts
        parts = [_interpolated(luma, picture, at)]
        parts += [_interpolated(part, picture, (at - 0.5) / 2) for part in chroma]
        crops = to_bytes(torch.cat(parts, 1)).view(-1, 3, size, size)
        return crops if self.is_rgb else self._to_rgb(crops)

    def _to_rgb(self, yuv: torch.Tensor) -> torch.Tensor:
        """(N, 3, H, W) uint8."""
        weights, offset = _weights(self.matrix, str(yuv.device))
        several = weights.expand(len(yuv), 3, 3)
        rgb = torch.baddbmm(offset[:, None], several, yuv.flatten(2).float())
        return to_bytes(rgb.view(yuv.shape))


def _interpolated(part: torch.Tensor, picture: torch.Tensor, at: torch.Tensor) -> torch.Tensor:
    """(F, C, P) float32: values of ``part`` (N, C, H, W) at the points ``at`` (F, 2, P), x and y
    in px, of the pictures (F,); outside, those at the edge.
    """
    where, low = str(part.device), at.floor()
    corner = low.long()[:, :, None] + _steps(where)
    corner = torch.clamp(corner, *_bounds((part.shape[2], part.shape[3]), where))
    right_or_down = (at - low).float()
    shares = torch.stack([1 - right_or_down, right_or_down], 2)  # (F, x and y, 2, P)
    weight = shares[:, 1, :, None] * shares[:, 0, None]
    values = part[picture[:, None, None], :, corner[:, 1], corner[:, 0]].float()
    return (values * weight.flatten(1, 2)[..., None]).sum(1).transpose(1, 2)


def plane_views(planes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Luma (N, 1, H, W) and chroma (N, 2, H / 2, W / 2) of I420 (N, H * 3 / 2, W), as views."""
    height, width = planes.shape[1] * 2 // 3, planes.shape[2]
    chroma = planes[:, height:].view(-1, 2, height // 2, width // 2)
    return planes[:, None, :height], chroma


def sampled(planes: torch.Tensor, side: int) -> torch.Tensor:
    """(N, 3, side, side) float32 Y, U and V of I420: each the mean of 16 pixels, spread evenly.

    The same pixels as vidfx.stages.pixels.sampled takes; not rounded.
    """
    few = torch.cat([_few(part, SAMPLES * side) for part in plane_views(planes)], 1)
    few = few.view(-1, 3, side, SAMPLES, side, SAMPLES)
    return few.mean((3, 5), dtype=torch.float32)


def _few(part: torch.Tensor, side: int) -> torch.Tensor:
    """(N, C, side, side): some pixels, spread evenly, as cv2.INTER_NEAREST takes them."""
    rows, columns = (_every(n, side, str(part.device)) for n in part.shape[2:])
    return part[:, :, rows[:, None], columns]


@lru_cache(maxsize=32)
def _every(before: int, after: int, device: str) -> torch.Tensor:
    places = np.floor(np.arange(after) * (before / after)).astype(np.int64)
    return torch.from_numpy(places).to(device)


@lru_cache(maxsize=16)
def _grid(size: int, device: str) -> torch.Tensor:
    """(3, size * size) float64: x, y and one of the pixels of a crop."""
    at = torch.arange(size, dtype=torch.float64)
    y, x = torch.meshgrid(at, at, indexing="ij")
    return torch.stack([x, y, torch.ones_like(x)]).view(3, -1).to(device)


@lru_cache(maxsize=4)
def _steps(device: str) -> torch.Tensor:
    """(2, 4, 1) int64 x and y from the corner of a point to the four pixels around it."""
    return torch.tensor([[0, 1, 0, 1], [0, 0, 1, 1]])[..., None].to(device)


@lru_cache(maxsize=16)
def _bounds(size: tuple[int, int], device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Least and greatest x and y in a picture of ``size``."""
    most = torch.tensor([size[1] - 1, size[0] - 1])[:, None, None].to(device)
    return torch.zeros_like(most), most


@lru_cache(maxsize=16)
def _weights(matrix: int, device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """(3, 3) weights of limited-range Y, U and V in RGB, and (3,) what is added."""
    weights = torch.from_numpy(rgb_weights(matrix)).to(device)
    return weights[:, :3].contiguous(), weights[:, 3].contiguous()
