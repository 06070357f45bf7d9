"""What can go wrong on the way from pictures to a trained model.

    TrainingError
    ├── DataError           the pictures, their folders or their split are missing or wrong
    ├── RecipeError         the recipe, or what was asked for beside it, is wrong
    ├── WeightsError        a start or a checkpoint is missing, altered or of another network
    └── DivergedError       the loss is no number any more

``str(error)`` is one line: what, why. ``error.hint`` is one line: what to do about it.
"""

from __future__ import annotations


class TrainingError(Exception):
    """The root: something the user can understand and mend."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(" ".join(message.split()))
        self.hint = " ".join(hint.split())


class DataError(TrainingError):
    pass


class RecipeError(TrainingError):
    pass


class WeightsError(TrainingError):
    pass


class DivergedError(TrainingError):
    pass
