"""``python -m benchmarks growth``: time per frame by length, faces, pixels and outputs.

One thing changes at a time. Frames/s are those inside the run, without start-up; CPU and memory
are of the whole command.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.measure import PROGRAM, Run, machine, make_clip, run, table
from benchmarks.saved import Row, add_option, show

FAST = ("--quiet", "--progress", "none", "--overwrite", "--jobs", "1")


@dataclass(frozen=True)
class Case:
    faces: int = 1
    height: int = 720
    frames: int = 600
    video: bool = True
    more: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        what = "with video" if self.video else "CSVs only"
        count = {0: "no face", 1: "1 face"}.get(self.faces, f"{self.faces} faces")
        return " ".join([f"{self.height}p, {count}, {self.frames} frames, {what}", *self.more])


BASE = Case()
CASES = (
    *(replace(BASE, frames=n, video=v) for v in (True, False) for n in (300, 600, 2400)),
    *(replace(BASE, faces=n, video=v) for v in (True, False) for n in (0, 6, 24)),
    *(replace(BASE, height=n, video=v) for v in (True, False) for n in (360, 1080)),
    *(replace(BASE, height=2160, frames=200, video=v) for v in (True, False)),
    replace(BASE, video=False, more=("--every", "1")),
)


def measure(case: Case, clip: Path, out: Path) -> tuple[Run, dict[str, float], float]:
    """The command, its seconds by stage and all of them."""
    vidfx = [*PROGRAM, "annotate", str(clip)]
    vidfx += ["-o", str(out / "results"), *FAST, *case.more]
    cost = run(case.name, [*vidfx, *([] if case.video else ["--no-video"])], out)
    summary = json.loads((out / "results" / f"{clip.name}.summary.json").read_text())
    return cost, summary["seconds"]["by_stage"], summary["seconds"]["total"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks growth")
    parser.add_argument("--turns", type=int, default=3)
    add_option(parser)
    args = parser.parse_args()
    facts, stages = machine(), dict[str, dict[str, float]]()
    speed: dict[str, list[float]] = {}
    cpu: dict[str, list[float]] = {}
    peak: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="vidfx-bench-") as folder:
        out = Path(folder)
        clips: dict[Case, Path] = {}
        for case in CASES:
            clip = out / f"{case.faces}-{case.height}-{case.frames}.mp4"
            if not clip.exists():
                make_clip(clip, faces=case.faces, height=case.height, frames=case.frames)
            clips[case] = clip
        measure(BASE, clips[BASE], out)
        for turn in range(args.turns):
            print(f"turn {turn + 1} of {args.turns}", file=sys.stderr)
            for case in CASES:
                cost, by_stage, total = measure(case, clips[case], out)
                speed.setdefault(case.name, []).append(case.frames / total)
                cpu.setdefault(case.name, []).append(1e3 * cost.cpu_s / case.frames)
                peak.setdefault(case.name, []).append(cost.peak_mib)
                stages[case.name] = {k: 1e3 * v / case.frames for k, v in by_stage.items()}
    rows = [Row(name, "frames/s", tuple(values)) for name, values in speed.items()]
    rows += [Row(name, "CPU ms/frame", tuple(v), "less") for name, v in cpu.items()]
    rows += [Row(name, "peak MiB", tuple(v), "less") for name, v in peak.items()]
    names = list(next(iter(stages.values())))
    names += [n for some in stages.values() for n in some if n not in names]
    names = list(dict.fromkeys(names))
    cells = [[name, *(f"{s.get(n, 0):.2f}" for n in names)] for name, s in stages.items()]
    budget = (
        "Milliseconds a frame by stage (threads: decode | detect to smooth | draw, rows | encode),"
    )
    budget += " last turn:\n\n" + table(["", *names], cells)
    show("growth", __doc__.splitlines()[2], rows, facts, args.save, [budget])


if __name__ == "__main__":
    main()
