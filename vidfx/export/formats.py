"""All formats: what is typed, and the files that each one writes."""

from __future__ import annotations

from collections.abc import Mapping

from vidfx.errors import UsageError
from vidfx.export.ass import Ass
from vidfx.export.coco import Coco
from vidfx.export.cvat import Cvat
from vidfx.export.elan import Elan
from vidfx.export.label_studio import LabelStudio
from vidfx.export.mkv import Mkv
from vidfx.export.mot import Mot
from vidfx.export.parquet import FacesParquet, FramesParquet
from vidfx.export.subtitles import ChaptersFfmetadata, ChaptersVtt, Srt, Vtt
from vidfx.export.thumbnails import ThumbnailSheet, ThumbnailVtt
from vidfx.export.writer import Writer

Writers = Mapping[str, type[Writer]]
"""By the ending of the file that each one writes."""
FORMATS: Mapping[str, Writers] = {
    "vtt": {".vtt": Vtt},
    "srt": {".srt": Srt},
    "ass": {".ass": Ass},
    "mkv": {".overlay.mkv": Mkv},
    "chapters": {".chapters.vtt": ChaptersVtt, ".chapters.txt": ChaptersFfmetadata},
    "thumbnails": {".thumbnails.vtt": ThumbnailVtt, ".thumbnails.jpg": ThumbnailSheet},
    "elan": {".eaf": Elan},
    "cvat": {".cvat.xml": Cvat},
    "label-studio": {".label-studio.json": LabelStudio},
    "coco": {".coco.json": Coco},
    "mot": {".mot.txt": Mot},
    "parquet": {".faces.parquet": FacesParquet, ".frames.parquet": FramesParquet},
}


def read_formats(text: str) -> Writers:
    """The writers of formats that are typed with commas between them. Raises UsageError."""
    found: dict[str, type[Writer]] = {}
    for name in text.split(","):
        if name.strip() not in FORMATS:
            raise UsageError(
                f"--to: {name.strip()!r} is not a format", hint=f"use some of {', '.join(FORMATS)}"
            )
        found |= FORMATS[name.strip()]
    return found
