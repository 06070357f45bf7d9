"""A saved benchmark: NAME.json, and a page with a table and a chart made from it."""

from __future__ import annotations

import argparse
import json
import shlex
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from benchmarks.measure import table

SCHEMA = "vidfx.benchmark/1"
FOLDER = Path("docs/benchmarks")
Better = Literal["more", "less"]


@dataclass(frozen=True)
class Row:
    """One thing that was measured several times."""

    name: str
    unit: str
    values: tuple[float, ...]
    better: Better = "more"

    @property
    def median(self) -> float:
        return statistics.median(self.values)


def add_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--save", type=Path, metavar="FOLDER", help=f"leave JSON, page and chart ({FOLDER})"
    )


def show(
    name: str,
    about: str,
    rows: Sequence[Row],
    machine: Mapping[str, str],
    folder: Path | None,
    notes: Sequence[str] = (),
) -> None:
    """Print the figures; leave them in ``folder`` too, if one is named."""
    figures = rows_table(rows)
    print(figures)
    for note in notes:
        print(note)
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    command = shlex.join(["python", "-m", "benchmarks", name, *sys.argv[1:]])
    content = {
        "schema": SCHEMA,
        "name": name,
        "command": command,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": dict(machine),
        "rows": [asdict(row) for row in rows],
        "notes": list(notes),
    }
    (folder / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    chart(rows, folder / f"{name}.svg")
    lines = [
        f"# {name}",
        about,
        f"`{command}`, {content['date']}:",
        figures,
        f"![{name}]({name}.svg)",
        *notes,
        table(["machine", ""], [[k, v] for k, v in machine.items()]),
    ]
    (folder / f"{name}.md").write_text("\n\n".join(lines) + "\n", encoding="utf-8")


def rows_table(rows: Sequence[Row]) -> str:
    shown = [
        [r.name, r.unit, *(f"{v:.4g}" for v in (r.median, min(r.values), max(r.values)))]
        for r in rows
    ]
    return table(["", "unit", "median", "min", "max"], shown)


def chart(rows: Sequence[Row], file: Path) -> None:
    """Bars of the medians with their spread, one panel a unit."""
    import matplotlib as mpl  # noqa: PLC0415 - not in the processes that are measured

    mpl.use("Agg")
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "vidfx"})
    import matplotlib.pyplot as plt  # noqa: PLC0415

    units = list(dict.fromkeys(row.unit for row in rows))
    counts = [sum(row.unit == unit for row in rows) for unit in units]
    figure, panels = plt.subplots(
        len(units),
        1,
        squeeze=False,
        figsize=(8, 0.9 * len(units) + 0.35 * sum(counts)),
        gridspec_kw={"height_ratios": counts},
        layout="constrained",
    )
    for panel, unit in zip(panels[:, 0], units, strict=True):
        group = [row for row in rows if row.unit == unit][::-1]
        middle = [row.median for row in group]
        low = [row.median - min(row.values) for row in group]
        high = [max(row.values) - row.median for row in group]
        panel.barh([row.name for row in group], middle, xerr=[low, high], color="#4878a8")
        panel.set_xlabel(unit)
        panel.set_xlim(left=0)
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)


def read(file: Path) -> tuple[str, list[Row], dict[str, str]]:
    """Name, rows and machine of a saved run. Exits with one line where it is none."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if content["schema"] != SCHEMA:
            raise ValueError(f"its schema is {content['schema']}")
        rows = [Row(**{**row, "values": tuple(row["values"])}) for row in content["rows"]]
        return content["name"], rows, content["machine"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"benchmarks: {file}: not a saved benchmark: {error}") from error
