"""``python -m benchmarks detector``: accuracy of detectors and of their teacher, and speed.

AP at an IoU of 0.5 on photographs with boxes that people drew (``DIR/facemask.zip``); and on frames
of clips, the share of the teacher's faces that a detector finds, and the share of its own faces
that the teacher finds. FACES is made from DIR by ``benchmarks detector_data``; the detector was not
trained on the fold.
"""

from __future__ import annotations

import argparse
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.detection.training_data import drawn_boxes, squared, width_of
from benchmarks.measure import table
from vidfx.stages.detect import Detector
from vidfx.stages.detector_heads import HEADS, intersection_over_union
from vidfx.types import Frame
from vidfx_engines.embedded import embedded
from vidfx_engines.select import select
from vidfx_engines.spec import EngineSpec
from vidfx_training.detector.labelled_images import LabelledImage, read_labelled_images

LONG_SIDE = 640
LEAST = 20.0
"""px, as the detector sees it, of the longer side of a face that must be found."""
LOW = 0.02
IOU = 0.5


@dataclass(frozen=True)
class Detected:
    """A picture, and what a detector found in it."""

    picture: LabelledImage
    scale: float
    "px of the detector's input to one of the picture"
    box: np.ndarray
    score: np.ndarray


def detect(pictures: list[LabelledImage], model: str | Path, precision: str) -> list[Detected]:
    """Everything above a score of LOW."""
    engine = select(model, device="cpu", precision=precision).engine  # pyright: ignore[reportArgumentType]
    detector = Detector(engine, threshold=LOW, long_side=LONG_SIDE)
    found: list[Detected] = []
    for picture in pictures:
        square = squared(picture.pyramid()[0])
        faces = detector([Frame(0, 0, square)])
        found.append(Detected(picture, LONG_SIDE / len(square), faces.box, faces.score))
    engine.close()
    return found


def average_precision(found: list[Detected], drawn: dict[str, np.ndarray], least: float) -> float:
    """Area under precision over recall, every point of it; faces under ``least`` px do not count.

    ``drawn`` are boxes (N, 4) of each picture, by the stem of its file.
    """
    hits: list[tuple[float, bool]] = []
    wanted = 0
    for one in found:
        truth = drawn[Path(one.picture.name).stem]
        small = (truth[:, 2:] - truth[:, :2]).max(1, initial=0) * one.scale < least
        wanted += int((~small).sum())
        overlap = intersection_over_union(one.box, truth)
        taken = np.zeros(len(truth), bool)
        for row in np.argsort(-one.score):
            free = np.where(taken | small, 0, overlap[row])
            best = int(free.argmax()) if len(truth) else -1
            if best >= 0 and free[best] >= IOU:
                taken[best] = True
                hits.append((float(one.score[row]), True))
            elif not (overlap[row][small] >= IOU).any():
                hits.append((float(one.score[row]), False))
    hits.sort(key=lambda hit: -hit[0])
    right = np.cumsum([hit for _, hit in hits])
    precision = right / np.arange(1, len(hits) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    recall = right / max(1, wanted)
    return float(np.sum(np.diff(recall, prepend=0) * envelope))


def agreement(
    mine: list[Detected], teacher: list[Detected], threshold: float
) -> tuple[float, float]:
    """Shares of the teacher's faces that are mine, and of mine that are the teacher's."""
    theirs = {one.picture.name: one for one in teacher}
    shared, all_theirs, all_mine = 0, 0, 0
    for one in mine:
        other = theirs[one.picture.name]
        a = one.box[one.score >= threshold]
        b = other.box[other.score >= HEADS["centerface"].threshold]
        overlap = intersection_over_union(a, b)
        all_mine, all_theirs = all_mine + len(a), all_theirs + len(b)
        while overlap.size and overlap.max() >= IOU:
            i, j = np.unravel_index(overlap.argmax(), overlap.shape)
            overlap[i], overlap[:, j] = 0, 0
            shared += 1
    return shared / max(1, all_theirs), shared / max(1, all_mine)


def costs(models: list[tuple[str | Path, str]], turns: int) -> list[float]:
    """Milliseconds of one core for 640 x 384, medians; the models take turns."""
    engines = [select(m, device="cpu", precision=p, threads=1).engine for m, p in models]  # pyright: ignore[reportArgumentType]
    batch = np.random.default_rng(0).integers(0, 256, (4, 384, 640, 3), np.uint8)
    took: list[list[float]] = [[] for _ in engines]
    for turn in range(turns + 1):
        for engine, some in zip(engines, took, strict=True):
            started = time.perf_counter()
            engine.run(batch)
            if turn:
                some.append((time.perf_counter() - started) / len(batch) * 1e3)
    return [float(np.median(some)) for some in took]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks detector", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--faces", type=Path, required=True)
    parser.add_argument("--model", type=Path, action="append", default=[], metavar="ONNX")
    parser.add_argument("--fold", type=int, default=0)
    parser.add_argument("--turns", type=int, default=15)
    args = parser.parse_args()
    pictures = [p for p in read_labelled_images(args.faces) if p.fold == args.fold]
    photographs = [p for p in pictures if p.name.startswith("facemask")]
    clips = [p for p in pictures if p.name.startswith("clips")]
    drawn = boxes_of(args.data / "facemask.zip", photographs)
    models = [(m, p) for m in (embedded("centerface"), *args.model) for p in ("f32", "bf16")]
    teacher: list[Detected] | None = None
    rows: list[list[str]] = []
    for (model, precision), ms in zip(models, costs(models, args.turns), strict=True):
        on_photographs, on_clips = (detect(some, model, precision) for some in (photographs, clips))
        teacher = teacher or on_clips
        family = EngineSpec.load(model).family
        assert family is not None
        recall, precise = agreement(on_clips, teacher, HEADS[family].threshold)
        ap = [average_precision(on_photographs, drawn, least) for least in (0.0, LEAST, 40.0)]
        rows.append(
            [f"{Path(model).stem}, {precision}", *(f"{v:.3f}" for v in (*ap, recall, precise)),
             f"{ms:.2f}"]
        )  # fmt: skip
    names = ["AP50, all faces", f"{LEAST:g} px and more", "40 px and more"]
    names += ["teacher's faces found", "own that the teacher has", "ms on one core"]
    print(f"fold {args.fold}: {len(photographs)} photographs, {len(clips)} frames of clips")
    print(table(["detector", *names], rows))


def boxes_of(archive: Path, photographs: list[LabelledImage]) -> dict[str, np.ndarray]:
    """What people drew, in px of the pictures as they are in FACES."""
    found: dict[str, np.ndarray] = {}
    with zipfile.ZipFile(archive) as annotations:
        texts = {Path(n).stem: n for n in annotations.namelist() if n.endswith(".xml")}
        for picture in photographs:
            stem = Path(picture.name).stem
            text = annotations.read(texts[stem])
            found[stem] = drawn_boxes(text) * (picture.pyramid()[0].shape[1] / width_of(text))
    return found


if __name__ == "__main__":
    main()
