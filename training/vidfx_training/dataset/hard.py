"""The hard pictures of a test set: dark, blurred, small or covered faces, by measured rules."""

from __future__ import annotations

from typing import Any

import numpy as np

from vidfx_training.dataset.index import FACES_FILE, Dataset
from vidfx_training.dataset.measure import Measures, extracted

WORST = 0.1
"share of the test set that each measure selects"


def hard_pictures(
    data: Dataset, measures: Measures, test: np.ndarray
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Paths of the hard pictures among the rows ``test`` (T,) of ``measures``, and the rule.

    A picture is hard if one of its measures is below the 10 % quantile of the test set. The rule
    has each threshold and the number below it, or why a measure was not used.
    """
    known = extracted(data.root, measures.pictures)
    of_faces = bool(len(test)) and not np.isnan(known.face_px[test]).any()
    columns = {
        "dark": ("mean grey level", measures.brightness),
        "blurred": ("variance of the Laplacian at 64 x 64 px", measures.sharpness),
        "small": ("px of the face in its source", known.face_px)
        if of_faces
        else ("px of the picture's shorter side", measures.side),
        "covered": (f"the detector's score in {FACES_FILE}", known.score),
    }
    rule: dict[str, Any] = {"worst": WORST}
    hard: set[int] = set()
    for name, (meaning, column) in columns.items():
        values = column[test]
        if not len(test) or np.isnan(values).any():
            rule[name] = {"measure": meaning, "not_measured": "not known for every test picture"}
        elif values.min() == values.max():
            rule[name] = {"measure": meaning, "not_measured": "the same for all test pictures"}
        else:
            below = float(np.quantile(values, WORST))
            worst = test[values < below].tolist()
            hard.update(worst)
            rule[name] = {"measure": meaning, "below": round(below, 3), "pictures": len(worst)}
    return tuple(sorted(measures.pictures[row].path for row in hard)), rule
