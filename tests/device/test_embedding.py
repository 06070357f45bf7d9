"""The device path reads the embeddings that the host path reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from tests.device.test_analyze import both, detector, frames_of
from tests.engines import toys
from vidfx_engines.embedded import embedded
from vidfx_engines.embedding_files import embedding_spec_for
from vidfx_engines.select import select


def test_embeddings_are_the_hosts(group: np.ndarray, tmp_path: Path) -> None:
    path = toys.embedding(tmp_path)
    engine = select(path, spec=embedding_spec_for(path), device="cpu", backend="onnxruntime").engine
    frames = frames_of(group, group // 2 + 60)
    host, device = both(detector(embedded("centerface"), 0.5), frames, embedding=engine)
    rows = np.arange(len(host.detections))
    ours, theirs = device.read("embedding", rows)().prob, host.read("embedding", rows)().prob
    assert ours.shape == (len(rows), toys.COLUMNS)
    np.testing.assert_allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-5)
    assert (ours * theirs).sum(1).min() > 0.9999
    some = device.read("embedding", rows[1:2])().prob
    assert np.isfinite(some[1]).all()
    assert np.isnan(some[0]).all()
