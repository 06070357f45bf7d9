"""Files that show pictures of the input, which may show no face that must be hidden."""

from __future__ import annotations

from vidfx.corrections.shown import check_none_hidden
from vidfx.export.writer import Writer
from vidfx.saved.runs import SavedVideo
from vidfx_engines.files import AtomicFile


class PictureWriter(Writer):
    """Reads the input, after all rows were added."""

    needs_source = True

    def __init__(self, video: SavedVideo, file: AtomicFile) -> None:
        """Raises InputError where the input shows faces that must be hidden."""
        super().__init__(video, file)
        check_none_hidden(video)
