"""``python -m benchmarks jobs``: several videos at once, compared with one at a time.

Frames/s of a whole batch by ``--jobs``, the runs taking turns; and of the same batch pinned to one
core and to two. Start-up of the workers is included.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import PROGRAM, machine, make_clip, run
from benchmarks.saved import Row, add_option, show
from vidfx_engines.cores import available_cores

FAST = ("--quiet", "--progress", "none", "--overwrite")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks jobs")
    parser.add_argument("--videos", type=int, default=6)
    parser.add_argument("--frames", type=int, default=300, help="of each video")
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--turns", type=int, default=3)
    add_option(parser)
    args = parser.parse_args()
    facts = machine()
    with tempfile.TemporaryDirectory(prefix="vidfx-bench-") as folder:
        out = Path(folder)
        (out / "in").mkdir()
        first = out / "in" / "0.mp4"
        make_clip(first, faces=1, height=720, frames=args.frames)
        for i in range(1, args.videos):
            shutil.copy(first, out / "in" / f"{i}.mp4")
        vidfx = [*PROGRAM, "annotate"]
        vidfx += [str(out / "in"), "-o", str(out / "out"), *FAST]
        frames = args.videos * args.frames
        speeds: dict[str, list[float]] = {}
        run("filling caches", [*vidfx, "--jobs", "1"], out)
        for turn in range(args.turns):
            print(f"turn {turn + 1} of {args.turns}", file=sys.stderr)
            for jobs in args.jobs:
                took = run(f"--jobs {jobs}", [*vidfx, "--jobs", str(jobs)], out).wall_s
                speeds.setdefault(f"--jobs {jobs}", []).append(frames / took)
            for n in (1, 2) if available_cores() > 1 else ():
                allowed = os.sched_getaffinity(0)
                os.sched_setaffinity(0, sorted(allowed)[:n])
                took = run(f"{n} cores", [*vidfx, "--jobs", "auto"], out).wall_s
                os.sched_setaffinity(0, allowed)
                speeds.setdefault(f"--jobs auto on {n} cores", []).append(frames / took)
    rows = [Row(name, "frames/s", tuple(values)) for name, values in speeds.items()]
    one = speeds[f"--jobs {args.jobs[0]}"]
    for name, values in speeds.items():
        ratio = tuple(a / b for a, b in zip(values, one, strict=True))
        rows.append(Row(f"{name} / --jobs {args.jobs[0]}", "ratio", ratio))
    about = (
        f"{args.videos} videos of {args.frames} frames, 720p, one face; whole batches, start-up"
        " included."
    )
    show("jobs", about, rows, facts, args.save)


if __name__ == "__main__":
    main()
