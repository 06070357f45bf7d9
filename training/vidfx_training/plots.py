"""Training curves as a PNG."""

# matplotlib's stubs leave types open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from vidfx_engines.files import write_atomically


def plot_curves(lines: Sequence[dict[str, float]], file: Path) -> None:
    """Write loss, accuracy and learning rate over the epochs to ``file``, a PNG. Raises OSError."""
    figure = Figure(figsize=(11, 3.4), layout="constrained")
    FigureCanvasAgg(figure)
    loss, accuracy, rate = figure.subplots(1, 3)
    epochs = [line["epoch"] for line in lines]
    for axes, title, curves in (
        (loss, "loss", (("train_loss", "train"), ("val_loss", "val"))),
        (
            accuracy,
            "accuracy",
            (
                ("train_accuracy", "train, augmented"),
                ("val_accuracy", "val"),
                ("val_balanced_accuracy", "val, balanced"),
            ),
        ),
        (rate, "learning rate", (("lr", "at the end of the epoch"),)),
    ):
        for key, name in curves:
            axes.plot(epochs, [line[key] for line in lines], label=name, linewidth=1.6)
        axes.set_title(title, fontsize=11)
        axes.set_xlabel("epoch")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8, frameon=False)
    png = io.BytesIO()
    figure.savefig(png, dpi=110, format="png")
    write_atomically(file, png.getvalue())
