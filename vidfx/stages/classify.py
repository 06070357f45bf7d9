"""Runs a classifier engine on aligned faces."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vidfx.stages.align import transforms
from vidfx.stages.each import Each, in_turn
from vidfx.stages.embed import unit_rows
from vidfx.stages.engine_faults import are_probabilities
from vidfx.stages.pixels import warped
from vidfx.types import SQUARE, Detections, FaceBatch, Frame, Prediction, Stretch
from vidfx_engines.base import Engine
from vidfx_engines.spec import EngineSpec


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


def columns(engine: Engine) -> int:
    """How many numbers it gives for a face."""
    spec = engine.spec
    if spec.labels or spec.input.size is None:
        return len(spec.labels)
    nothing = np.zeros((0, spec.input.size, spec.input.size, 3), np.uint8)
    return engine.run(nothing)[0].shape[1]


def predict(engine: Engine, faces: FaceBatch, n_rows: int) -> Prediction:
    """What is read on the faces of a batch, spread over ``n_rows`` rows; NaN for the others."""
    if len(faces.row):
        return prediction(engine.spec, n_rows, faces.row, engine.run(faces.crops)[0])
    return Prediction(engine.spec.labels, np.full((n_rows, columns(engine)), np.nan, np.float32))


def prediction(spec: EngineSpec, n_rows: int, rows: np.ndarray, output: np.ndarray) -> Prediction:
    """(n_rows, K): ``output`` (N, K) at ``rows``; NaN elsewhere, and for invalid rows."""
    prob = np.full((n_rows, output.shape[1]), np.nan, np.float32)
    if spec.task == "embedding":
        prob[rows] = unit_rows(output)
    else:
        prob[rows] = np.where(are_probabilities(output)[:, None], output.clip(0, 1), np.nan)
    return Prediction(spec.labels, prob)
