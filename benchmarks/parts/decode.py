"""``python -m benchmarks decode``: vidfx's readers, compared with FFmpeg, which only decodes."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from benchmarks.measure import machine, make_clip, run
from benchmarks.saved import Row, add_option, show
from vidfx.config import Reader
from vidfx.video.read.source import open_source

WAYS: dict[str, tuple[Reader, bool]] = {
    "PyAV, planes (what annotate asks for)": ("pyav", True),
    "PyAV, RGB": ("pyav", False),
    "decord, RGB": ("decord", False),
}


def rate_of(clip: Path, reader: Reader, *, planes: bool) -> float:
    """Frames a second."""
    started = time.perf_counter()
    source, _ = open_source(clip, reader, planes=planes)
    count = 0
    with source:
        for frame in source:
            count += frame.planes is not None if planes else frame.rgb.ndim == 3
    return count / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks decode")
    parser.add_argument("--heights", type=int, nargs="+", choices=[360, 720, 1080],
                        default=[720, 1080])  # fmt: skip
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--turns", type=int, default=5)
    add_option(parser)
    args = parser.parse_args()
    import imageio_ffmpeg  # noqa: PLC0415 - after --help

    ffmpeg, facts, rows = imageio_ffmpeg.get_ffmpeg_exe(), machine(), list[Row]()
    with tempfile.TemporaryDirectory(prefix="vidfx-bench-") as folder:
        out = Path(folder)
        for height in args.heights:
            clip = out / f"{height}.mp4"
            make_clip(clip, faces=1, height=height, frames=args.frames)
            line = [ffmpeg, "-nostdin", "-v", "error", "-i", str(clip), "-map", "0:v:0"]
            line += ["-f", "null", "-"]
            speeds: dict[str, list[float]] = {}
            for _ in range(args.turns):
                took = run("ffmpeg", line, out).wall_s
                speeds.setdefault("ffmpeg -f null", []).append(args.frames / took)
                for name, (reader, planes) in WAYS.items():
                    speeds.setdefault(name, []).append(rate_of(clip, reader, planes=planes))
            floor = speeds["ffmpeg -f null"]
            for name, values in speeds.items():
                rows.append(Row(f"{height}p {name}", "frames/s", tuple(values)))
                if values is not floor:
                    ratio = tuple(a / b for a, b in zip(values, floor, strict=True))
                    rows.append(Row(f"{height}p {name} / ffmpeg", "ratio", ratio))
    about = f"{args.frames} frames of H.264. FFmpeg's start is included, the readers' imports not."
    show("decode", about, rows, facts, args.save)


if __name__ == "__main__":
    main()
