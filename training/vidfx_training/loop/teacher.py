"""Distillation: trained networks whose probabilities a smaller one learns to reproduce."""

# torch and torchvision leave the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F

from vidfx_training.checkpoint import load_checkpoint
from vidfx_training.dataset.votes import class_matrix
from vidfx_training.errors import RecipeError, WeightsError
from vidfx_training.recipe import Recipe
from vidfx_training.torch_device import autocast


class Teacher:
    """Mean probabilities of some checkpoints over a picture and its mirror image (Hinton 2015).

    A teacher may have more classes than its student: as with votes, what it gives to the others
    counts equally for all classes of the student.
    """

    def __init__(
        self,
        files: Sequence[Path],
        recipe: Recipe,
        labels: tuple[str, ...],
        device: torch.device | str = "cpu",
    ) -> None:
        """Raises WeightsError for missing classes or bad files, RecipeError for other crops."""
        self.nets: list[tuple[torch.nn.Module, int, torch.Tensor]] = []
        content = hashlib.sha256()
        people = recipe.task == "recognition"
        for file in files:
            found = load_checkpoint(file)
            content.update(file.read_bytes())
            given = found.recipe.input
            classes = class_matrix(found.labels, labels, people=people, elsewhere=1 / len(labels))
            if not (classes == 1).any(0).all():
                raise WeightsError(
                    f"{file}: this teacher has the classes {', '.join(found.labels)}, not"
                    f" {', '.join(labels)}",
                    hint="a teacher needs the classes of its student",
                )
            if (given.template, given.colour) != (recipe.input.template, recipe.input.colour):
                raise RecipeError(
                    f"{file}: this teacher takes {given.colour} crops of the template"
                    f" {given.template}",
                    hint="teacher and student need the same [input] template and colour",
                )
            net = found.network()
            net.mirror = False  # __call__ runs both views
            net = net.to(device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
            self.nets.append((net, given.side, torch.from_numpy(classes).float().to(device)))
        self.digest = content.hexdigest()

    @torch.no_grad()
    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Probabilities (N, K) for pictures (N, C, S, S) float 0..1."""
        total = torch.zeros((), device=x.device)
        for net, side, classes in self.nets:
            seen = x
            if x.shape[-1] != side:
                seen = F.interpolate(x, size=side, mode="bilinear", align_corners=False)
            for view in (seen, seen.flip(-1)):
                with autocast(x.device):
                    logits = net(view)
                total = total + torch.softmax(logits.float(), dim=1) @ classes
        return total / (2 * len(self.nets))
