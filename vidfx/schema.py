"""The columns of the CSV files: names, order, units and meaning.

``docs/columns.md`` is generated from it by ``python -m vidfx.schema``; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

VERSION = 1
SUMMARY_SCHEMA = f"vidfx.summary/{VERSION}"
DEFAULT_EMOTIONS = ("angry", "happy", "neutral", "sad")


@dataclass(frozen=True)
class Column:
    name: str
    unit: str
    meaning: str


def _probabilities(prefix: str, labels: Sequence[str], what: str) -> list[Column]:
    return [Column(f"{prefix}{label}", "0..1", f"{what} of `{label}`") for label in labels]


def faces_columns(emotions: Sequence[str] = DEFAULT_EMOTIONS) -> list[Column]:
    """Columns of ``<stem>.faces.csv``, one row per face and frame, in frame order."""
    landmarks = [
        Column(f"lm{i}_{axis}_px", "px", f"{name}, {axis}")
        for i, name in enumerate(
            ["eye on the left", "eye on the right", "nose", "mouth on the left", "on the right"]
        )
        for axis in "xy"
    ]
    return [
        Column("frame", "count", "index of the frame in the input, from 0"),
        Column("time_s", "s", "playback time of the frame, exact to the container's time base"),
        Column("track_id", "id", "number of the track, from 1"),
        Column("x1_px", "px", "left side of the box, in stored pixels of the upright picture"),
        Column("y1_px", "px", "top of the box"),
        Column("x2_px", "px", "right side of the box"),
        Column("y2_px", "px", "bottom of the box"),
        Column("score", "0..1", "the detector's score; empty where the row is interpolated"),
        *landmarks,
        Column("identity", "label", "identity of the track: a name, other or unknown"),
        Column(
            "identity_prob", "0..1", "its probability; for unknown, that of the most likely name"
        ),
        Column(
            "emotion",
            "label",
            "the facial expression, smoothed over the track; empty where none is likely enough "
            "(`--emotion-threshold`)",
        ),
        Column(
            "emotion_prob",
            "0..1",
            "its probability, smoothed; where it is empty, that of the most likely expression",
        ),
        *_probabilities("p_", emotions, "smoothed probability"),
        Column("raw_identity", "label", "the most likely identity on this frame alone"),
        Column("raw_identity_prob", "0..1", "its probability on this frame alone"),
        Column("raw_emotion", "label", "the most likely expression on this frame alone"),
        Column("raw_emotion_prob", "0..1", "its probability on this frame alone"),
        *_probabilities("raw_p_", emotions, "probability on this frame alone"),
        Column("quality", "0..1", "quality of the face: the product of the next three"),
        Column("quality_size", "0..1", "1 from 80 px on"),
        Column("quality_blur", "0..1", "sharpness of the aligned face"),
        Column("quality_pose", "0..1", "1 is frontal"),
        Column(
            "source",
            "label",
            "detected; tracked (a low-score detection where a track expected it); "
            "interpolated (between two frames)",
        ),
    ]


FRAMES_COLUMNS = [
    Column("frame", "count", "index of the frame in the input, from 0"),
    Column("time_s", "s", "playback time of the frame"),
    Column("pts", "ticks", "presentation time in the input's time base (see summary.json)"),
    Column("faces", "count", "faces on the frame"),
    Column("detected", "0 or 1", "whether the detector ran on this frame"),
    Column("cut", "0 or 1", "whether a new shot begins with this frame"),
    Column(
        "target_present", "0 or 1", "whether a named person is visible; empty without recognition"
    ),
    Column("identities", "labels", "the names present, sorted, joined by |"),
    Column(
        "dominant_emotion",
        "label",
        "the expression with the largest sum of probabilities over all faces that have an "
        "`emotion`; empty where none has one",
    ),
    Column("dominant_emotion_share", "0..1", "its share of the sum over all expressions"),
]


def markdown() -> str:
    """The documentation of all columns, as Markdown."""
    lines = [
        "# Columns",
        "",
        "Made by `python -m vidfx.schema > docs/columns.md`; the source is `vidfx/schema.py`.",
        f"Version {VERSION}. The decimal sign is a point; an empty cell means: not measured, "
        "unless its row says otherwise.",
    ]
    for title, columns in (
        ("`<stem>.faces.csv`: one row per face and frame", faces_columns()),
        ("`<stem>.frames.csv`: one row per frame", FRAMES_COLUMNS),
    ):
        lines += ["", f"## {title}", "", "| column | unit | meaning |", "| --- | --- | --- |"]
        lines += [
            f"| `{c.name}` | {c.unit} | {c.meaning.replace('|', chr(92) + '|')} |" for c in columns
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(markdown())
