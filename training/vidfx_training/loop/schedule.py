"""Learning rate and picture size over the epochs."""

from __future__ import annotations

import math

from vidfx_training.recipe import Recipe, Schedule


def learning_rate(schedule: Schedule, epoch: float) -> float:
    """The learning rate at ``epoch``, fractions included: linear warm-up, then a cosine to 0."""
    if epoch < schedule.warmup:
        return schedule.lr * epoch / schedule.warmup
    done = (epoch - schedule.warmup) / max(1e-9, schedule.epochs - schedule.warmup)
    return schedule.lr * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def side_at(recipe: Recipe, epoch: int) -> int:
    """The side, in px, of the training pictures in ``epoch``, from 0; the last has full size."""
    schedule = recipe.schedule
    if epoch >= schedule.epochs - 1:
        return recipe.input.side
    sides = [side for start, side in schedule.sides if epoch >= start * schedule.epochs]
    return sides[-1] if sides else recipe.input.side
