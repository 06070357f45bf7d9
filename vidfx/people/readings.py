"""Who single faces are like, by a gallery: what a decision about a whole track is checked by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from vidfx.people.embeddings_file import TrackEmbeddings
from vidfx.people.gallery import Gallery
from vidfx.people.people_file import OTHER
from vidfx.people.thresholds import Thresholds, rescaled
from vidfx.stages.certainty import NO_LABEL
from vidfx.stages.settled import Labels, Settled

Readings = Mapping[tuple[int, int], tuple[str, float]]
"""A name and its score, by the number of the track and Frame.index."""


def readings(tracks: TrackEmbeddings, gallery: Gallery, thresholds: Thresholds) -> Readings:
    """Of each kept face alone: the person that it may be, or other."""
    if not len(tracks):
        return {}
    cosines = tracks.vectors() @ gallery.means.T
    best, verdicts = thresholds.verdicts(cosines)
    scores = rescaled(cosines.max(1), thresholds)
    found: dict[tuple[int, int], tuple[str, float]] = {}
    rows = zip(tracks.track_id.tolist(), tracks.frame.tolist(), strict=True)
    for place, key in enumerate(rows):
        score = round(float(scores[place]), 4)
        may_be = int(verdicts[place]) < 2
        found[key] = (gallery.names[int(best[place])], score) if may_be else (OTHER, 1 - score)
    return found


def with_readings(settled: Settled, read: Readings) -> Settled:
    """The rows with them as ``raw_identity``, where no engine read any."""
    faces = settled.faces
    if faces.raw_identity is not None or not len(faces):
        return settled
    index, prob = np.full(len(faces), NO_LABEL), np.full(len(faces), np.nan)
    names: list[str] = []
    frames = [settled.frames[place].frame.index for place in settled.places]
    for row, key in enumerate(zip(faces.track.tolist(), frames, strict=True)):
        if found := read.get(key):
            name, prob[row] = found
            if name not in names:
                names.append(name)
            index[row] = names.index(name)
    labels = Labels(tuple(names), index, prob)
    return replace(settled, faces=replace(faces, raw_identity=labels))
