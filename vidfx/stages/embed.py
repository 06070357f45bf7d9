"""Embeddings of aligned faces, as unit vectors."""

from __future__ import annotations

import numpy as np

from vidfx_engines.base import Engine


def embed(engine: Engine, crops: np.ndarray) -> np.ndarray:
    """(N, D) float32 of faces (N, S, S, 3) uint8 RGB, cut as the engine's spec says.

    Rows are unit vectors, NaN where the engine gave an invalid one. Raises EngineRunError.
    """
    return unit_rows(engine.run(crops)[0])


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """(N, D) float32: rows of length 1, NaN for those that are not finite or have no length."""
    with np.errstate(all="ignore"):
        norms = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
        return np.where(np.isfinite(norms) & (norms > 1e-6), vectors / norms, np.nan).astype(
            np.float32
        )
