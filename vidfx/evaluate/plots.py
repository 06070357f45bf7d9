"""The plots of an evaluation as PNGs, with a panel or line for each model."""

# matplotlib's stubs leave types open, and scipy has none.
# pyright: reportUnknownMemberType=false, reportMissingTypeStubs=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from scipy.special import ndtri

from vidfx.evaluate.verification import Curve

BLUE, ORANGE, GREY = "#1f5f99", "#d9822b", "#8a949b"
MANY = 15
"classes from which cells have no numbers and axes no names"
COLUMNS = 3
PERCENT = (0.001, 0.01, 0.05, 0.1, 0.2, 0.4)
"ticks of the DET's axes"
STYLE: dict[Any, Any] = {
    "text.parse_math": False,  # a label may hold dollars
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.titlesize": 11,
}


def confusion_png(models: Sequence[dict[str, Any]]) -> bytes:
    """Confusion matrices, coloured by share of the true class; ``models`` of report.json."""
    side = min(8.0, max(4.4, 0.9 * max(len(m["labels"]) for m in models) + 1.6))
    return _panels([(m["name"], m) for m in models], _confusion, (side, side))


def reliability_png(models: Sequence[dict[str, Any]]) -> bytes:
    """Reliability diagrams: accuracy over confidence, and a histogram of the confidence."""
    return _panels([(m["name"], m) for m in models], _reliability, (4.6, 4.4))


def verification_png(curves: Sequence[tuple[str, Curve]]) -> bytes:
    """Receiver operating characteristic and detection error trade-off, a line for each name."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10, 4.6), layout="constrained")
        roc, det = figure.subplots(1, 2)
        for name, curve in curves:
            roc.step(curve.far, curve.recall, where="post", linewidth=1.8, label=name)
            inside = (curve.far > 0) & (curve.recall < 1)
            if inside.any():
                det.plot(ndtri(curve.far[inside]), ndtri(1 - curve.recall[inside]), linewidth=1.8)
        roc.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=":")
        roc.set(xlim=(-0.01, 1), ylim=(0, 1.01), title="ROC")
        roc.set_xlabel("others accepted")
        roc.set_ylabel("wanted accepted")
        roc.legend(frameon=False, loc="lower right")
        ticks, names = ndtri(PERCENT), [f"{100 * p:g} %" for p in PERCENT]
        for axis in (det.xaxis, det.yaxis):
            axis.set_ticks(ticks, labels=names)
        det.set(xlim=(ndtri(0.0005), ndtri(0.5)), ylim=(ndtri(0.0005), ndtri(0.5)), title="DET")
        det.set_xlabel("others accepted")
        det.set_ylabel("wanted rejected")
        for axes in (roc, det):
            axes.grid(alpha=0.3)
        return _png(figure)


def _panels(
    items: Sequence[tuple[str, dict[str, Any]]],
    draw: Callable[[Axes, dict[str, Any]], None],
    size: tuple[float, float],
) -> bytes:
    columns = min(COLUMNS, len(items))
    rows = -(-len(items) // columns)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(size[0] * columns, size[1] * rows), layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False).reshape(-1)
        for axes in grid[len(items) :]:
            axes.set_axis_off()
        for axes, (name, content) in zip(grid, items, strict=False):
            axes.set_title(name)
            draw(axes, content)
        return _png(figure)


def _confusion(axes: Axes, model: dict[str, Any]) -> None:
    counts = np.array(model["confusion"])
    support = counts.sum(1, keepdims=True)
    share = counts / np.maximum(support, 1)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    places = range(len(counts))
    if len(counts) > MANY:
        axes.set(xticks=[], yticks=[])
        return
    names = [_short(label) for label in model["labels"]]
    axes.set_xticks(places, labels=names, rotation=0 if len(counts) <= 5 else 90)
    axes.set_yticks(places, labels=names)
    for row in places:
        for column in places:
            colour = "white" if share[row, column] > 0.55 else "#1d2327"
            text = f"{counts[row, column]}\n{share[row, column]:.0%}" if support[row, 0] else "0"
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=9)


def _reliability(axes: Axes, model: dict[str, Any]) -> None:
    bins = model["reliability"]
    pictures = np.array([b["pictures"] for b in bins])
    low = [b["low"] for b in bins]
    width = bins[0]["high"] - bins[0]["low"]
    axes.bar(
        low,
        pictures / pictures.sum(),
        width,
        align="edge",
        color="#d5dde3",
        edgecolor="white",
        label="share of the pictures",
    )
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=":")
    lines = [("as the engine gives them", model, BLUE)]
    if model["uncalibrated"]:
        lines.append(("without its temperature", model["uncalibrated"], ORANGE))
    for name, content, colour in reversed(lines):
        there = [b for b in content["reliability"] if b["pictures"]]
        axes.plot(
            [b["confidence"] for b in there],
            [b["accuracy"] for b in there],
            color=colour,
            marker="o",
            markersize=4,
            linewidth=1.6,
            clip_on=False,
            zorder=3,
            label=f"{name}, ECE {content['ece']:.3f}",
        )
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="accuracy")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, fontsize=8, loc="upper left")


def _short(label: str) -> str:
    return label if len(label) <= 16 else label[:15] + "…"


def _png(figure: Figure) -> bytes:
    FigureCanvasAgg(figure)
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about glyphs missing in the font
        figure.savefig(stream, dpi=110, format="png")
    return stream.getvalue()
