"""What can go wrong on the way from pictures to a trained model.

``vidfx/errors.py`` draws the whole tree of errors.
"""

from __future__ import annotations

from vidfx_engines.errors import VidfxError


class TrainingError(VidfxError):
    exit_code = 1


class DataError(TrainingError):
    """The pictures, their folders or their split are missing or wrong."""

    exit_code = 3


class RecipeError(TrainingError):
    """The recipe, or an option beside it, is wrong."""

    exit_code = 2


class WeightsError(TrainingError):
    """Weights or a checkpoint are missing, altered or of another network."""

    exit_code = 4


class DivergedError(TrainingError):
    """The loss became infinite or NaN."""
