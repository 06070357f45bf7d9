"""Galleries of people who are seen in the clip of the tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from vidfx.people.embeddings_file import TrackEmbeddings
from vidfx.people.gallery import Gallery

CUTS_S = 0.66, 1.33
"""Between the shots of the clip."""


def tracks_of(out: Path) -> list[dict[str, Any]]:
    """Those of the summary of the clip."""
    return json.loads((out / "clip.mp4.summary.json").read_text())["tracks"]


def gallery_of(kept: Path, folder: Path) -> int:
    """A gallery with a track of the first shot as Ana; returns the number of the track.

    ``kept`` has the results of the clip with embeddings. Of the tracks that are seen again it is
    the one with the best faces.
    """
    embeddings = TrackEmbeddings.read(kept / "clip.mp4.embeddings.npz")
    tracks = tracks_of(kept)
    later = {t["person_id"] for t in tracks if t["first_s"] > CUTS_S[1] - 0.01}
    again = [t["track_id"] for t in tracks if t["track_id"] in later]
    track = max(again, key=lambda n: embeddings.quality[embeddings.track_id == n].sum())
    rows = embeddings.vectors()[embeddings.track_id == track]
    person = np.zeros(len(rows), np.int64)
    gallery = Gallery(("Ana",), person, rows, embeddings.model, "dlib-face", "dlib")
    gallery.write(folder)
    return track
