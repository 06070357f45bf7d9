"""The names of result files: the full name of the input with one of these endings."""

import re

ANNOTATED = ".annotated.mp4"
SUMMARY = ".summary.json"
EMBEDDINGS = ".embeddings.npz"
PEOPLE = ".people.json"
"""The names that `vidfx people` gave to tracks."""
RESULTS = (
    *(ANNOTATED, ".faces.csv", ".frames.csv", ".unshown.csv", ".privacy.json"),
    *(EMBEDDINGS, PEOPLE, SUMMARY),
)
RENDERED = ".rendered.mp4"
"""The same results drawn again."""
RENDER_RECORD = ".rendered.json"
"""What it was made of."""
RENDER_RESULTS = (RENDERED, RENDER_RECORD)
DRAWN = (ANNOTATED, RENDERED)
"""Videos that are no inputs."""
_MADE = re.compile(r"\.(overlay\.mkv|thumbnails\.jpg|track-\d{4,}\.jpg)$")
REPORT = "report"
"""Folder of the pages over all results, in the output folder."""
CLIPS, CLIPS_TABLE = "clips", "clips.csv"
"""Folder of the clips, in the output folder, and the table in it."""


def is_made(name: str) -> bool:
    """Whether a file of this name shows an input again: drawn, exported, or a contact sheet."""
    return name.endswith(DRAWN) or _MADE.search(name) is not None
