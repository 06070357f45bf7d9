"""``python -m benchmarks render``: vidfx render beside annotate and ffmpeg's transcode, in one run.

The three take turns on the same clip, so that the ratios within a turn do not depend on the load.
They are also there of CPU seconds, which other work on the cores changes less. Start-up is
included; "inside the run" is without it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.annotate.pipeline import CRF, FOLDER, PRESET, TRANSCODE, VIDFX, commands
from benchmarks.measure import PROGRAM, Run, failure, machine, make_clip, ratios, run
from benchmarks.saved import Row, add_option, show
from vidfx_engines.cores import available_cores

RENDER = "vidfx render"


def render_command(out: Path, threads: int) -> list[str]:
    """Draws again what ``VIDFX`` left in ``out``."""
    line = [*PROGRAM, "render", str(out / FOLDER[VIDFX]), "--overwrite", "--quiet"]
    return [*line, "--threads", str(threads), "--preset", PRESET, "--crf", CRF]


def rates(frames: int, out: Path, clip: str) -> dict[str, float]:
    """Frames a second inside the latest runs of vidfx."""
    folder = out / FOLDER[VIDFX]
    names = {VIDFX: "summary", RENDER: "rendered"}
    records = {
        name: json.loads((folder / f"{clip}.{kind}.json").read_text(encoding="utf-8"))
        for name, kind in names.items()
    }
    counts = {name: record["counts"]["frames"] for name, record in records.items()}
    if set(counts.values()) != {frames}:
        raise SystemExit(f"benchmarks: not the same work, frames differ: {counts}")
    return {name: frames / record["seconds"]["total"] for name, record in records.items()}


def rows(runs: dict[str, list[Run]], inside: dict[str, list[float]], frames: int) -> list[Row]:
    """What each of them cost, and the ratios turn by turn."""
    found: list[Row] = []
    for name, taken in runs.items():
        found += [
            Row(name, "frames/s", tuple(frames / r.wall_s for r in taken)),
            Row(name, "CPU ms a frame", tuple(1e3 * r.cpu_s / frames for r in taken), "less"),
            Row(name, "peak MiB", tuple(r.peak_mib for r in taken), "less"),
        ]
    for name, speeds in inside.items():
        found.append(Row(f"{name}, inside the run", "frames/s", tuple(speeds)))
    for other in (VIDFX, TRANSCODE):
        for kind, unit in (("wall_s", ""), ("cpu_s", ", CPU seconds")):
            ours, theirs = ([getattr(r, kind) for r in runs[n]] for n in (RENDER, other))
            found.append(Row(f"{RENDER} / {other}{unit}", "ratio", tuple(ratios(ours, theirs))))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks render")
    parser.add_argument("--faces", type=int, choices=[1, 6], default=1)
    parser.add_argument("--height", type=int, choices=[360, 720, 1080], default=720)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--threads", type=int, default=available_cores())
    add_option(parser)
    args = parser.parse_args()
    try:
        import imageio_ffmpeg  # noqa: PLC0415 - it may be missing
    except ImportError as error:
        raise failure("imageio_ffmpeg is not installed") from error
    facts, clip = machine(), f"{args.height}p-{args.faces}.mp4"
    with tempfile.TemporaryDirectory(prefix="vidfx-bench-") as folder:
        out = Path(folder)
        make_clip(out / clip, faces=args.faces, height=args.height, frames=args.frames)
        ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
        every = commands(out / clip, out, ffmpeg, args.threads, deface=False)
        lines = {VIDFX: every[VIDFX], RENDER: render_command(out, args.threads)}
        lines[TRANSCODE] = every[TRANSCODE]
        for name, line in lines.items():
            run(name, line, out)
        runs: dict[str, list[Run]] = {name: [] for name in lines}
        inside: dict[str, list[float]] = {VIDFX: [], RENDER: []}
        for turn in range(args.turns):
            print(f"turn {turn + 1} of {args.turns}", file=sys.stderr)
            for name, line in lines.items():
                runs[name].append(run(name, line, out))
            for name, rate in rates(args.frames, out, clip).items():
                inside[name].append(rate)
    about = (
        f"{args.frames} frames of {args.height}p, faces: {args.faces}, {args.threads} threads. "
        "Above 1, render was the faster or cost less."
    )
    show("render", about, rows(runs, inside, args.frames), facts, args.save)


if __name__ == "__main__":
    main()
