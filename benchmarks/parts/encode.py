"""``python -m benchmarks encode``: vidfx's encoder, compared with FFmpeg, from frames to a file.

Both get the same frames of a clip, decoded before; FFmpeg reads them as raw video.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.measure import machine, make_clip, ratios, run
from benchmarks.saved import Row, add_option, show
from vidfx.types import Frame, VideoInfo
from vidfx.video.read.source import open_source
from vidfx.video.write.encoder import VideoEncoder
from vidfx.video.write.encoder_choice import DEFAULT
from vidfx.video.write.muxer import Mp4Muxer
from vidfx_engines.files import AtomicFile


def write(frames: list[Frame], info: VideoInfo, file: Path, preset: str) -> float:
    """Seconds."""
    started = time.perf_counter()
    choice = replace(DEFAULT, options={"crf": "23", "preset": preset})
    with AtomicFile(file) as written, Mp4Muxer(written, info, audio_from=None) as mp4:
        encoder = VideoEncoder(mp4, choice)
        for frame in frames:
            encoder.write(frame)
        encoder.finish()
        mp4.complete()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks encode")
    parser.add_argument("--height", type=int, choices=[360, 720, 1080], default=720)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--presets", nargs="+", default=["ultrafast", "superfast", "veryfast"])
    parser.add_argument("--turns", type=int, default=3)
    add_option(parser)
    args = parser.parse_args()
    import imageio_ffmpeg  # noqa: PLC0415 - after --help

    ffmpeg, facts, rows = imageio_ffmpeg.get_ffmpeg_exe(), machine(), list[Row]()
    with tempfile.TemporaryDirectory(prefix="vidfx-bench-") as folder:
        out = Path(folder)
        clip, raw = out / "clip.mp4", out / "clip.yuv"
        make_clip(clip, faces=1, height=args.height, frames=args.frames)
        source, _ = open_source(clip, "pyav", planes=True)
        with source, raw.open("wb") as file:
            info, frames = source.info, list(source)
            for frame in frames:
                assert frame.planes is not None
                file.write(frame.planes.tobytes())
        read = [ffmpeg, "-nostdin", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p"]
        read += ["-s", f"{info.width}x{info.height}", "-r", "30", "-i", str(raw)]
        for preset in args.presets:
            ours: list[float] = []
            theirs: list[float] = []
            for _ in range(args.turns):
                line = [*read, "-c:v", "libx264", "-preset", preset, "-crf", "23", "floor.mp4"]
                theirs.append(run("ffmpeg", line, out).wall_s)
                ours.append(write(frames, info, out / "ours.mp4", preset))
            size = (out / "ours.mp4").stat().st_size / (out / "floor.mp4").stat().st_size
            rows += [
                Row(f"ffmpeg {preset}", "frames/s", tuple(len(frames) / s for s in theirs)),
                Row(f"vidfx {preset}", "frames/s", tuple(len(frames) / s for s in ours)),
                Row(f"vidfx / ffmpeg, {preset}", "ratio", tuple(ratios(ours, theirs))),
                Row(f"bytes of vidfx / of ffmpeg, {preset}", "ratio of bytes", (size,), "less"),
            ]
    about = f"{args.height}p, {args.frames} frames, x264 at crf 23, no sound."
    show("encode", about, rows, facts, args.save)


if __name__ == "__main__":
    main()
