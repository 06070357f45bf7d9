"""``python -m benchmarks report``: the page of many videos, made and opened in Chromium."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.measure import PROGRAM, machine, run
from benchmarks.parts.tables import write_summaries
from benchmarks.saved import Row, add_option, show

READY = "performance.now() / 1000"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks report", description=__doc__)
    parser.add_argument("--videos", type=int, default=10_000)
    parser.add_argument("--tracks", type=int, default=5, help="of each video on average")
    parser.add_argument("--appearances", type=int, default=4, help="of each track on average")
    parser.add_argument("--turns", type=int, default=3)
    add_option(parser)
    args = parser.parse_args()
    with TemporaryDirectory() as folder:
        out = Path(folder, "out")
        write_summaries(out, args.videos, args.tracks, args.appearances)
        data = out / "report" / "data"
        data.mkdir(parents=True)
        for number in range(args.videos):  # as if made before: only the index is measured
            (data / f"{number:05}.mp4.js").touch()
        command = [*PROGRAM, "report", str(out)]
        turns = [run("report", command, Path(folder)) for _ in range(args.turns)]
        size = (data / "index.js").stat().st_size
        ready = _ready(out / "report" / "index.html", args.turns)
    rows = [
        Row("wall time", "s", tuple(turn.wall_s for turn in turns), "less"),
        Row("CPU time", "s", tuple(turn.cpu_s for turn in turns), "less"),
        Row("peak memory", "MiB", tuple(turn.peak_mib for turn in turns), "less"),
        Row("page ready", "s", ready, "less"),
    ]
    notes = [f"{args.videos} videos, {size / 1e6:.1f} MB of index"]
    show("report", "The page of many videos.", rows, machine(), args.save, notes)


def _ready(page: Path, turns: int) -> tuple[float, ...]:
    """Seconds from opening the page to its table, in a new tab each time."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only here

    with sync_playwright() as engine:
        options: dict[str, Any] = {"executable_path": which("chromium"), "args": ["--no-sandbox"]}
        browser = engine.chromium.launch(**options)
        found: list[float] = []
        for _ in range(turns):
            tab = browser.new_page()
            tab.goto(page.as_uri())
            tab.wait_for_selector("tbody td a")
            found.append(float(tab.evaluate(READY)))
            tab.close()
        browser.close()
    return tuple(found)


if __name__ == "__main__":
    sys.exit(main())
