"""Read faces with a classifier engine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vidfx.stages.align import transforms
from vidfx.stages.engine_faults import are_probabilities
from vidfx.stages.pixels import warped
from vidfx.types import SQUARE, Detections, FaceBatch, Frame, Prediction, Stretch
from vidfx_engines.base import Engine


def gather(
    frames: Sequence[Frame],
    matrix: int,
    detections: Detections,
    rows: np.ndarray,
    template: str,
    size: int,
    stretch: Stretch = SQUARE,
) -> FaceBatch:
    """Aligned crops of the given rows of ``detections``, from the frames they stand on.

    ``matrix`` is that of the frames' planes, see vidfx.types.Colour.
    """
    parts = [np.zeros((0, size, size, 3), np.uint8)]
    order = [np.zeros(0, np.int64)]
    for frame in frames:
        own = rows[detections.frame[rows] == frame.index]
        if len(own):
            there = transforms(detections.landmarks[own], template, size, stretch)
            parts.append(warped(frame, matrix, there, size))
            order.append(own)
    return FaceBatch(np.concatenate(order), np.concatenate(parts))


def predict(engine: Engine, faces: FaceBatch, n_rows: int) -> Prediction:
    """Probabilities for the faces of a batch, spread over ``n_rows`` rows; NaN for the others."""
    given = engine.run(faces.crops)[0] if len(faces.row) else None
    return prediction(engine.spec.labels, n_rows, faces.row, given)


def prediction(
    labels: tuple[str, ...], n_rows: int, rows: np.ndarray, given: np.ndarray | None
) -> Prediction:
    """``given`` (N, K) for the N ``rows`` of ``n_rows``; a row that is no probabilities is NaN."""
    prob = np.full((n_rows, len(labels)), np.nan, np.float32)
    if given is not None:
        prob[rows] = np.where(are_probabilities(given)[:, None], given.clip(0, 1), np.nan)
    return Prediction(labels, prob)
