"""Decodes the outputs of detectors, of many pictures at once: see vidfx.stages.detector_heads."""

# torch leaves the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import torch
from torchvision.ops import batched_nms

from vidfx.stages.detector_heads import HEADS, points_per_cell
from vidfx.stages.engine_faults import REACH, SCORE_TOLERANCE
from vidfx_engines.spec import STRIDES, Family


@dataclass(frozen=True)
class Candidates:
    """Faces of some pictures, on the device."""

    picture: torch.Tensor
    "(N,) int64"
    box: torch.Tensor
    "(N, 4) float32 xyxy, px of the detector's input"
    score: torch.Tensor
    "(N,) float32"
    landmarks: torch.Tensor
    "(N, 5, 2) float32"

    def rows(self, keep: torch.Tensor) -> Candidates:
        return Candidates(
            self.picture[keep], self.box[keep], self.score[keep], self.landmarks[keep]
        )


def faces(
    family: Family, outputs: Sequence[torch.Tensor], size: tuple[int, int], threshold: float
) -> tuple[Candidates, torch.Tensor]:
    """Faces after non-maximum suppression, by picture and then best score first.

    ``outputs`` have the batch first; ``size`` is (height, width) of the input. The tensor, (), is
    the number of pictures for which the detector also gave invalid candidates.
    """
    found = _DECODERS[family]([o.float() for o in outputs], size, threshold)
    good = _are_faces(found, size)
    faults = torch.zeros(len(outputs[0]), dtype=torch.long, device=good.device)
    faulty = (faults.index_add(0, found.picture, (~good).long()) > 0).sum()
    found = found.rows(good)
    head = HEADS[family]
    counted = found.box.clone()
    counted[:, 2:] += head.pixel  # insightface counts pixels where it takes areas
    keep = batched_nms(counted, found.score, found.picture, head.iou)
    keep = keep[torch.sort(found.picture[keep], stable=True).indices]
    found = found.rows(keep)
    return replace(found, score=found.score.clamp(max=1)), faulty


def _are_faces(found: Candidates, size: tuple[int, int]) -> torch.Tensor:
    """See vidfx.stages.engine_faults.are_faces."""
    longer = max(size)
    points = torch.cat([found.box, found.landmarks.flatten(1)], 1)
    near = (points >= -REACH * longer) & (points <= (1 + REACH) * longer)
    ordered = (found.box[:, 2:] >= found.box[:, :2]).all(1)
    score = (found.score >= 0) & (found.score <= 1 + SCORE_TOLERANCE)
    return near.all(1) & ordered & score


def _centerface(
    outputs: Sequence[torch.Tensor], size: tuple[int, int], threshold: float
) -> Candidates:
    heat, scale, offset, marks = outputs
    picture, row, column = torch.nonzero(~(heat[:, 0] <= threshold), as_tuple=True)
    extent = torch.exp(scale[picture, :, row, column]) * 4
    shift = offset[picture, :, row, column]
    y1 = ((row + shift[:, 0] + 0.5) * 4 - extent[:, 0] / 2).clamp(0, size[0])
    x1 = ((column + shift[:, 1] + 0.5) * 4 - extent[:, 1] / 2).clamp(0, size[1])
    x2, y2 = (x1 + extent[:, 1]).clamp(max=size[1]), (y1 + extent[:, 0]).clamp(max=size[0])
    at = marks[picture, :, row, column].view(-1, 5, 2)
    landmarks = torch.stack(
        [at[..., 1] * extent[:, 1:] + x1[:, None], at[..., 0] * extent[:, :1] + y1[:, None]], -1
    )
    return Candidates(
        picture, torch.stack([x1, y1, x2, y2], 1), heat[picture, 0, row, column], landmarks
    )


def _scrfd(outputs: Sequence[torch.Tensor], size: tuple[int, int], threshold: float) -> Candidates:
    parts: list[Candidates] = []
    for level, stride in enumerate(STRIDES):
        score = outputs[level].flatten(1)
        picture, anchor = torch.nonzero(~(score < threshold), as_tuple=True)
        per_cell = points_per_cell(score.shape[1], size, stride)
        at = _anchor_points(size, stride, per_cell, str(score.device))[anchor]
        sides = outputs[level + 3][picture, anchor] * stride
        marks = outputs[level + 6][picture, anchor] * stride
        box = torch.cat([at - sides[:, :2], at + sides[:, 2:]], 1)
        landmarks = at[:, None] + marks.view(-1, 5, 2)
        parts.append(Candidates(picture, box, score[picture, anchor], landmarks))
    return _concatenated(parts)


def _yunet(outputs: Sequence[torch.Tensor], size: tuple[int, int], threshold: float) -> Candidates:
    parts: list[Candidates] = []
    for level, stride in enumerate(STRIDES):
        known, face = outputs[level].flatten(1), outputs[level + 3].flatten(1)
        score = (known.clamp(0, 1) * face.clamp(0, 1)).sqrt()
        picture, anchor = torch.nonzero(~(score < threshold), as_tuple=True)
        at = _anchor_points(size, stride, 1, str(score.device))[anchor]
        raw = outputs[level + 6][picture, anchor]
        centre, half = at + raw[:, :2] * stride, torch.exp(raw[:, 2:]) * stride / 2
        marks = outputs[level + 9][picture, anchor].view(-1, 5, 2) * stride
        box = torch.cat([centre - half, centre + half], 1)
        parts.append(Candidates(picture, box, score[picture, anchor], at[:, None] + marks))
    return _concatenated(parts)


@lru_cache(maxsize=64)
def _anchor_points(size: tuple[int, int], stride: int, per_cell: int, device: str) -> torch.Tensor:
    """(h * w * per_cell, 2) xy of the cells' corners, row by row."""
    y = torch.arange(size[0] // stride, device=device)
    x = torch.arange(size[1] // stride, device=device)
    points = torch.stack(torch.meshgrid(y, x, indexing="ij"), -1).flip(-1).view(-1, 2) * stride
    return points.repeat_interleave(per_cell, 0).float()


def _concatenated(parts: Sequence[Candidates]) -> Candidates:
    return Candidates(
        torch.cat([p.picture for p in parts]),
        torch.cat([p.box for p in parts]),
        torch.cat([p.score for p in parts]),
        torch.cat([p.landmarks for p in parts]),
    )


_DECODERS: dict[Family, Callable[[Sequence[torch.Tensor], tuple[int, int], float], Candidates]] = {
    "centerface": _centerface,
    "scrfd": _scrfd,
    "yunet": _yunet,
}
