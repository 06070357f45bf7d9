"""What an extraction is asked for, and what it reports on the way."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vidfx.config import Settings
from vidfx.errors import InputError, UsageError, VidfxError
from vidfx.extract.crop_selection import CropCriteria
from vidfx.extract.names import check_label

CVAT = ".cvat.xml"
"""What `vidfx export --to cvat` adds to the name of a video."""


class ExtractProgress(Protocol):
    """Receives how an extraction goes on."""

    def notice(self, text: str) -> None:
        """Something that the user should know."""
        ...

    def failed(self, name: str, error: VidfxError) -> None:
        """This input failed; the others go on."""
        ...

    def advanced(self, name: str, done: float, total: int) -> None:
        """``done`` of ``total`` sources are read; a fraction is the part of ``name`` that is."""
        ...


@dataclass(frozen=True)
class ExtractRequest:
    """What is wanted of every source. Raises UsageError for an invalid label."""

    criteria: CropCriteria
    settings: Settings
    "detector, device, backend, reader, threads, start and end"
    label: str | None = None
    "None: the name of the folder that holds the file"
    annotations: Path | None = None
    "CVAT's of one video, or a folder with NAME.cvat.xml of each; they have the labels then"
    label_from: str = "identity"
    "the attribute of a box that is its label"
    fit_detector: bool = True
    "detect on photographs at their own size where they are smaller than the detector's"

    def __post_init__(self) -> None:
        if self.label is not None:
            try:
                check_label(self.label)
            except ValueError as error:
                raise UsageError(f"--label: {error}", hint="choose another name") from error

    def annotations_of(self, path: Path) -> Path:
        """The file of annotations of a video. Raises InputError where there is none."""
        assert self.annotations is not None
        if not self.annotations.is_dir():
            return self.annotations
        file = self.annotations / (path.name + CVAT)
        if not file.is_file():
            raise InputError(f"{path}: there is no {file}", hint="leave it out, or export it first")
        return file

    def label_of(self, path: Path) -> str:
        """The label of the faces in ``path``. Raises InputError for a folder's invalid name."""
        if self.label is not None:
            return self.label
        folder = Path(os.path.abspath(path)).parent  # noqa: PTH100 - resolve() follows links
        try:
            return check_label(folder.name)
        except ValueError as error:
            raise InputError(
                f"{path}: its folder's name is no label: {error}", hint="rename it, or use --label"
            ) from error
