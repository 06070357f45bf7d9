"""``python -m benchmarks cores``: one video on all cores, compared with decoding and transcoding.

Before anything is timed, the rows of one thread, of all cores and of segments are compared: they
must be equal. Then the commands take turns. Speeds are those inside the run, without start-up;
FFmpeg's include its own, which is short. CPU times are those of one process that writes nothing:
how much of its work is in the thread that tracks, which limits what further cores can gain.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.annotate.pipeline import CSVS, FOLDER, TRANSCODE, VIDFX, commands
from benchmarks.measure import failure, machine, make_clip, run
from benchmarks.saved import Row, add_option, show
from vidfx.annotation.context import Context, load_context
from vidfx.annotation.pipeline import Pipeline
from vidfx.annotation.stage_timer import StageTimer
from vidfx.annotation.threads import prefetch, queue_length
from vidfx.config import Settings
from vidfx.video.read.source import open_source
from vidfx_engines.cores import available_cores

DECODE = "PyAV decoding alone"
LOOKING_AHEAD = 16
"""Threads with which a process looks ahead, whatever the number of cores here."""
ONE, AUTO = "1", "auto"


def decoding_rate(clip: Path) -> float:
    """Frames a second of the reader of annotate, with its threads, while nobody uses the planes."""
    started = time.perf_counter()
    source, _ = open_source(clip, "pyav", planes=False)
    with source:
        count = sum(1 for _ in source)
    return count / (time.perf_counter() - started)


def cpu_times(clip: Path, threads: int) -> tuple[float, float]:
    """CPU milliseconds a frame: of the thread that tracks, and of the whole process."""
    settings = Settings(video=False, threads=threads)
    with load_context(settings) as context:
        _cpu_times(clip, context)  # compiles the engines
        return _cpu_times(clip, context)


def _cpu_times(clip: Path, context: Context) -> tuple[float, float]:
    source, _ = open_source(clip, "pyav", planes=False)
    with source:
        thread, process = time.thread_time(), time.process_time()
        pipeline = Pipeline(source.info, context.settings, context.models, StageTimer())
        decoded = pipeline.observe.analyzer.retain(source)
        length = queue_length(source.info, pipeline.observe.chunk)
        with prefetch("decode", decoded, length) as frames:
            count = sum(len(settled.frames) for settled in pipeline(frames))
    elapsed = time.thread_time() - thread, time.process_time() - process
    return 1000 * elapsed[0] / count, 1000 * elapsed[1] / count


def annotated(
    name: str, lines: Mapping[str, list[str]], clip: Path, out: Path, *more: str
) -> float:
    """Frames a second inside one run of vidfx."""
    run(f"{name} {' '.join(more)}", [*lines[name], *more], out)
    summary = json.loads((out / FOLDER[name] / f"{clip.name}.summary.json").read_text("utf-8"))
    return summary["counts"]["frames"] / summary["seconds"]["total"]


def rows_of(lines: Mapping[str, list[str]], clip: Path, out: Path, *more: str) -> dict[str, bytes]:
    annotated(CSVS, lines, clip, out, *more)
    return {file.name: file.read_bytes() for file in (out / FOLDER[CSVS]).glob("*.csv")}


def check(lines: Mapping[str, list[str]], clip: Path, out: Path, segments: Sequence[str]) -> None:
    """Exits where rows depend on cores or segments."""
    wanted = rows_of(lines, clip, out, "--threads", "1", "--segments", "1")
    for count in dict.fromkeys((ONE, AUTO, "2", *segments)):
        print(f"checking the rows of --segments {count}", file=sys.stderr)
        if rows_of(lines, clip, out, "--segments", count) != wanted:
            raise failure(f"--segments {count} has other rows than one thread")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks cores", description=__doc__)
    parser.add_argument("--clip", type=Path, help="instead of a made one")
    parser.add_argument("--faces", type=int, default=6)
    parser.add_argument("--height", type=int, choices=[360, 720, 1080], default=1080)
    parser.add_argument("--frames", type=int, default=3600)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--segments", nargs="*", default=[], help="numbers to compare with auto")
    add_option(parser)
    args = parser.parse_args()
    import imageio_ffmpeg  # noqa: PLC0415 - after --help

    ffmpeg, facts, threads = imageio_ffmpeg.get_ffmpeg_exe(), machine(), available_cores()
    speeds: dict[str, list[float]] = {}
    cpu: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="vidfx-bench-") as folder:
        out = Path(folder)
        clip: Path = args.clip.resolve() if args.clip else out / "clip.mp4"
        if not args.clip:
            make_clip(clip, faces=args.faces, height=args.height, frames=args.frames)
        lines = commands(clip, out, ffmpeg, threads, deface=False)
        check(lines, clip, out, args.segments)
        frames = sum(1 for _ in (out / FOLDER[CSVS] / f"{clip.name}.frames.csv").open("rb")) - 1
        for turn in range(args.turns):
            print(f"turn {turn + 1} of {args.turns}", file=sys.stderr)
            speeds.setdefault(DECODE, []).append(decoding_rate(clip))
            took = run(TRANSCODE, lines[TRANSCODE], out).wall_s
            speeds.setdefault(TRANSCODE, []).append(frames / took)
            for n in (1, LOOKING_AHEAD):
                of_thread, of_process = cpu_times(clip, n)
                for what, ms in (("thread that tracks", of_thread), ("whole process", of_process)):
                    cpu.setdefault(f"CPU of the {what}, --threads {n}", []).append(ms)
            for name in (CSVS, VIDFX):
                for count in dict.fromkeys((ONE, AUTO, *args.segments)):
                    speed = annotated(name, lines, clip, out, "--segments", count)
                    speeds.setdefault(f"{name} --segments {count}", []).append(speed)
    rows = [Row(name, "frames/s", tuple(values)) for name, values in speeds.items()]
    pairs = [
        *((f"{CSVS} --segments {n}", DECODE) for n in (ONE, AUTO)),
        *((f"{VIDFX} --segments {n}", TRANSCODE) for n in (ONE, AUTO)),
        *(
            (f"{name} --segments {n}", f"{name} --segments {ONE}")
            for name in (CSVS, VIDFX)
            for n in dict.fromkeys((AUTO, *args.segments))
            if n != ONE
        ),
    ]
    for ours, theirs in pairs:
        ratio = tuple(a / b for a, b in zip(speeds[ours], speeds[theirs], strict=True))
        rows.append(Row(f"{ours} / {theirs}", "ratio", ratio))
    rows += [Row(name, "ms a frame", tuple(values), "less") for name, values in cpu.items()]
    about = (
        f"{frames} frames, {threads} cores. Rows of one thread, all cores and segments are equal."
    )
    show("cores", about, rows, facts, args.save)


if __name__ == "__main__":
    main()
