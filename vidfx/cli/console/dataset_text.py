"""How the results of `vidfx dataset` look: aligned tables on stdout, notes on stderr."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from vidfx.cli.console.tables import write_line, write_table
from vidfx.errors import UsageError, output_errors
from vidfx_engines.files import write_atomically
from vidfx_training.dataset.agreement import Agreement
from vidfx_training.dataset.report import Report
from vidfx_training.dataset.split import Split

if TYPE_CHECKING:
    from vidfx.extract.recut import Recut


def parse_ratios(text: str) -> tuple[float, ...]:
    """70/15/15. Raises UsageError."""
    try:
        return tuple(float(number) for number in text.split("/"))
    except ValueError as error:
        raise UsageError(
            f"ratios: {text!r} are not numbers", hint="as in --ratios 70/15/15"
        ) from error


def write_file(file: Path, text: str) -> None:
    """Write a whole file or none. Raises OutputError."""
    with output_errors(file):
        write_atomically(file, text.encode("utf-8", "replace"))


def write_report(report: Report) -> None:
    counts = sorted(report.counts.items(), key=lambda item: -item[1]["all"])
    columns = [*report.parts, "all"]
    write_table(
        ["class", *columns],
        [[name, *(by_part[c] for c in columns)] for name, by_part in counts],
        ["all", *(sum(by_part[c] for _, by_part in counts) for c in columns)],
    )
    _left_out(report.left_out)
    if report.votes:
        _write_agreement(report.votes)
    spreads = [
        ["width, px", report.width],
        ["height, px", report.height],
        ["brightness", report.brightness],
        ["sharpness", report.sharpness],
    ]
    write_table(
        ["", "least", "5 %", "median", "95 %", "most"],
        [[name, *(f"{q:.0f}" for q in vars(spread).values())] for name, spread in spreads],
    )
    write_table(
        ["duplicates", "sets", "pictures", "two labels", "two parts"],
        [
            [name, c.sets, c.pictures, c.across_labels, c.across_parts]
            for name, c in (("equal pixels", report.exact), ("near", report.near))
        ],
    )
    write_line("problems:" if report.problems else "no problems")
    for number, problem in enumerate(report.problems, 1):
        write_line(f"{number:3}. {problem.text}")
    for command in dict.fromkeys(p.command for p in report.problems if p.command):
        write_line(f"fix: {command}")


def _write_agreement(found: Agreement) -> None:
    write_table(
        ["answer", "most votes", "majority", "agreement", "kappa"],
        [
            [name, a.most, a.majority, _decimals(a.agreement, 2), _decimals(a.kappa, 3)]
            for name, a in found.answers.items()
        ],
    )
    votes = "votes: weights"
    if found.votes:
        least, median, most = found.votes
        votes = f"votes a picture: {median:g} ({least:g} to {most:g})"
    without = f" (left out: {found.single} with one vote)" if found.single else ""
    write_line(
        f"{votes}  majority: {found.majority:.1%}  ties: {found.ties}  "
        f"no class: {found.unclear}  agreement: {found.agreement:.2f}  "
        f"kappa: {_decimals(found.kappa, 3)}{without}"
    )
    pairs = [f"{' / '.join(pair.classes)} {pair.share:.1%}" for pair in found.confused]
    write_line(f"confused most: {', '.join(pairs) or 'none'}")


def _decimals(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def write_split(split: Split) -> None:
    parts = list(split.files)
    names = sorted({name for counts in split.counts.values() for name in counts})
    write_table(
        ["class", *parts],
        [[name, *(split.counts[part].get(name, 0) for part in parts)] for name in names],
        ["all", *(len(split.files[part]) for part in parts)],
    )
    write_line("  ".join(["groups:", *(f"{part} {n}" for part, n in split.groups.items())]))
    if "test" in split.files:
        write_line(f"hard: {len(split.hard)} of the test pictures")
    reasons = list(split.left_out.values())
    _left_out({reason: reasons.count(reason) for reason in dict.fromkeys(reasons)})


def write_recut(made: Recut) -> None:
    line = f"pictures: {made.pictures} copied, {made.cut} of them also cut again"
    if made.cut < made.pictures:
        line += f", no face found in {made.pictures - made.cut}"
    write_line(line + (f"; {len(made.unreadable)} unreadable" if made.unreadable else ""))


def _left_out(reasons: Mapping[str, int]) -> None:
    if reasons:
        write_line("left out: " + ", ".join(f"{n} {reason}" for reason, n in reasons.items()))
