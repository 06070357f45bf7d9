"""``python -m benchmarks detect``: detectors by backend, precision and batch, on frames of a clip.

The first is the reference: printed is the share of its faces that each other finds at IoU 0.5.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from benchmarks.annotate.rivals import Frames, share
from benchmarks.measure import machine, make_clip
from benchmarks.saved import Row, add_option, show
from vidfx.stages.detect import Detector
from vidfx.stages.detector_heads import HEADS
from vidfx.types import Frame
from vidfx.video.read.source import open_source
from vidfx_engines.base import Precision
from vidfx_engines.embedded import embedded
from vidfx_engines.select import select

WAYS: tuple[tuple[str, Precision], ...] = (
    ("openvino", "f32"),
    ("openvino", "bf16"),
    ("onnxruntime", "auto"),
)


def found_by(detector: Detector, frames: list[Frame], batch: int) -> tuple[float, Frames]:
    """Seconds, and the boxes of every frame."""
    boxes: Frames = [[] for _ in frames]
    started = time.perf_counter()
    for start in range(0, len(frames), batch):
        part = frames[start : start + batch]
        faces = detector(part)
        for i, frame in enumerate(part):
            boxes[start + i] = faces.box[faces.frame == frame.index].tolist()
    return time.perf_counter() - started, boxes


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks detect")
    parser.add_argument("--faces", type=int, choices=[1, 6], default=6)
    parser.add_argument("--frames", type=int, default=64)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 4, 8])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--model", type=Path, action="append", default=[], metavar="ONNX")
    add_option(parser)
    args = parser.parse_args()
    facts, rows, notes = machine(), list[Row](), list[str]()
    with tempfile.TemporaryDirectory(prefix="vidfx-bench-") as folder:
        clip = Path(folder) / "clip.mp4"
        make_clip(clip, faces=args.faces, height=720, frames=args.frames)
        source, _ = open_source(clip, "pyav", planes=True)
        with source:
            frames = list(source)
        reference: Frames | None = None
        for path in (embedded("centerface"), *args.model):
            for backend, precision in WAYS:
                engine = select(path, device="cpu", backend=backend, precision=precision).engine
                family = engine.spec.family
                assert family is not None
                detector = Detector(engine, threshold=HEADS[family].threshold, long_side=640)
                name = f"{engine.spec.name}, {backend} {engine.precision}"
                boxes: Frames = []
                for batch in args.batches:
                    detector(frames[:batch])
                    speeds: list[float] = []
                    for _ in range(args.turns):
                        seconds, boxes = found_by(detector, frames, batch)
                        speeds.append(len(frames) / seconds)
                    rows.append(Row(f"{name}, batch {batch}", "frames/s", tuple(speeds)))
                reference = boxes if reference is None else reference
                notes.append(
                    f"{name}: {sum(map(len, boxes))} faces; of the reference's it has"
                    f" {share(reference, boxes):.3f}"
                )
                engine.close()
    about = f"{args.frames} frames of 720p seen at 640 x 384, faces a frame: {args.faces}."
    show("detect", about, rows, facts, args.save, notes)


if __name__ == "__main__":
    main()
