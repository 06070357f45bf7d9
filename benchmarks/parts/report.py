"""``python -m benchmarks report``: the page of many videos, made and opened in Chromium."""

from __future__ import annotations

import sys
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.measure import PROGRAM, machine, run
from benchmarks.parts.summaries import read_options, rows_of, write_summaries
from benchmarks.saved import Row, show

READY = "performance.now() / 1000"


def main() -> None:
    args = read_options("report", __doc__)
    with TemporaryDirectory() as folder:
        out = Path(folder, "out")
        write_summaries(out, args)
        data = out / "report" / "data"
        data.mkdir(parents=True)
        for number in range(args.videos):  # as if made before: only the index is measured
            (data / f"{number:05}.mp4.js").touch()
        command = [*PROGRAM, "report", str(out)]
        turns = [run("report", command, Path(folder)) for _ in range(args.turns)]
        size = (data / "index.js").stat().st_size
        opened = opened_until("tbody td a", (out / "report" / "index.html").as_uri(), args.turns)
    rows = [*rows_of(turns), *opened]
    notes = [f"{args.videos} videos, {size / 1e6:.1f} MB of index"]
    show("report", "The page of many videos.", rows, machine(), args.save, notes)


def opened_until(selector: str, address: str, turns: int) -> list[Row]:
    """From opening a page in Chromium to this element, in a new tab each time."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only here

    with sync_playwright() as engine:
        options: dict[str, Any] = {"executable_path": which("chromium"), "args": ["--no-sandbox"]}
        browser = engine.chromium.launch(**options)
        clock: list[float] = []
        cpu: list[float] = []
        for _ in range(turns):
            tab = browser.new_page()
            session: Any = tab.context.new_cdp_session(tab)
            session.send("Performance.enable", {"timeDomain": "threadTicks"})
            tab.goto(address)
            tab.wait_for_selector(selector)
            measured = session.send("Performance.getMetrics")["metrics"]
            cpu += [float(one["value"]) for one in measured if one["name"] == "TaskDuration"]
            clock.append(float(tab.evaluate(READY)))
            tab.close()
        browser.close()
    return [
        Row("page ready", "s", tuple(clock), "less"),
        Row("CPU time of its main thread", "s", tuple(cpu), "less"),
    ]


if __name__ == "__main__":
    sys.exit(main())
