"""The fields of summaries; ``python -m vidfx.schema.summaries`` prints docs/summaries.md.

In a path, ``[]`` is each item of a list, and ``*`` each name in an object whose names are data.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import NamedTuple, cast

from vidfx import schema


class Field(NamedTuple):
    path: str
    type: str
    "of its value in JSON, and its unit"
    meaning: str


_SHA256 = "text, SHA-256"
_MADE = (
    Field("schema", "text", f"`{schema.SUMMARY_SCHEMA}`: the version of these fields"),
    Field("made.at", "text, ISO 8601", "when it was finished, in UTC"),
    Field("made.command", "text, null", "the command line; null from Python"),
    Field("made.processor", "text", "the processor that it ran on"),
)
_MODELS = (
    Field(
        "models[].task",
        "text",
        "detection, check (the second detector), identity, emotion or embedding",
    ),
    Field("models[].name", "text", "of the engine"),
    Field("models[].sha256", _SHA256, "of the weights"),
    Field("models[].labels", "list of texts", "in the order of its outputs; none for a detector"),
    Field("models[].limits", "object, null", "for expressions: what a face must reach to have one"),
    Field("models[].limits.min_confidence", "number, 0..1", "as `--min-confidence`"),
    Field("models[].limits.min_quality", "number, 0..1", "as `--min-quality`"),
    Field("models[].limits.min_face_px", "number, px", "as `--min-face`"),
    Field("models[].licence", "text", "of the weights"),
    Field("models[].training_data", "text", "what they were trained on"),
    Field("models[].backend", "text", "the library that ran it"),
    Field("models[].device", "text", "where"),
    Field("models[].precision", "text", "f32, f16, bf16 or int8"),
    Field("models[].why", "text", "why this backend was chosen"),
    Field("models[].passed_over", "list", "backends that were preferred, and could not be used"),
    Field("models[].passed_over[].backend", "text", "which"),
    Field("models[].passed_over[].reason", "text", "why not"),
)
_VERSIONS = (
    Field("warnings", "list of texts", "what was said about this input while it was annotated"),
    Field("versions.*", "text", "of vidfx, Python, FFmpeg and libraries that decide results"),
)
VIDEO = (
    *_MADE,
    Field("input.path", "text", "as it was given or found"),
    Field("input.absolute_path", "text", "where it was"),
    Field("input.bytes", "number, bytes, null", "size of the file; null for pictures in a folder"),
    Field("input.width_px", "number, px", "of the upright picture"),
    Field("input.height_px", "number, px", "of the upright picture"),
    Field("input.codec", "text", "FFmpeg's name"),
    Field("input.pixel_format", "text", "FFmpeg's name"),
    Field("input.frame_rate", "number, 1/s", "the mean"),
    Field("input.time_base", "text, s", "the unit of `pts` in `frames.csv`, as a fraction"),
    Field("input.start_pts", "number, ticks", "the `pts` at which the playback time is 0"),
    Field("input.duration_s", "number, s, null", "as the container says"),
    Field("input.rotation_deg", "number, degrees", "by which players turn the stored picture"),
    Field("input.sample_aspect_ratio", "text", "width of a pixel / its height"),
    Field("input.has_audio", "true, false", "whether it has sound"),
    Field("input.reader", "text", "what decoded it"),
    Field("input.reader_why", "text", "why"),
    Field("input.content_hash.of", "text", "what the hash is of, and which one"),
    Field("input.content_hash.hex", "text", "the hash"),
    Field("clock.time_s", "text", "what `time_s` means"),
    Field(
        "clock.annotated_video_begins_at_s",
        "number, s, null",
        "the `time_s` of the annotated video's first frame: not 0 with `--start`",
    ),
    *_MODELS,
    Field("people.gallery", "text", "folder of the gallery; this and the next only with one"),
    Field("people.names", "list of texts", "whom it has"),
    Field("people.model", _SHA256, "of what made its embeddings"),
    Field("people.named", "number", "cosine from which on a face is somebody"),
    Field("people.uncertain", "number", "cosine from which on it may be"),
    Field("people.evidence", "text", "how these were set"),
    Field("counts.frames", "number", "frames that were read"),
    Field("counts.frames_detected", "number", "frames on which the detector ran"),
    Field("counts.frames_with_faces", "number", "frames with a row"),
    Field("counts.frames_with_target", "number, null", "frames with a name; null without a model"),
    Field("counts.face_rows", "number", "rows of `faces.csv`"),
    Field("counts.face_rows_unsure", "number", "of these, without an expression"),
    Field("counts.tracks", "number", "tracks"),
    Field("counts.cuts", "number", "places where a new shot begins"),
    Field("counts.first_frame_s", "number, s, null", "the first `time_s`"),
    Field("counts.last_frame_s", "number, s, null", "the last `time_s`"),
    Field("outputs.faces", "text", "name of the file, beside the summary"),
    Field("outputs.frames", "text", "the same"),
    Field("outputs.unshown", "text", "the same"),
    Field("outputs.video", "text", "the same; not with `--no-video`"),
    Field("outputs.audio", "text", "what happened to the sound; not with `--no-video`"),
    Field("outputs.privacy", "text", "name of the file; only with `--hide`"),
    Field("outputs.embeddings", "text", "the same; only with `--embeddings`"),
    Field("columns.faces.*", "text", "type of each column of `faces.csv`, as pandas names it"),
    Field("columns.frames.*", "text", "type of each column of `frames.csv`"),
    Field("bytes.*", "number, bytes", "size of each result: a file of another size is not whole"),
    Field("corrections.lines", "number", "lines that were applied; only with corrections"),
    Field("corrections.sha256", _SHA256, "of these lines"),
    Field("corrections.other_faces", "list of numbers", "tracks that are now another face"),
    Field("seconds.total", "number, s", "wall time of this input"),
    Field("seconds.by_stage.*", "number, s", "of each stage; stages run side by side"),
    Field("overview.identities", "list of texts", "names that were recognised"),
    Field("overview.emotion_share.*", "number, 0..1", "of all rows with an expression"),
    Field("overview.unsure_share", "number, 0..1, null", "of all rows: those without one"),
    Field("tracks[].track_id", "number", "as in `faces.csv`"),
    Field("tracks[].person_id", "number, null", "as in `faces.csv`"),
    Field("tracks[].first_s", "number, s", "`time_s` of its first row"),
    Field("tracks[].last_s", "number, s", "`time_s` of its last row"),
    Field("tracks[].frames", "number", "its rows"),
    Field("tracks[].sources.*", "number", "its rows by `source`"),
    Field("tracks[].identity", "text, null", "a name, `other` or `unknown`; null without a model"),
    Field("tracks[].identity_prob", "number, 0..1, null", "its probability"),
    Field("tracks[].emotion_share.*", "number, 0..1", "of its rows with an expression"),
    Field("tracks[].emotion_mean.*", "number, 0..1", "mean probability over all its rows"),
    Field("tracks[].unsure_share", "number, 0..1, null", "its rows without an expression"),
    Field("tracks[].unsure.*", "number", "these rows by `emotion_reason`"),
    Field("tracks[].best_quality", "number, 0..1", "the highest `quality`"),
    Field("tracks[].mean_quality", "number, 0..1, null", "the mean of what was measured"),
    Field("tracks[].shown_s", "number, s", "how long it is in the picture"),
    Field("tracks[].appearances[].from_s", "number, s", "when the picture begins to show it"),
    Field("tracks[].appearances[].to_s", "number, s", "when the next frame no longer does"),
    Field("tracks[].appearances[].frames", "number", "its rows in between"),
    Field("tracks[].appearances[].ended", "text", "why: cut, gap, video or track"),
    *_VERSIONS,
    Field("fingerprint.input", "list", "name, size and date of each file of the input"),
    Field("fingerprint.settings.*", "any", "every setting that decides results"),
    Field("fingerprint.messages.*", "text", "messages by expression"),
    Field("fingerprint.models", "list of texts", "a hash of each engine's spec"),
    Field("fingerprint.people", _SHA256, "of the gallery; only with one"),
)
"""Of ``NAME.summary.json``, in the order of the file."""


def paths(value: object, before: str = "") -> Iterator[str]:
    """The paths of the values of a document, with the names that ``VIDEO`` writes as ``*``.

    An empty object counts as a value.
    """
    if isinstance(value, dict) and value:
        for name, inner in cast("dict[str, object]", value).items():
            yield from paths(inner, f"{before}.{name}" if before else name)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for inner in cast("list[object]", value):
            yield from paths(inner, f"{before}[]")
    else:
        yield before


_HEAD = f"""# Summaries

Made by `python -m vidfx.schema.summaries > docs/summaries.md`; the source is
`vidfx/schema/summaries.py`, and a test compares it with the summary of a run.

`NAME.summary.json` is the last file that is written: a video with a summary is done. It is a JSON
object of version {schema.VERSION} (`"schema": "{schema.SUMMARY_SCHEMA}"`); later versions of vidfx
may add fields. Paths in it, and the command line, may be private.

In the table, `[]` is each item of a list, and `*` is a name that depends on the video, such as that
of a file or an expression.

| field | value | meaning |
| --- | --- | --- |
"""
_TAIL = """
The summary of photographs, `photos.summary.json`, has `photographs` instead of `input`, `clock`,
`columns`, `tracks` and `overview`: a list with the path, the hash, the size in bytes and pixels,
and the number of faces of each. In `counts`, each photograph is a frame.

## Cite a result

`made.at`, `input.content_hash`, `models` and `versions` say what made a result, and of what. With
these, the command and the settings, somebody else can make it again:

```python
import json
from pathlib import Path

summary = json.loads(Path("results/talk.mp4.summary.json").read_text())
for model in summary["models"]:
    print(model["task"], model["name"], model["sha256"], model["licence"])
```
"""


def markdown() -> str:
    """The page, as Markdown."""
    rows = "".join(f"| `{f.path}` | {f.type} | {f.meaning} |\n" for f in VIDEO)
    return _HEAD + rows + _TAIL


if __name__ == "__main__":
    sys.stdout.write(markdown())
