"""``python -m benchmarks startup``: the time before the first frame.

``vidfx --help``; ``annotate`` of one frame with warm caches; the same again, when it is done
already; and a folder in which everything is done already.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import PROGRAM, machine, run
from benchmarks.saved import Row, add_option, show


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks startup")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--videos", type=int, default=1000, help="of the folder that is done")
    add_option(parser)
    args = parser.parse_args()
    facts = machine()
    vidfx = list(PROGRAM)
    with tempfile.TemporaryDirectory(prefix="vidfx-bench-") as folder:
        out = Path(folder)
        clip = out / "clip.mp4"
        made = ["faces", str(clip), "--faces=1", "--height=720", "--frames=60"]
        run("making the clip", [sys.executable, "-m", "benchmarks.clips", *made], out)
        many = out / "many"
        many.mkdir()
        for i in range(args.videos):
            (many / f"{i}.mp4").hardlink_to(clip)
        shared = ["--quiet", "--progress", "none", "--no-video", "--end", "0.03"]
        once = [*vidfx, "annotate", str(clip), "-o", str(out / "one"), *shared]
        every = [*vidfx, "annotate", str(many), "-o", str(out / "all"), *shared]
        print(f"doing {args.videos} videos", file=sys.stderr)
        done = run("the folder", every, out)
        lines = {
            "vidfx --help": [*vidfx, "--help"],
            "annotate one frame": [*once, "--overwrite"],
            "annotate what is done": once,
            f"annotate {args.videos} videos that are done": every,
        }
        seconds: dict[str, list[float]] = {name: [] for name in lines}
        for turn in range(args.turns):
            print(f"turn {turn + 1} of {args.turns}", file=sys.stderr)
            for name, line in lines.items():
                seconds[name].append(run(name, line, out).wall_s)
        shutil.rmtree(out / "all")
    rows = [Row(name, "s", tuple(values), "less") for name, values in seconds.items()]
    note = f"To do the {args.videos} videos of one frame took {done.wall_s:.1f} s."
    show("startup", "Before there is anything to see.", rows, facts, args.save, [note])


if __name__ == "__main__":
    main()
