"""``python -m benchmarks tables``: `vidfx tables` over the summaries of many videos."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import PROGRAM, machine, run
from benchmarks.parts.summaries import read_options, rows_of, write_summaries
from benchmarks.saved import show


def main() -> None:
    args = read_options("tables", __doc__)
    with TemporaryDirectory() as folder:
        out = Path(folder, "out")
        size = write_summaries(out, args)
        turns = [
            run("tables", [*PROGRAM, "tables", str(out)], Path(folder)) for _ in range(args.turns)
        ]
    notes = [f"{args.videos} summaries of {size // args.videos} bytes on average"]
    show("tables", "Tables over many videos.", rows_of(turns), machine(), args.save, notes)


if __name__ == "__main__":
    sys.exit(main())
