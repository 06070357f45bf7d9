"""Chooses how a run is shown."""

from __future__ import annotations

import sys

from vidfx.cli.console.progress import ErrorsOnly, JsonLines, Lines, Renderer


def renderer_for(kind: str, *, debug: bool, verbose: bool = False) -> Renderer:
    """The renderer of ``--progress``; ``auto`` is a bar on a terminal and text elsewhere."""
    if kind == "auto":
        kind = "bar" if sys.stderr.isatty() else "text"
    if kind == "bar":
        from vidfx.cli.console.live import Live

        return Live(debug=debug, verbose=verbose)
    if kind == "jsonl":
        return JsonLines(debug=debug)
    return {"text": Lines, "none": ErrorsOnly}[kind](debug=debug, verbose=verbose)
