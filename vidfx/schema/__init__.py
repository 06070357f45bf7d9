"""The columns of all CSV files: names, order, units, types and meaning.

Here are those of a video's files; ``batch`` has those of the tables over many videos.
``python -m vidfx.schema`` prints docs/columns.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

VERSION = 2
SUMMARY_SCHEMAS = tuple(f"vidfx.summary/{version}" for version in range(1, VERSION + 1))
SUMMARY_SCHEMA = SUMMARY_SCHEMAS[-1]
DEFAULT_EMOTIONS = ("angry", "happy", "neutral", "sad")
LANDMARKS = ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")
VERSION_1_NAMES = {
    f"lm{i}_{axis}_px": f"{name}_{axis}_px" for i, name in enumerate(LANDMARKS) for axis in "xy"
}
"""The names of today by those of version 1, where they differ."""

Type = Literal["Int64", "float64", "string"]
"""Of a column, also where all its cells are empty; pandas has types of these names."""
_TYPES: dict[str, Type] = {
    **dict.fromkeys(("count", "id", "ticks", "0 or 1"), "Int64"),
    **dict.fromkeys(("label", "labels", "path", "ISO 8601"), "string"),
}
"""By unit; all others are float64."""


@dataclass(frozen=True)
class Column:
    name: str
    unit: str
    meaning: str

    @property
    def type(self) -> Type:
        return _TYPES.get(self.unit, "float64")


def _probabilities(prefix: str, labels: Sequence[str], what: str) -> list[Column]:
    return [Column(f"{prefix}{label}", "0..1", f"{what} of `{label}`") for label in labels]


FILE_COLUMN = Column(
    "file",
    "path",
    "path of the input, as given or found (only with `--file-column`); of photographs, always, the "
    "path below the folder that was named",
)


def faces_columns(
    emotions: Sequence[str] = DEFAULT_EMOTIONS, *, file: bool = False
) -> list[Column]:
    """Columns of ``NAME.faces.csv``, one row per face and frame, in frame order."""
    landmarks = [
        Column(f"{name}_{axis}_px", "px", f"{text}, {axis}")
        for name, text in zip(
            LANDMARKS,
            (
                "the eye on the left of the upright picture: the person's right eye",
                "the other eye",
                "tip of the nose",
                "the corner of the mouth on the same side as the left eye",
                "the other corner",
            ),
            strict=True,
        )
        for axis in "xy"
    ]
    return [
        *([FILE_COLUMN] if file else []),
        Column("frame", "count", "index of the frame in the input, from 0"),
        Column(
            "time_s",
            "s",
            "playback time of the frame in the input, also with `--start`; exact to the "
            "container's time base",
        ),
        Column("track_id", "id", "number of the track, from 1"),
        Column("x1_px", "px", "left side of the box, in stored pixels of the upright picture"),
        Column("y1_px", "px", "top of the box"),
        Column("x2_px", "px", "right side of the box"),
        Column("y2_px", "px", "bottom of the box"),
        Column("score", "0..1", "the detector's score; empty where the row is interpolated"),
        *landmarks,
        Column("identity", "label", "identity of the track: a name, other or unknown"),
        Column(
            "identity_prob",
            "0..1",
            "its probability; for unknown, that of the most likely name; with `--people` a score",
        ),
        Column(
            "emotion",
            "label",
            "the facial expression, smoothed over the track; empty where none is certain",
        ),
        Column(
            "emotion_prob",
            "0..1",
            "its probability, smoothed; where `emotion` is empty, that of the most likely one",
        ),
        Column(
            "emotion_reason",
            "label",
            "why `emotion` is empty: too_small (`--min-face`), low_quality (`--min-quality`), "
            "not_read (not classified nearby), low_confidence (`--min-confidence`); the latest one "
            "until it has been empty for a quarter of a second; empty where `emotion` is not, and "
            "without an expression engine",
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
            "interpolated (between two frames); drawn (by hand, only in corrected rows)",
        ),
        Column(
            "person_id",
            "id",
            "the same for all tracks of a person in the video: the number of the first of them; "
            "empty without `--people` and `--embeddings`",
        ),
    ]


_FRAMES_COLUMNS = [
    Column("frame", "count", "index of the frame in the input, from 0"),
    Column("time_s", "s", "playback time of the frame in the input, also with `--start`"),
    Column("pts", "ticks", "presentation time in the input's time base (see summary.json)"),
    Column("faces", "count", "faces on the frame"),
    Column(
        "faces_unsure", "count", "those without an `emotion`; empty without an expression engine"
    ),
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


_UNSHOWN_COLUMNS = [
    *_FRAMES_COLUMNS[:2],
    Column("x1_px", "px", "left side of the box, in stored pixels of the upright picture"),
    Column("y1_px", "px", "top of the box"),
    Column("x2_px", "px", "right side of the box"),
    Column("y2_px", "px", "bottom of the box"),
    Column("score", "0..1", "the detector's score"),
]


def unshown_columns(*, file: bool = False) -> list[Column]:
    """Columns of ``NAME.unshown.csv``, one row per detection that is in no other row, in order."""
    return [*([FILE_COLUMN] if file else []), *_UNSHOWN_COLUMNS]


def frames_columns(*, file: bool = False) -> list[Column]:
    """Columns of ``NAME.frames.csv``, one row per frame, in order."""
    return [*([FILE_COLUMN] if file else []), *_FRAMES_COLUMNS]
