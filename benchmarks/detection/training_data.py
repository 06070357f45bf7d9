"""``python -m benchmarks detector_data --data DIR --work OUT``: pictures to train a detector on.

DIR holds ``lfw.zip``, ``facemask.zip`` and ``clips``. CenterFace, the teacher, detects on every
picture at several sizes. Where people drew boxes (``facemask.zip``), their boxes are the faces, and
the teacher gives the landmarks. OUT is a folder with ``faces.json``, which is described in
vidfx_training.detector.labelled_images.
"""

from __future__ import annotations

import argparse
import json
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vidfx.errors import VidfxError
from vidfx.stages.detect import Detector
from vidfx.stages.detector_heads import intersection_over_union, non_maximum_suppression
from vidfx.types import Frame
from vidfx.video.read.source import open_source
from vidfx_engines.base import Engine
from vidfx_engines.embedded import embedded
from vidfx_engines.select import select
from vidfx_training.detector.mosaic_batches import EVERYWHERE

FOLDS = 3
SURE, UNSURE = 0.5, 0.2
LONG_SIDE = 640
FRAMES = 24
"""Of a clip, at most."""
ONE_GROUP = ("faceswap", "intel", "lipnet")
"""Clips of one maker show the same people and rooms, and stay in one fold each."""


@dataclass(frozen=True)
class Picture:
    """Pixels (H, W, 3) RGB, and boxes (N, 4) that people drew, or None."""

    name: str
    fold: int
    pixels: np.ndarray
    drawn: np.ndarray | None = None
    sizes: tuple[int, ...] = (640, 960)
    "long sides of the teacher's input, px"


def reduced(pixels: np.ndarray, long_side: int = LONG_SIDE) -> tuple[np.ndarray, float]:
    """The picture with its long side at most so many px, and by what it was multiplied."""
    scale = min(1.0, long_side / max(pixels.shape[:2]))
    if scale == 1.0:
        return np.ascontiguousarray(pixels), 1.0
    size = round(pixels.shape[1] * scale), round(pixels.shape[0] * scale)
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), scale


def squared(pixels: np.ndarray) -> np.ndarray:
    """With black on the right or below, so that all pictures have one shape for an engine."""
    height, width = pixels.shape[:2]
    side = max(height, width)
    return cv2.copyMakeBorder(
        pixels, 0, side - height, 0, side - width, cv2.BORDER_CONSTANT, value=(0, 0, 0)
    )


def people(archive: Path) -> Iterator[Picture]:
    with zipfile.ZipFile(archive) as lfw:
        for name in sorted(n for n in lfw.namelist() if n.endswith(".jpg")):
            yield Picture(f"lfw/{Path(name).name}", EVERYWHERE, _decode(lfw.read(name)), None,
                          (256, 448))  # fmt: skip


def masked(archive: Path) -> Iterator[Picture]:
    """Photographs with boxes, one in FOLDS in each fold."""
    with zipfile.ZipFile(archive) as photographs:
        names = sorted(n for n in photographs.namelist() if n.endswith(".xml"))
        images = {Path(n).stem: n for n in photographs.namelist() if "/images/" in n}
        for number, name in enumerate(names):
            pixels, scale = reduced(_decode(photographs.read(images[Path(name).stem])))
            yield Picture(
                f"facemask/{Path(name).stem}.jpg", number % FOLDS, pixels,
                drawn_boxes(photographs.read(name)) * scale,
            )  # fmt: skip


def drawn_boxes(annotation: bytes) -> np.ndarray:
    """(N, 4) xyxy of a Pascal VOC file."""
    corners = ("xmin", "ymin", "xmax", "ymax")
    found = [
        [float(box.findtext(c, "0")) for c in corners]
        for box in ET.fromstring(annotation).iter("bndbox")  # noqa: S314 - of a known archive
    ]
    return np.asarray(found, np.float64).reshape(-1, 4)


def width_of(annotation: bytes) -> float:
    """px of the photograph that a Pascal VOC file is about."""
    return float(ET.fromstring(annotation).findtext("size/width", "0"))  # noqa: S314


def frames(folder: Path) -> Iterator[Picture]:
    """Frames of the clips, evenly; clips of one maker in one fold, others in turn."""
    turn = 0
    for path in sorted(p for p in folder.iterdir() if p.suffix != ".md"):
        maker = path.name.split("-")[0]
        known = next((i for i, m in enumerate(ONE_GROUP) if path.name.startswith(m)), None)
        fold = (known if known is not None else turn) % FOLDS
        turn += known is None
        try:
            source, _ = open_source(path, "pyav", planes=False)
            with source:
                pixels = [np.array(frame.rgb) for frame in source]
        except VidfxError as error:
            print(f"{path.name}: {error}")
            continue
        for index in np.unique(np.linspace(0, len(pixels) - 1, FRAMES).round().astype(int)):
            yield Picture(f"clips/{maker}-{path.stem}-{index:05}.jpg", fold,
                          reduced(pixels[index])[0])  # fmt: skip


def scenes(folders: Sequence[Path]) -> Iterator[Picture]:
    """Of anything: those of scikit-image (a page, a cat, stars), and those of ``folders``."""
    import skimage  # noqa: PLC0415

    for folder in (Path(skimage.__file__).parent / "data", *folders):
        for path in sorted(folder.iterdir()):
            if path.suffix in (".png", ".jpg") and path.stem != "astronaut":
                yield Picture(f"still/{path.stem}.jpg", EVERYWHERE,
                              reduced(_decode(path.read_bytes()))[0], None, (640,))  # fmt: skip


def _decode(data: bytes) -> np.ndarray:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)


class Teacher:
    """CenterFace at several sizes, its doubles removed.

    Pictures are made square, and there is an engine a size, since OpenVINO compiles a model anew
    for every shape of picture.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._engines: dict[int, Engine] = {}

    def __call__(self, pixels: np.ndarray, sizes: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """(N, 14) boxes and landmarks, and scores (N,)."""
        square = squared(pixels)
        rows, scores = [np.zeros((0, 14))], [np.zeros(0)]
        for size in sizes:
            found = self._detector(size)([Frame(0, 0, square)])
            rows.append(np.concatenate([found.box, found.landmarks.reshape(-1, 10)], 1))
            scores.append(found.score)
        row, score = np.concatenate(rows), np.concatenate(scores)
        keep = non_maximum_suppression(row[:, :4], score, 0.4)
        return row[keep], score[keep]

    def _detector(self, size: int) -> Detector:
        if size not in self._engines:
            self._engines[size] = select(
                embedded("centerface"), device="cpu", threads=self._threads
            ).engine
        return Detector(self._engines[size], threshold=UNSURE, long_side=size)


def labels(picture: Picture, row: np.ndarray, score: np.ndarray) -> dict[str, object]:
    """The entry of ``faces.json``: where people drew boxes, the teacher's others are unsure."""
    sure = score >= SURE
    faces = [[*r[:4], 1.0, *r[4:]] for r in row[sure]]
    unsure = [list(r[:4]) for r in row[~sure]]
    if picture.drawn is not None:
        overlap = intersection_over_union(picture.drawn, row[:, :4])
        faces, taken = [], set[int]()
        for box, shares in zip(picture.drawn, overlap, strict=True):
            best = int(shares.argmax()) if len(shares) else -1
            if best >= 0 and shares[best] >= SURE and best not in taken:
                taken.add(best)
                faces.append([*row[best, :4], 1.0, *row[best, 4:]])
            else:
                faces.append([*box, 0.0, *np.zeros(10)])
        unsure = [list(r[:4]) for i, r in enumerate(row) if i not in taken]
    return {
        "file": picture.name,
        "fold": picture.fold,
        "faces": [[round(float(v), 2) for v in face] for face in faces],
        "unsure": [[round(float(v), 2) for v in box] for box in unsure],
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks detector_data")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--scenes", type=Path, nargs="*", default=[], help="folders of pictures")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    teacher, entries = Teacher(args.threads), list[dict[str, object]]()
    for source in (
        scenes(args.scenes),
        masked(args.data / "facemask.zip"),
        frames(args.data / "clips"),
        people(args.data / "lfw.zip"),
    ):
        for picture in source:
            file = args.work / picture.name
            file.parent.mkdir(parents=True, exist_ok=True)
            bgr = cv2.cvtColor(picture.pixels, cv2.COLOR_RGB2BGR)
            cv2.imwrite(str(file), bgr, [cv2.IMWRITE_JPEG_QUALITY, 92])
            entries.append(labels(picture, *teacher(picture.pixels, picture.sizes)))
        print(f"{len(entries)} pictures", flush=True)
    (args.work / "faces.json").write_text(json.dumps({"pictures": entries}), encoding="utf-8")


if __name__ == "__main__":
    main()
