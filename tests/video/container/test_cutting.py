"""Segments of a long video include the frames before them that tracking needs."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from vidfx.video.container.cutting import WARMUP_S, split_at_key_frames
from vidfx.video.read.preflight import preflight


@pytest.mark.parametrize(("apart", "least"), [(Fraction(1, 5), 5), (Fraction(4), 9)])
def test_detection_begins_some_seconds_and_some_frames_before(
    tmp_path: Path, apart: Fraction, least: int
) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=25, options={"g": "1"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 100)
        for i in range(40):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 5 * i, np.uint8), "rgb24")
            frame.pts, frame.time_base = int(100 * i * apart), Fraction(1, 100)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    segments, why = split_at_key_frames(preflight(path).info, 3, None, None, least)
    assert len(segments) == 3, why
    for segment in segments[1:]:
        frames = (segment.first_s - segment.warmup_s) / float(apart)
        assert frames >= least - 1e-6
        assert segment.first_s - segment.warmup_s >= min(WARMUP_S, segment.first_s) - 1e-6
        assert segment.warmup_key_frame.index <= segment.key_frame.index
