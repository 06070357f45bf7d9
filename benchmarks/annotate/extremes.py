"""``python -m benchmarks extremes``: very many, very long, very large and very crowded inputs.

One run each: seconds and peak memory. They show the limits; compare other benchmarks.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.clips import loop
from benchmarks.measure import PROGRAM, machine, make_clip, run
from benchmarks.saved import Row, add_option, show

CSVS = ("--no-video",)


def many(folder: Path) -> Path:
    """5,000 videos of a second."""
    return _copies(folder, 5000, frames=30)


def _copies(folder: Path, count: int, *, frames: int) -> Path:
    (folder / "many").mkdir()
    first = folder / "many" / "0000.mp4"
    make_clip(first, faces=1, height=360, frames=frames)
    for i in range(1, count):
        shutil.copy(first, folder / "many" / f"{i:04}.mp4")
    return folder / "many"


def hour(folder: Path) -> Path:
    """108,000 frames of 720p: a minute and a half, again and again, not encoded again."""
    once, clip = folder / "once.mp4", folder / "hour.mp4"
    make_clip(once, faces=1, height=720, frames=2700)
    return loop(once, clip, 40)


def large(folder: Path) -> Path:
    """200 frames of 3840 x 2160."""
    make_clip(folder / "large.mp4", faces=6, height=2160, frames=200)
    return folder / "large.mp4"


def one(folder: Path) -> Path:
    """A single frame."""
    make_clip(folder / "one.mp4", faces=6, height=720, frames=1)
    return folder / "one.mp4"


def crowd(folder: Path) -> Path:
    """216 faces a frame, seen at 1920 px."""
    make_clip(folder / "crowd.mp4", faces=216, height=1080, frames=150)
    return folder / "crowd.mp4"


CASES: dict[str, tuple[Callable[[Path], Path], tuple[str, ...]]] = {
    "one": (one, ()),
    "large": (large, ()),
    "crowd": (crowd, ("--detector-size", "1920")),
    "many": (many, CSVS),
    "hour": (hour, CSVS),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks extremes")
    parser.add_argument("--only", nargs="+", choices=list(CASES), default=list(CASES))
    add_option(parser)
    args = parser.parse_args()
    facts, rows, notes = machine(), list[Row](), list[str]()
    for name in args.only:
        make, options = CASES[name]
        assert make.__doc__ is not None
        about = make.__doc__.rstrip(".")
        with tempfile.TemporaryDirectory(prefix="vidfx-bench-") as text:
            folder = Path(text)
            source = make(folder)
            vidfx = [*PROGRAM, "annotate"]
            vidfx += [str(source), "-o", str(folder / "out"), *options]
            vidfx += ["--quiet", "--progress", "none", "--json"]
            for again in ("", ", done already") if name == "many" else ("",):
                print(f"{about}{again}", file=sys.stderr)
                cost = run(about, vidfx, folder)
                rows.append(Row(about + again, "s", (cost.wall_s,), "less"))
                rows.append(Row(about + again, "peak MiB", (cost.peak_mib,), "less"))
            notes.append(f"{about}: {_found(folder / 'out')}.")
    show("extremes", __doc__.splitlines()[2], rows, facts, args.save, notes)


def _found(out: Path) -> str:
    """The counts of the results: videos, frames and faces; of one video more."""
    summaries = [json.loads(p.read_text()) for p in sorted(out.rglob("*.summary.json"))]
    frames = sum(s["counts"]["frames"] for s in summaries)
    faces = sum(s["counts"]["face_rows"] for s in summaries)
    text = f"{len(summaries)} done, {frames} frames, {faces} faces"
    if len(summaries) == 1:
        tracks = summaries[0]["counts"]["tracks"]
        rate = frames / summaries[0]["seconds"]["total"]
        text += f", {tracks} tracks, {rate:.1f} frames/s inside"
        with next(out.rglob("*.frames.csv")).open(newline="", encoding="utf-8") as rows:
            most = max(int(row["faces"]) for row in csv.DictReader(rows))
        text += f", at most {most} faces in a frame"
    return text


if __name__ == "__main__":
    main()
