"""The people whom a run names: those of a gallery."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vidfx.config import Settings
from vidfx.errors import GalleryError
from vidfx.people.gallery import Gallery
from vidfx.people.thresholds import Thresholds, thresholds
from vidfx_engines.spec import EngineSpec


@dataclass(frozen=True)
class KnownPeople:
    """A gallery, and when a face is somebody of it."""

    folder: str
    gallery: Gallery
    thresholds: Thresholds

    @property
    def of_video(self) -> tuple[Gallery, Thresholds]:
        return self.gallery, self.thresholds

    @property
    def of_photograph(self) -> tuple[Gallery, Thresholds]:
        """A photograph shows each face once."""
        return self.gallery, replace(self.thresholds, min_crops=1)

    def describe(self) -> dict[str, Any]:
        """For the summary."""
        return {
            "gallery": self.folder,
            "names": [*self.gallery.names],
            "model": self.gallery.model,
            "named": round(self.thresholds.named, 4),
            "uncertain": round(self.thresholds.uncertain, 4),
            "evidence": self.thresholds.evidence,
        }


def load_people(settings: Settings) -> KnownPeople | None:
    """The gallery that the settings name. Raises GalleryError."""
    if settings.people == "none":
        return None
    gallery = Gallery.read(Path(settings.people))
    return KnownPeople(settings.people, gallery, thresholds(gallery, settings.target_far))


def check_model(people: KnownPeople, spec: EngineSpec) -> None:
    """Raises GalleryError where the gallery's embeddings were made by another model."""
    if spec.embedding_model != people.gallery.model:
        raise GalleryError(
            f"{people.folder}: its embeddings were made by another model than {spec.name}",
            hint="leave --embedding-engine out, or add the people again with this engine",
        )
