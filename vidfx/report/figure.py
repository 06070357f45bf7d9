"""A timeline of one video or of some as a figure for papers: SVG, PDF or PNG."""

# matplotlib's stubs leave types open
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from vidfx.errors import UsageError, output_errors
from vidfx.report.colours import NONE, colours_of
from vidfx_engines.files import write_atomically

SUFFIXES = (".svg", ".pdf", ".png")
LANE = 0.6
"""Of the height of a row."""


def check(path: Path) -> None:
    """Raises UsageError where no figure can have this name."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path}: not a figure", hint=f"end its name with {', '.join(SUFFIXES)}")


def write_figure(path: Path, videos: Sequence[tuple[Mapping[str, Any], np.ndarray]]) -> None:
    """Draw the tracks of videos, each with its content and the times of its frames (F,) s.

    Raises UsageError where there are none, OutputError.
    """
    rows = [(content, times, track) for content, times in videos for track in content["tracks"]]
    if not rows:
        raise UsageError("there is no face to draw", hint="name results with faces")
    colours = colours_of(list(dict.fromkeys(label for v, _ in videos for label in v["labels"])))
    with mpl.rc_context({"font.size": 8, "svg.fonttype": "none", "svg.hashsalt": "vidfx"}):
        figure: Any = Figure(figsize=(7.2, 0.9 + 0.24 * len(rows)), layout="constrained")
        axes = figure.add_subplot()
        for row, (content, times, track) in enumerate(rows):
            _draw(axes, row, content, times, track, colours)
        names = [_name(content, track, single=len(videos) == 1) for content, _, track in rows]
        axes.set_yticks(range(len(rows)), names, parse_math=False)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlabel("time (s)")
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
        handles = [Patch(color=colour, label=label) for label, colour in colours.items()]
        handles.append(Patch(color=NONE, label="no expression"))
        place = "outside upper center"
        figure.legend(handles=handles, loc=place, ncols=len(handles), frameon=False)
        with output_errors(path):
            write_atomically(path, _bytes(figure, path.suffix.lower()))


def _draw(
    axes: Any,
    row: int,
    content: Mapping[str, Any],
    times: np.ndarray,
    track: Mapping[str, Any],
    colours: Mapping[str, str],
) -> None:
    for first, last, filled, label in track["spans"]:
        end = times[last + 1] if last + 1 < len(times) else content["seconds"] + times[0]
        colour = NONE if label < 0 else colours[content["labels"][label]]
        look = {"facecolor": "none" if filled else colour, "hatch": "////" if filled else None}
        span = (times[first], end - times[first])
        axes.broken_barh([span], (row - LANE / 2, LANE), edgecolor=colour, linewidth=0.2, **look)
    for cut in content["cuts"]:
        axes.plot([times[cut]] * 2, [row - 0.5, row + 0.5], color="black", linewidth=0.4)


def _name(content: Mapping[str, Any], track: Mapping[str, Any], *, single: bool) -> str:
    who = track["person"] or f"track {track['id']}"
    return who if single else f"{content['name']}: {who}"


def _bytes(figure: Any, suffix: str) -> bytes:
    stream = BytesIO()
    # no date, so that the same rows give the same file
    metadata = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(suffix, {})
    figure.savefig(stream, format=suffix[1:], dpi=200, metadata=metadata)
    return stream.getvalue()
