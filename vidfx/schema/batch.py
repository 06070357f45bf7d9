"""The columns of the tables over many videos, which ``vidfx tables`` writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vidfx.schema import DEFAULT_EMOTIONS, Column

TABLES_SCHEMA = "vidfx.tables/1"
_VIDEO = Column(
    "video",
    "path",
    "the results of the video: their path below OUT up to `.summary.json`; the same in all tables",
)
_TRACK = Column("track_id", "id", "number of the track in its video, from 1")
_PERSON = Column(
    "person_id", "id", "the same for all tracks of one person in the video; empty if not known"
)
_SHOWN = Column("shown_s", "s", "how long the face is shown, without gaps")
_FRAMES = Column("frames", "count", "frames with the face: rows of `faces.csv`")


def _expressions(emotions: Sequence[str]) -> list[Column]:
    shares = [
        Column(f"share_{name}", "0..1", f"share of the rows with an `emotion` that have `{name}`")
        for name in emotions
    ]
    means = [
        Column(f"mean_{name}", "0..1", f"mean of `p_{name}` over the rows that have it")
        for name in emotions
    ]
    return [
        *shares,
        Column("share_unsure", "0..1", "share of all rows without an `emotion`"),
        *means,
    ]


def tracks_columns(emotions: Sequence[str] = DEFAULT_EMOTIONS) -> list[Column]:
    """Columns of ``tracks.csv``, one row per track and video."""
    return [
        _VIDEO,
        _TRACK,
        _PERSON,
        Column("identity", "label", "a name, other or unknown; empty where nobody is named"),
        Column("identity_prob", "0..1", "its probability at the end of the track"),
        Column("first_s", "s", "playback time of its first frame"),
        Column("last_s", "s", "playback time of its last frame"),
        _SHOWN,
        Column("appearances", "count", "number of its rows in `appearances.csv`"),
        _FRAMES,
        Column("frames_detected", "count", "those on which the detector found it"),
        *_expressions(emotions),
        Column("best_quality", "0..1", "the highest `quality` of its rows"),
        Column("mean_quality", "0..1", "mean of the `quality` of the rows that have one"),
    ]


APPEARANCES_COLUMNS = [
    _VIDEO,
    _TRACK,
    Column("identity", "label", "of the track"),
    Column("appearance", "id", "number of the appearance in its track, from 1"),
    Column("from_s", "s", "playback time of its first frame"),
    Column("to_s", "s", "playback time of the first frame without the face, or of the end"),
    _FRAMES,
    Column(
        "ended",
        "label",
        "why: cut (a new shot began), gap (the same track comes back later), video (the video, or "
        "the part that was read, ended), track (it was not seen again)",
    ),
]
"""Of ``appearances.csv``: a row for each stretch of frames on which a track is shown."""


def people_columns(emotions: Sequence[str] = DEFAULT_EMOTIONS) -> list[Column]:
    """Columns of ``people.csv``, one row per name, over all videos."""
    return [
        Column("identity", "label", "the name; other and unknown have no row"),
        Column("videos", "count", "videos with the person"),
        Column("tracks", "count", "tracks of the person"),
        Column("appearances", "count", "rows in `appearances.csv`"),
        Column(
            "shown_s",
            "s",
            "how long the person is shown; two tracks of one name at one time count twice",
        ),
        _FRAMES,
        Column("identity_prob", "0..1", "mean over the tracks, weighted by their frames"),
        *_expressions(emotions),
        Column("best_quality", "0..1", "the highest `quality`"),
        Column("best_video", "path", "the `video` with this highest quality"),
        Column("best_track_id", "id", "the track with it in that video"),
    ]


VIDEOS_COLUMNS = [
    Column("video", "path", "as in the other tables; empty where the input could not be a job"),
    Column("input", "path", "path of the input, as given or found"),
    Column("kind", "label", "video, or photographs: all of OUT together, in no other table"),
    Column(
        "status",
        "label",
        "done; failed; running; waiting; missing (done by the ledger, but without a summary); "
        "damaged (the summary cannot be read); uncorrected (the corrections, or the rows that they "
        "are of, cannot be read: counted without them)",
    ),
    Column(
        "reason", "label", "why it failed, was refused, is damaged or uncorrected, and what to do"
    ),
    Column("attempts", "count", "how often it was started"),
    Column("annotated_at", "ISO 8601", "when its results were written, in UTC"),
    Column("seconds", "s", "processing time"),
    Column("duration_s", "s", "length of the input; empty where its container does not state it"),
    Column("width_px", "px", "of the upright picture"),
    Column("height_px", "px", "of the upright picture"),
    Column("frame_rate", "1/s", "frames per second, on average"),
    Column("frames", "count", "frames in the results; of photographs, their number"),
    Column("frames_with_faces", "count", "those with a face"),
    Column("faces", "count", "rows of `faces.csv`"),
    Column("tracks", "count", "rows in `tracks.csv`"),
    Column("cuts", "count", "frames with which a new shot begins"),
    Column("people", "labels", "the names in it, sorted, joined by |"),
    Column("warnings", "count", "lines under `warnings` in its summary"),
    Column("corrected", "0 or 1", "whether its rows were counted with corrections"),
]
"""Of ``videos.csv``: a row for each video, also those that are not done."""


CLIPS_COLUMNS = [
    Column("clip", "path", "the file, below the folder of the table; empty with `--cut none`"),
    Column("video", "path", "the results of its video: their path up to `.summary.json`"),
    Column("from_s", "s", "playback time in the input at which the moment begins, with its margin"),
    Column("to_s", "s", "at which it ends, with its margin"),
    Column(
        "begins_s",
        "s",
        "playback time of the first picture in the file; earlier than `from_s` with `--cut fast`",
    ),
    Column("frames", "count", "frames on which a face meets the condition"),
    Column("tracks", "labels", "the tracks of these faces, joined by |"),
    Column("identities", "labels", "their identities, joined by |"),
    Column("expressions", "labels", "their expressions, joined by |"),
    Column("cut", "label", "fast, exact or none"),
]
"""Of ``clips.csv``: a row for each moment."""


def tables(emotions: Sequence[str] = DEFAULT_EMOTIONS) -> Mapping[str, list[Column]]:
    """The columns of each table, by the name of its file without ``.csv``."""
    return {
        "tracks": tracks_columns(emotions),
        "appearances": APPEARANCES_COLUMNS,
        "people": people_columns(emotions),
        "videos": VIDEOS_COLUMNS,
    }
