"""The figures of a gallery on stdout; rates in percent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vidfx.cli.console.tables import write_line, write_table
from vidfx.evaluate.page import percent

WORST = 5
"""People that are listed."""


def write_report(document: dict[str, Any], files: Sequence[Path]) -> None:
    for warning in document["warnings"]:
        write_line(f"warning: {warning}")
    left_out: dict[str, int] = document["data"]["left_out"]
    if left_out:
        write_line(f"left out: {', '.join(f'{n} {reason}' for reason, n in left_out.items())}")
    shares = (
        ("right person most alike", "rank1"),
        ("named right", "named_right"),
        ("given another name", "misnamed"),
        ("strangers named", "strangers_named"),
    )
    write_table(
        ("%", "share", "95 % interval"),
        [(name, *_share(document[key])) for name, key in shares if document[key]],
    )
    for rate in document["named_right_at_far"]:
        share, ci = _share(rate)
        write_line(f"named right at {percent(rate['far'])} % of strangers: {share} % ({ci})")
    write_line(document["thresholds"]["evidence"])
    worst = [p for p in document["people"] if p["named"] < p["n"]][:WORST]
    if worst:
        keys = ("name", "n", "named", "misnamed", "uncertain", "unknown")
        write_table(
            ("person", "pictures", "named right", "another name", "uncertain", "unknown"),
            [tuple(p[key] for key in keys) for p in worst],
        )
    write_line(f"report: {next(file for file in files if file.name == 'report.html')}")


def _share(figure: dict[str, Any]) -> tuple[str, str]:
    low, high = figure["ci"]
    return percent(figure["share"], 2), f"{percent(low, 2)} to {percent(high, 2)}"
