"""``python -m benchmarks rooms OUT``: make scenes of many small, turned and masked faces.

For ``python -m benchmarks tracks OUT/*.mp4``. Each is 480 x 270, made of the folder that
``VIDFX_TEST_DATA`` names: clips beside each other on one without faces, pictures of LFW whose faces
look aside, and photographs of MaskON that move a little.
"""

from __future__ import annotations

import argparse
import os
import zipfile
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np

from benchmarks.clips import write_clip
from vidfx.stages.detect import Detector
from vidfx.types import Detections, Frame
from vidfx_engines.embedded import embedded
from vidfx_engines.select import select

WIDTH, HEIGHT = SIZE = (480, 270)
WITHOUT_FACES = "pyfeat-no_face.mp4"
CLIPS = (
    *(f"liveportrait-d{number}.mp4" for number in (9, 13, 20, 11, 0, 19)),
    *("intel-book.mkv", "intel-walk.mkv", "intel-sister.mkv"),
    *("lipnet_grid-bbaf2n.mpg", "lipnet_grid-id2_vcd_swwp2s.mpg"),
    *("faceswap_ss-test_video_01.mp4", "pyfeat-single_face.mp4", "intel-night.mkv"),
)
ROOMS = {"room22": (22, 1.0), "room26": (26, 1.0), "room32": (32, 1.0), "room26dark": (26, 0.55)}
"""Width of the faces in px, and the factor on the light."""
PROFILES = {
    "profiles22": (22, 8),
    "profiles28": (28, 7),
    "profiles36": (36, 6),
    "profiles60": (60, 4),
}
"""Width of the faces in px, and how many people are beside each other."""
ASIDE = 0.33
"""A face looks aside where the nose is so much closer to one eye than to the other."""


@cache
def data() -> Path:
    return Path(os.environ["VIDFX_TEST_DATA"])


def frames(name: str, count: int) -> list[np.ndarray]:
    """The first frames of a clip, then back and forth where it has too few."""
    with av.open(str(data() / "clips" / name)) as container:
        decoded = container.decode(video=0)
        some = [frame.to_ndarray(format="rgb24") for frame in islice(decoded, count)]
    there_and_back = some + some[::-1]
    return [there_and_back[i % len(there_and_back)] for i in range(count)]


@cache
def detector(long_side: int) -> Detector:
    engine = select(embedded("centerface"), device="cpu").engine
    return Detector(engine, threshold=0.5, long_side=long_side)


def found(picture: np.ndarray, long_side: int) -> Detections:
    return detector(long_side)([Frame(0, 0, np.ascontiguousarray(picture))])


@cache
def face_side(name: str) -> float:
    """Shorter side of the face of a clip, in px."""
    boxes = [found(frame, 384).box[:1] for frame in frames(name, 60)[::20]]
    sides = [(box[:, 2:] - box[:, :2]).min() for box in boxes if len(box)]
    return float(np.median(sides))


def scaled(picture: np.ndarray, factor: float) -> np.ndarray:
    return cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def background(count: int) -> list[np.ndarray]:
    return [cv2.resize(f, SIZE, interpolation=cv2.INTER_AREA) for f in frames(WITHOUT_FACES, count)]


def room(rng: np.random.Generator, side: float, light: float) -> list[np.ndarray]:
    """Clips in rows, each scaled so that its face is about ``side`` px wide."""
    canvas = background(125)
    left, top, row = 0, 0, 0
    for name in rng.permutation(CLIPS).tolist():
        factor = side * rng.uniform(0.85, 1.2) / face_side(name)
        clip = [scaled(frame, factor) for frame in frames(name, len(canvas))]
        height, width = clip[0].shape[:2]
        if width > 200 or height > 220:
            continue
        if left + width > WIDTH:
            left, top, row = 0, top + row + 2, 0
        if top + height > HEIGHT:
            continue
        for target, frame in zip(canvas, clip, strict=True):
            target[top : top + height, left : left + width] = frame * light
        left, row = left + width + 3, max(row, height)
    return canvas


def pictures(archive: str, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Pictures (H, W, 3) RGB of an archive, in random order."""
    with zipfile.ZipFile(data() / archive) as file:
        names = [n for n in file.namelist() if n.lower().endswith((".jpg", ".jpeg", ".png"))]
        for name in rng.permutation(names).tolist():
            picture = cv2.imdecode(np.frombuffer(file.read(name), np.uint8), cv2.IMREAD_COLOR_RGB)
            assert picture is not None
            yield picture


def aside(rng: np.random.Generator) -> Iterator[tuple[np.ndarray, float]]:
    """Pictures of LFW in which somebody looks aside, and the shorter side of the face in px."""
    for picture in pictures("lfw.zip", rng):
        face = found(picture, 256)
        if len(face):
            (left, _), (right, _), (nose, _) = face.landmarks[0, :3]
            near, far = sorted((abs(nose - left), abs(right - nose)))
            if near < ASIDE * far or not left < nose < right:
                yield picture, float((face.box[0, 2:] - face.box[0, :2]).min())


def profiles(rng: np.random.Generator, side: float, across: int) -> list[np.ndarray]:
    """A grid of people who look aside and sway a little."""
    canvas, cell = background(75), WIDTH // across
    people = aside(rng)
    for top in range(2, HEIGHT // cell * cell, cell):
        for left in range(2, across * cell, cell):
            picture, face = next(people)
            person = scaled(picture, side * rng.uniform(0.85, 1.2) / face)[: cell - 4, : cell - 4]
            person, phases = np.ascontiguousarray(person), rng.uniform(0, 2 * np.pi, 2)
            height, width = person.shape[:2]
            for i, target in enumerate(canvas):
                shift = 2 * np.sin(i / np.array([15, 20]) + phases)
                target[top : top + height, left : left + width] = moved(person, shift, person)
    return canvas


def photographs(rng: np.random.Generator) -> Iterator[np.ndarray]:
    """25 photographs, a second each, that drift a few pixels."""
    blank = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for picture in islice(pictures("facemask.zip", rng), 25):
        height, width = picture.shape[:2]
        shot = scaled(picture, 1.04 * min(WIDTH / width, HEIGHT / height))
        corner = (np.array(SIZE) - shot.shape[1::-1]) / 2
        drift = rng.uniform(-8, 8, 2)
        for i in range(30):
            yield moved(shot, corner + drift * i / 30, blank)


def moved(picture: np.ndarray, shift: np.ndarray, like: np.ndarray) -> np.ndarray:
    """``picture`` moved by (x, y) px, in the size of ``like``."""
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]])
    return cv2.warpAffine(picture, matrix, like.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks rooms", description=__doc__)
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    rng = np.random.default_rng(0)
    scenes = {name: iter(room(rng, *how)) for name, how in ROOMS.items()}
    scenes |= {name: iter(profiles(rng, *how)) for name, how in PROFILES.items()}
    scenes["photographs"] = photographs(rng)
    for name, scene in scenes.items():
        count = write_clip(out / f"{name}.mp4", scene, SIZE, crf="27")
        print(f"{out / name}.mp4: {count} frames", flush=True)


if __name__ == "__main__":
    main()
