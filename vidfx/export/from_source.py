"""Files that show pictures of the input, which may show no face that must be hidden."""

from __future__ import annotations

from vidfx.corrections.read import saved_corrections
from vidfx.errors import InputError
from vidfx.export.writer import Writer
from vidfx.saved.runs import SavedVideo
from vidfx_engines.files import AtomicFile


class PictureWriter(Writer):
    """Reads the input, after all rows were added."""

    needs_source = True

    def __init__(self, video: SavedVideo, file: AtomicFile) -> None:
        """Raises InputError where the input shows faces that must be hidden."""
        super().__init__(video, file)
        if _hides(video):
            raise InputError(
                f"{video.path}: faces in it must be hidden, and the source video shows them",
                hint="use `vidfx render --hide`, and --to ass beside its result",
            )


def _hides(video: SavedVideo) -> bool:
    """Whether the annotated video hides faces, or corrections say so."""
    settings = video.summary.get("fingerprint", {}).get("settings", {})
    corrections = saved_corrections(video)
    return bool(settings.get("hide") or corrections.of("hide"))
