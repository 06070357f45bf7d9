"""Running ``vidfx dataset extract`` without its command, for its tests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from vidfx.config import Settings
from vidfx.errors import VidfxError
from vidfx.extract.crop_selection import CropCriteria
from vidfx.extract.extract import extract
from vidfx.extract.request import ExtractRequest
from vidfx.jobs.outcomes import Outcome
from vidfx_engines.spec import CropSpec
from vidfx_training.dataset.index import read_faces

SETTINGS = Settings(emotion="none", detector_size=640, every=2)
LARGEST = CropCriteria(
    crop=CropSpec("arcface", 64),
    largest_only=True,
    per_second=2.0,
    min_face=10,
    min_quality=0,
    limit=None,
)
EVERYONE = replace(LARGEST, largest_only=False)


class Told:
    def __init__(self) -> None:
        self.notices: list[str] = []
        self.errors: list[VidfxError] = []

    def notice(self, text: str) -> None:
        self.notices.append(text)

    def failed(self, name: str, error: VidfxError) -> None:
        self.errors.append(error)

    def advanced(self, name: str, done: float, total: int) -> None:
        assert 0 <= done <= total


def run(
    out: Path,
    *inputs: Path,
    criteria: CropCriteria = LARGEST,
    label: str | None = "ana",
    settings: Settings = SETTINGS,
) -> tuple[list[Outcome], Told]:
    outcomes: list[Outcome] = []
    told = Told()
    request = ExtractRequest(criteria, settings, label)
    extract([str(i) for i in inputs], out, request, told, outcomes)
    return outcomes, told


def write(path: Path, rgb: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    whole, data = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    assert whole
    path.write_bytes(data.tobytes())
    return path


def read(path: Path) -> np.ndarray:
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def tree(root: Path) -> set[str]:
    return {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()}


def pictures(root: Path) -> set[str]:
    return {name for name in tree(root) if name.endswith(".jpg")}


def assert_whole(root: Path) -> None:
    """Pictures and rows are the same, and nothing else is left."""
    assert pictures(root) == {row["path"] for row in read_faces(root)}
    rest = tree(root) - pictures(root)
    assert rest == {"faces.csv", "sources.csv", "dataset.json"}
    assert not (root / ".extract").exists()
