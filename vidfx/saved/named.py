"""Rows of finished videos with the names that `vidfx people` found since."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from vidfx.people.people_file import People
from vidfx.stages.certainty import NO_LABEL
from vidfx.stages.settled import Labels, Settled, SettledFaces


def named(settled: Settled, people: People | None) -> Settled:
    """The rows with the identities and persons of their tracks."""
    faces = settled.faces
    if people is None or not len(faces):
        return settled
    numbers, of_row = np.unique(faces.track, return_inverse=True)
    tracks: list[int] = numbers.tolist()
    person = np.array([people.person(track) or 0 for track in tracks], np.int64)[of_row]
    faces = replace(faces, person=person)
    if people.are_named:
        faces = replace(faces, identity=_labels(faces, people))
    return replace(settled, faces=faces)


def _labels(faces: SettledFaces, people: People) -> Labels:
    before = faces.identity or _nobody(len(faces))
    index, prob = before.index.copy(), before.prob.copy()
    names = list(before.names)
    texts = (*before.names, None)  # which NO_LABEL finds
    kinds, of_row = np.unique(np.stack([faces.track, before.index]), axis=1, return_inverse=True)
    pairs: list[tuple[int, int]] = kinds.T.tolist()
    for place, (track, label) in enumerate(pairs):
        found = people.label(track, texts[label])
        if found is None:
            continue
        text, share = found
        rows = of_row.reshape(-1) == place
        if text is not None and text not in names:
            names.append(text)
        index[rows] = NO_LABEL if text is None else names.index(text)
        prob[rows] = math.nan if share is None else share
    return Labels(tuple(names), index, prob)


def _nobody(count: int) -> Labels:
    return Labels((), np.full(count, NO_LABEL), np.full(count, np.nan))
