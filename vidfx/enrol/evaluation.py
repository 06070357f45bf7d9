"""``vidfx evaluate --people``: how well a gallery names other pictures, and strangers not."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vidfx.annotation.embedding_engine import load_embedding
from vidfx.annotation.models import load_models
from vidfx.config import Settings
from vidfx.enrol.add import check_model
from vidfx.enrol.read import digest_of, read_input
from vidfx.enrol.request import EnrolProgress, EnrolRequest
from vidfx.errors import InputError, OutputError, output_errors
from vidfx.evaluate import plots
from vidfx.evaluate.identification import Identified, by_person, det, figures
from vidfx.evaluate.page import rendered
from vidfx.people.gallery import Gallery
from vidfx.people.names import RESERVED
from vidfx.people.thresholds import TARGET_FAR, Thresholds, rescaled, thresholds
from vidfx_engines.files import write_atomically
from vidfx_training.dataset.index import Dataset, read_dataset
from vidfx_training.reliability import calibration_error, reliability

SCHEMA = "vidfx.evaluate.people/1"
FEW = 100
"strangers' pictures below which a rate of them says little"


@dataclass(frozen=True)
class PeopleRequest:
    """A gallery, and pictures in a folder for each person."""

    gallery: Path
    data: Path
    settings: Settings
    target_far: float = TARGET_FAR
    seed: int = 0


@dataclass(frozen=True)
class Pictures:
    """The faces of N pictures."""

    embeddings: np.ndarray
    "(N, D) float32, unit rows"
    person: tuple[str, ...]
    "N, the folder of each"
    left_out: dict[str, int]
    "pictures without a usable face, by reason"


def evaluate_people(request: PeopleRequest, progress: EnrolProgress) -> tuple[Identified, Any]:
    """What became of each picture, and the content of ``report.json``.

    Pictures that the gallery was made with are left out. Raises GalleryError, InputError where no
    picture shows a face that can be compared, DataError and UnavailableError.
    """
    gallery = Gallery.read(request.gallery)
    limits = thresholds(gallery, request.target_far)
    data = read_dataset(request.data)
    pictures = read_pictures(data, gallery, request, progress)
    return compared(pictures, gallery, limits, request)


def read_pictures(
    data: Dataset, gallery: Gallery, request: PeopleRequest, progress: EnrolProgress
) -> Pictures:
    """The faces of ``data``, found and embedded as ``vidfx people add`` does."""
    known = {picture.sha256 for picture in gallery.pictures}
    notices: list[str] = []
    engine = load_embedding(gallery.engine, gallery.crop, request.settings, notices).engine
    spec = engine.spec
    assert spec.crop is not None
    wanted = Gallery.empty(spec.embedding_model, gallery.engine, spec.crop.template)
    check_model(request.gallery, gallery, wanted)
    one = EnrolRequest("anybody", (), request.gallery, request.settings)
    vectors: list[np.ndarray] = []
    people: list[str] = []
    left_out: Counter[str] = Counter()
    try:
        with load_models(request.settings) as models:
            for text in (*notices, *(n.text for n in models.notices() if not n.detail)):
                progress.notice(text)
            for number, picture in enumerate(data.pictures):
                progress.advanced(picture.path, number, len(data))
                file = data.file(picture)
                try:
                    digest = digest_of(file)
                    if digest in known:
                        left_out["in the gallery"] += 1
                        continue
                    found = read_input(file, digest, one, models, engine)
                except (InputError, OutputError) as error:
                    progress.failed(str(file), error)
                    left_out["not readable"] += 1
                    continue
                if isinstance(found, str):
                    left_out[found.partition(":")[0]] += 1
                    continue
                vectors.append(found[0].embedding)
                people.append(picture.label)
    finally:
        engine.close()
    progress.advanced("", len(data), len(data))
    if not vectors:
        reasons = ", ".join(f"{n} {reason}" for reason, n in left_out.items())
        raise InputError(
            f"{request.data}: no picture shows a face that can be compared: {reasons}",
            hint="name a folder with a folder of other pictures for each person",
        )
    return Pictures(np.stack(vectors), tuple(people), dict(left_out))


def compared(
    pictures: Pictures, gallery: Gallery, limits: Thresholds, request: PeopleRequest
) -> tuple[Identified, Any]:
    """What became of each picture, and all figures."""
    cosines = pictures.embeddings @ gallery.means.T
    best, verdict = limits.verdicts(cosines)
    places = [gallery.of(name) for name in pictures.person]
    keys = [
        f"\0{row}" if name.casefold() in RESERVED else name
        for row, name in enumerate(pictures.person)
    ]
    found = Identified(
        truth=np.array([-1 if place is None else place for place in places]),
        best=best,
        cosine=cosines.max(1).astype(float),
        verdict=verdict,
        group=np.unique(keys, return_inverse=True)[1],
    )
    score = rescaled(found.cosine, limits)
    bins = reliability(score, found.right)
    content = figures(found, seed=request.seed)
    warnings: list[str] = []
    if not content["wanted"]:
        warnings.append("no folder is named after somebody in the gallery: all are strangers")
    if content["strangers"] < FEW:
        warnings.append(
            f"only {content['strangers']} pictures of strangers: add folders of people who are not"
            " in the gallery, to know how many of them get a name"
        )
    return found, {
        "schema": SCHEMA,
        "gallery": {
            "path": str(request.gallery),
            "engine": gallery.engine,
            "model": gallery.model,
            "people": len(gallery.names),
            "pictures": len(gallery.person),
        },
        "data": {"path": str(request.data), "left_out": pictures.left_out},
        "target_far": request.target_far,
        "seed": request.seed,
        "thresholds": asdict(limits),
        **content,
        "calibration": {"ece": calibration_error(bins), "bins": [asdict(b) for b in bins]},
        "people": by_person(found, gallery.names),
        "warnings": warnings,
    }


def write(found: Identified, document: Any, folder: Path) -> list[Path]:
    """Write report.html, report.json and, with pictures of both kinds, det.png.

    Returns their paths. Raises OutputError.
    """
    pictures: dict[str, bytes] = {}
    if found.wanted.any() and not found.wanted.all():
        pictures["det.png"] = plots.verification_png([("named right", det(found))])
    text = json.dumps(document, indent=1, allow_nan=False) + "\n"
    page = rendered("people.html.jinja", document, pictures)
    contents = {
        **pictures,
        "report.html": page.encode("utf-8", "replace"),
        "report.json": text.encode("utf-8", "replace"),
    }
    with output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        with output_errors(folder / name):
            write_atomically(folder / name, content)
    return [folder / name for name in contents]
