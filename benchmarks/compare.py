"""``python -m benchmarks compare A.json B.json``: which figures changed beyond noise.

A row counts as changed if all values of one run are beyond all values of the other, and the
medians are more than ``--least`` apart. Of runs on different machines only ratios are compared.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import table
from benchmarks.saved import Row, read

RATIO = "ratio"


def change(before: Row, after: Row, least: float) -> tuple[float, str]:
    """How many times as good ``after`` is, and what to say of it."""
    gain = after.median / before.median if before.median else 1.0
    if before.better == "less":
        gain = 1 / gain if gain else 1.0
    apart = min(before.values) > max(after.values) or max(before.values) < min(after.values)
    if not apart or abs(gain - 1) < least:
        return gain, "same, within noise"
    return gain, "better" if gain > 1 else "WORSE"


def compare(
    before: Sequence[Row], after: Sequence[Row], *, least: float, ratios_only: bool
) -> list[tuple[str, float, str]]:
    """Rows that both runs have: name, gain, verdict."""
    others = {(row.name, row.unit): row for row in after}
    found: list[tuple[str, float, str]] = []
    for row in before:
        other = others.get((row.name, row.unit))
        if other is not None and (row.unit == RATIO or not ratios_only):
            found.append((f"{row.name}, {row.unit}", *change(row, other, least)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks compare")
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--least", type=float, default=0.03, help="changes below this are noise")
    args = parser.parse_args()
    (name, before, here), (other, after, there) = read(args.before), read(args.after)
    if name != other:
        parser.error(f"{args.before} is of {name}, {args.after} of {other}")
    same = (here.get("cpu"), here.get("cores")) == (there.get("cpu"), there.get("cores"))
    if not same:
        print("Different machines: only ratios are compared.\n")
    found = compare(before, after, least=args.least, ratios_only=not same)
    if not found:
        raise SystemExit("benchmarks: the two runs have nothing in common to compare")
    print(table(["", "times as good", ""], [[n, f"{gain:.3f}", said] for n, gain, said in found]))
    if any(said == "WORSE" for _, _, said in found):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
