"""Every CSV file: its name, what a row is, its columns."""

from __future__ import annotations

from dataclasses import dataclass

from vidfx import schema
from vidfx.schema import batch


@dataclass(frozen=True)
class File:
    """A CSV file. The columns of expressions are those of the included model."""

    name: str
    "NAME is that of the input"
    row: str
    "what each row is of"
    columns: tuple[schema.Column, ...]


OF_A_VIDEO = (
    File("NAME.faces.csv", "face and frame", (*schema.faces_columns(file=True),)),
    File("NAME.frames.csv", "frame", (*schema.frames_columns(file=True),)),
    File(
        "NAME.unshown.csv",
        "detection that is in no row of `NAME.faces.csv`: weak, or of a track that is not "
        "confirmed, or not yet",
        (*schema.unshown_columns(file=True),),
    ),
)
_ROWS = {
    "tracks": "track and video",
    "appearances": "stretch of frames that shows a track",
    "people": "person, over all videos",
    "videos": "video, also those that are not done",
}
OF_A_BATCH = tuple(
    File(f"tables/{name}.csv", _ROWS[name], (*columns,)) for name, columns in batch.tables().items()
)
OF_CLIPS = File("clips.csv", "moment that `vidfx clips` cut out", (*batch.CLIPS_COLUMNS,))
FILES = (*OF_A_VIDEO, *OF_A_BATCH, OF_CLIPS)
