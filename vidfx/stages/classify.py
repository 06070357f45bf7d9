"""Runs a classifier engine on aligned faces."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vidfx.stages.align import transforms
from vidfx.stages.each import Each, in_turn
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
    each: Each = in_turn,
) -> FaceBatch:
    """Aligned crops of the given rows of ``detections``, from their frames.

    ``matrix`` is that of the frames' planes, see vidfx.types.Colour. ``each`` does the frames.
    """
    frame = detections.frame[rows]
    own = [np.flatnonzero(frame == one.index) for one in frames]
    with_faces = [place for place, of_frame in enumerate(own) if len(of_frame)]
    to_crop = transforms(detections.landmarks[rows], template, size, stretch)

    def cut(place: int) -> np.ndarray:
        return warped(frames[place], matrix, to_crop[own[place]], size)

    return FaceBatch(
        rows[np.concatenate([np.zeros(0, np.int64), *own])],
        np.concatenate([np.zeros((0, size, size, 3), np.uint8), *each(cut, with_faces)]),
    )


def predict(engine: Engine, faces: FaceBatch, n_rows: int) -> Prediction:
    """Probabilities for the faces of a batch, spread over ``n_rows`` rows; NaN for the others."""
    output = engine.run(faces.crops)[0] if len(faces.row) else None
    return prediction(engine.spec.labels, n_rows, faces.row, output)


def prediction(
    labels: tuple[str, ...], n_rows: int, rows: np.ndarray, output: np.ndarray | None
) -> Prediction:
    """(n_rows, K): ``output`` (N, K) at ``rows``; NaN elsewhere, and for invalid rows."""
    prob = np.full((n_rows, len(labels)), np.nan, np.float32)
    if output is not None:
        prob[rows] = np.where(are_probabilities(output)[:, None], output.clip(0, 1), np.nan)
    return Prediction(labels, prob)
