"""Assignment of anchor points to faces, and the loss.

Points are assigned by their current score and IoU together (TOOD, Feng et al. 2021). The target of
a point's score is the quality of its box, so that the best box of a face gets the highest score.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from vidfx_training.detector.network import decoded

BEST = 9
"""Anchor points per face, at most."""
SCORE_POWER, OVERLAP_POWER = 0.5, 6.0
NEAR = 8.0
"""px from the centre of a tiny face within which points may be assigned to it."""
WEIGHTS = (1.0, 2.0, 3.0)
"""Weights of the losses of score, box and landmarks."""


@dataclass(frozen=True)
class Truth:
    """Faces of N images, padded to the largest number, and ignored regions."""

    box: Tensor
    "(N, G, 4) xyxy px"
    marks: Tensor
    "(N, G, 5, 2) px"
    has_marks: Tensor
    "(N, G) bool"
    is_face: Tensor
    "(N, G) bool; False is padding"
    unsure: Tensor
    "(N, U, 4) xyxy px; empty boxes are padding"


@dataclass(frozen=True)
class Assigned:
    """For every point (N, P): the face that it is assigned to, and its target score."""

    face: Tensor
    "int64 index, 0 where not positive"
    positive: Tensor
    "bool"
    score: Tensor
    "0 to 1"


def losses(maps: list[Tensor], truth: Truth) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss of a batch, and its parts by name."""
    logit, box, marks, corners, strides = decoded(maps)
    with torch.no_grad():
        found = assign(logit.sigmoid(), box, corners, strides, truth)
        unsure = _within(corners, truth.unsure).any(1) & ~found.positive
    total = found.score.sum().clamp(min=1.0)
    wrong = F.binary_cross_entropy_with_logits(logit, found.score, reduction="none")
    score_loss = (wrong * ~unsure).sum() / total
    picture, point = found.positive.nonzero(as_tuple=True)
    face = found.face[picture, point]
    weight = found.score[picture, point]
    goal = truth.box[picture, face]
    box_loss = ((1 - generalised_overlap(box[picture, point], goal)) * weight).sum() / total
    size = (goal[:, 2:] - goal[:, :2]).mean(1).clamp(min=1.0)
    off = (marks[picture, point] - truth.marks[picture, face]) / size[:, None, None]
    known = truth.has_marks[picture, face] * weight
    each = F.smooth_l1_loss(off, torch.zeros_like(off), beta=0.05, reduction="none").mean((1, 2))
    marks_loss = (each * known).sum() / known.sum().clamp(min=1.0) * 5
    parts = (score_loss, box_loss, marks_loss)
    loss = sum((w * part for w, part in zip(WEIGHTS, parts, strict=True)), torch.zeros_like(total))
    return loss, dict(zip(("score", "box", "marks"), (p.detach() for p in parts), strict=True))


def assign(score: Tensor, box: Tensor, corners: Tensor, strides: Tensor, truth: Truth) -> Assigned:
    """For every face the BEST points inside it, by score and IoU."""
    middle = (truth.box[..., :2] + truth.box[..., 2:]) / 2
    near = (corners - middle[:, :, None]).abs().amax(-1) < NEAR
    fine = strides[:, 0] == strides.min()
    candidate = _within(corners, truth.box) | (near & fine)
    candidate &= truth.is_face[..., None]
    overlap = overlaps(truth.box, box).clamp(min=0) * candidate
    metric = score[:, None] ** SCORE_POWER * overlap**OVERLAP_POWER
    best = metric.topk(min(BEST, metric.shape[-1]), dim=-1)
    chosen = torch.zeros_like(metric).scatter_(-1, best.indices, 1.0) > 0
    chosen &= metric > 0
    face = (overlap * chosen).argmax(1)
    positive = chosen.any(1)
    mine = F.one_hot(face, metric.shape[1]).transpose(1, 2) > 0
    chosen &= mine
    metric = metric * chosen
    top_metric = metric.amax(-1, keepdim=True).clamp(min=1e-9)
    top_overlap = (overlap * chosen).amax(-1, keepdim=True)
    goal = (metric / top_metric * top_overlap).amax(1)
    return Assigned(face, positive, goal * positive)


def _within(corners: Tensor, box: Tensor) -> Tensor:
    """(N, G, P) bool: whether point P is inside box G."""
    inside = (corners > box[:, :, None, :2]) & (corners < box[:, :, None, 2:])
    return inside.all(-1)


def overlaps(a: Tensor, b: Tensor) -> Tensor:
    """IoU of every box of ``a`` (N, G, 4) with every box of ``b`` (N, P, 4)."""
    top_left = torch.maximum(a[:, :, None, :2], b[:, None, :, :2])
    bottom_right = torch.minimum(a[:, :, None, 2:], b[:, None, :, 2:])
    shared = (bottom_right - top_left).clamp(min=0).prod(-1)
    areas = [(x[..., 2:] - x[..., :2]).clamp(min=0).prod(-1) for x in (a, b)]
    return shared / (areas[0][:, :, None] + areas[1][:, None] - shared).clamp(min=1e-6)


def generalised_overlap(a: Tensor, b: Tensor) -> Tensor:
    """GIoU (Rezatofighi et al. 2019) of pairs of boxes (M, 4)."""
    shared = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0)
    around = torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])
    areas = [(x[:, 2:] - x[:, :2]).clamp(min=0).prod(-1) for x in (a, b)]
    union = (areas[0] + areas[1] - shared.prod(-1)).clamp(min=1e-6)
    hull = around.clamp(min=0).prod(-1).clamp(min=1e-6)
    return shared.prod(-1) / union - (hull - union) / hull
