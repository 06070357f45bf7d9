"""``python -m benchmarks people LFW.zip``: people of a gallery named among strangers.

Labeled Faces in the Wild. The twelve people with most pictures are enrolled with one, three and
five of them, drawn several times; everybody else is a stranger. Half of the strangers, by a hash of
their names, are the cohort that ``vidfx/people/cohorts.py`` was measured on (``--cohort`` measures
it again): the rates of vidfx's own thresholds are those of the other half. ``--keep`` leaves the
embeddings in a file, or takes them from it. ``--videos FOLDER`` makes clips of the pictures there
and measures the whole chain on them, and with ``--clips`` on real ones (``videos``).
"""

from __future__ import annotations

import argparse
import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.measure import machine
from benchmarks.people.videos import video_rows
from benchmarks.saved import Row, add_option, show
from vidfx.annotation.embedding_engine import load_embedding
from vidfx.annotation.models import load_models
from vidfx.config import Settings
from vidfx.evaluate.verification import recall_at
from vidfx.people.cohorts import RATES
from vidfx.people.gallery import Gallery
from vidfx.people.thresholds import thresholds
from vidfx.stages.align import crops
from vidfx.stages.embed import embed
from vidfx.types import Frame
from vidfx_engines.dlib_face.convert import DLIB_FACE

TWELVE, TOGETHER = 12, 32
FARS = (0.01, 0.001)
SIDE = 256
"px, longer side of the detector's input: LFW's pictures have 250"


@dataclass(frozen=True)
class Faces:
    """N faces of P people."""

    vectors: np.ndarray
    "(N, D) float32, unit rows"
    person: np.ndarray
    "(N,) int, indices of ``names``"
    names: np.ndarray
    "(P,) str"
    model: str

    @property
    def twelve(self) -> np.ndarray:
        """(12,) the people with most pictures."""
        return np.argsort(-np.bincount(self.person), kind="stable")[:TWELVE]

    @property
    def in_cohort(self) -> np.ndarray:
        """(P,) bool: the strangers whom the cohort was measured on."""
        digests = [hashlib.sha256(name.encode()).digest()[-1] for name in self.names]
        chosen = np.array(digests) % 2 == 0
        chosen[self.twelve] = False
        return chosen

    def gallery(self, people: np.ndarray, pictures: int, rng: np.random.Generator) -> Enrolled:
        rows = [np.flatnonzero(self.person == p) for p in people]
        drawn = [rng.choice(r, min(pictures, len(r)), replace=False) for r in rows]
        owner = np.repeat(np.arange(len(people)), [len(r) for r in drawn])
        chosen = np.concatenate(drawn)
        names = tuple(self.names[people].tolist())
        return Enrolled(Gallery(names, owner, self.vectors[chosen], self.model), people, chosen)


@dataclass(frozen=True)
class Enrolled:
    gallery: Gallery
    people: np.ndarray
    "their indices in Faces.names"
    rows: np.ndarray
    "of Faces, that are enrolled"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks people", description=__doc__)
    parser.add_argument("lfw", type=Path, help="the pictures, NAME/*.jpg in a zip")
    parser.add_argument("--keep", type=Path, metavar="FILE.npz")
    parser.add_argument("--cohort", action="store_true", help="measure the cohort")
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--videos", type=Path, metavar="FOLDER", help="measure on video, too")
    parser.add_argument("--clips", type=Path, metavar="FOLDER", help="the real clips")
    add_option(parser)
    args = parser.parse_args()
    faces = kept(args.keep) if args.keep and args.keep.exists() else read(args.lfw)
    if args.keep and not args.keep.exists():
        np.savez(
            args.keep, vectors=faces.vectors, name=faces.names[faces.person], model=faces.model
        )
    rng = np.random.default_rng(0)
    if args.cohort:
        measure_cohort(faces, rng)
        return
    rows = [row for k in (1, 3, 5) for row in twelve_rows(faces, k, args.turns, rng)]
    rows += [row for n in (12, 100, 800) for row in random_rows(faces, n, args.turns, rng)]
    rows += thousand_rows(faces, rng)
    if args.videos:
        rows += video_rows(args.lfw, args.clips, args.videos)
    notes = [f"{len(faces.vectors)} pictures of {len(faces.names)} people, {DLIB_FACE}"]
    show("people", "People of a gallery among strangers.", rows, machine(), args.save, notes)


def read(lfw: Path) -> Faces:
    """The face in the middle of each picture; those without one are left out."""
    settings = Settings(
        recognition="none", emotion="none", detector="centerface", detector_size=SIDE
    )
    names: list[str] = []
    vectors: list[np.ndarray] = []
    engine = load_embedding(DLIB_FACE, None, settings, []).engine
    crop = engine.spec.crop
    assert crop is not None
    with load_models(settings) as models:
        for labels, frames in _pictures(lfw):
            found = models.detector(frames)
            kept: list[np.ndarray] = []
            for place, frame in enumerate(frames):
                own = np.flatnonzero((found.frame == place) & (found.score >= models.threshold))
                if len(own):
                    middle = np.array(frame.rgb.shape[1::-1]) / 2
                    away = (found.box[own, :2] + found.box[own, 2:]) / 2 - middle
                    marks = found.landmarks[own[np.argmin((away**2).sum(1))]][None]
                    kept.append(crops(frame.rgb, marks, crop.template, crop.size)[0])
                    names.append(labels[place])
            if kept:
                vectors.append(embed(engine, np.stack(kept)))
    engine.close()
    return _faces(np.concatenate(vectors), names, engine.spec.embedding_model)


def kept(file: Path) -> Faces:
    with np.load(file, allow_pickle=False) as content:
        return _faces(content["vectors"], content["name"].tolist(), str(content["model"]))


def _faces(vectors: np.ndarray, labels: list[str], model: str) -> Faces:
    names, person = np.unique(labels, return_inverse=True)
    return Faces(vectors.astype(np.float32), person, names, model)


def _pictures(lfw: Path) -> Iterator[tuple[list[str], list[Frame]]]:
    with zipfile.ZipFile(lfw) as archive:
        files = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
        for start in range(0, len(files), TOGETHER):
            some = files[start : start + TOGETHER]
            pixels = (
                cv2.imdecode(np.frombuffer(archive.read(name), np.uint8), cv2.IMREAD_COLOR)
                for name in some
            )
            frames = [
                Frame(i, 0, np.ascontiguousarray(bgr[..., ::-1])) for i, bgr in enumerate(pixels)
            ]
            yield [name.split("/")[-2] for name in some], frames


def twelve_rows(faces: Faces, k: int, turns: int, rng: np.random.Generator) -> list[Row]:
    """The twelve, by ``k`` pictures: named right, at a rate of strangers and by vidfx."""
    at: dict[float, list[float]] = {far: [] for far in FARS}
    own: dict[float, list[tuple[float, float]]] = {far: [] for far in FARS}
    twelve = np.isin(faces.person, faces.twelve)
    tested = ~faces.in_cohort[faces.person] & ~twelve
    for _ in range(turns):
        made = faces.gallery(faces.twelve, k, rng)
        cosines = faces.vectors @ made.gallery.means.T
        right = made.people[cosines.argmax(1)] == faces.person
        others = np.ones(len(twelve), bool)
        others[made.rows] = False
        for far in FARS:
            at[far].append(recall_at(cosines.max(1)[others], twelve[others], right[others], far))
            _, verdict = thresholds(made.gallery, far).verdicts(cosines)
            named = verdict == 0
            wanted = twelve & others
            own[far].append((float((named & right)[wanted].mean()), float(named[tested].mean())))
    head = f"12 people, {k} pictures"
    rows: list[Row] = []
    for far in FARS:
        right, strangers = zip(*own[far], strict=True)
        name = f"{head}, {100 * far:g} %"
        rows += [
            Row(f"{name} of strangers: named right", "share", tuple(at[far])),
            Row(f"{name} asked: named right", "share", right),
            Row(f"{name} asked: strangers named", "share", strangers, "less"),
        ]
    return rows


def random_rows(faces: Faces, people: int, turns: int, rng: np.random.Generator) -> list[Row]:
    """Anybody who is not in the cohort, by up to three pictures: strangers named."""
    pool = np.flatnonzero(~faces.in_cohort)
    shares: dict[float, list[float]] = {far: [] for far in FARS}
    for _ in range(turns):
        made = faces.gallery(np.sort(rng.choice(pool, people, replace=False)), 3, rng)
        strangers = np.isin(faces.person, np.setdiff1d(pool, made.people))
        _strangers(faces, made, strangers, shares)
    return _rates(f"{people} people", shares)


def thousand_rows(faces: Faces, rng: np.random.Generator) -> list[Row]:
    """The twelve and the people of the cohort are enrolled, all others are strangers."""
    chosen = faces.in_cohort.copy()
    chosen[faces.twelve] = True
    made = faces.gallery(np.flatnonzero(chosen), 3, rng)
    shares: dict[float, list[float]] = {far: [] for far in FARS}
    _strangers(faces, made, ~chosen[faces.person], shares)
    return _rates(f"{len(made.people)} people", shares)


def _strangers(
    faces: Faces, made: Enrolled, rows: np.ndarray, shares: dict[float, list[float]]
) -> None:
    cosines = faces.vectors[rows] @ made.gallery.means.T
    for far, found in shares.items():
        _, verdict = thresholds(made.gallery, far).verdicts(cosines)
        found.append(float((verdict == 0).mean()))


def _rates(head: str, shares: dict[float, list[float]]) -> list[Row]:
    return [
        Row(f"{head}, {100 * far:g} % asked: strangers named", "share", tuple(found), "less")
        for far, found in shares.items()
    ]


def measure_cohort(faces: Faces, rng: np.random.Generator) -> None:
    """Print the numbers of a Cohort."""
    people = np.flatnonzero(faces.in_cohort)
    counts = np.bincount(faces.person)

    def cosines(chosen: np.ndarray, pictures: int) -> np.ndarray:
        rows = np.flatnonzero(faces.in_cohort[faces.person])
        found: list[np.ndarray] = []
        for _ in range(2 if len(chosen) > 500 else 20):
            made = faces.gallery(chosen, pictures, rng)
            all_pairs = faces.vectors[rows] @ made.gallery.means.T
            found.append(all_pairs[faces.person[rows][:, None] != chosen])
        return np.quantile(np.concatenate(found), 1 - np.array(RATES))

    print("one ", cosines(people, 1).round(4).tolist())
    often = people[counts[people] >= 5]
    steps = [(cosines(often, k) - cosines(often, 1)) / (1 - 1 / k) for k in (2, 3, 5)]
    print("more", np.mean(steps, 0).round(4).tolist())
    print(f"{int(faces.in_cohort[faces.person].sum())} pictures of {len(people)} people")


if __name__ == "__main__":
    main()
