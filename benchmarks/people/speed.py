"""``python -m benchmarks people_speed``: the people of many finished videos named and grouped.

`vidfx people identify` and `vidfx people group` on results that are made up, with embeddings that
are as alike as those of dlib-face: of 0.1 % of the pairs of strangers the cosine is above 0.93. A
person has more tracks the earlier its number is.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.measure import PROGRAM, Run, machine, run
from benchmarks.parts.summaries import BESIDES
from benchmarks.saved import Row, add_option, show
from vidfx.people.embeddings_file import TrackEmbeddings
from vidfx.people.gallery import Gallery
from vidfx.people.linking import LINKINGS

MODEL = next(iter(LINKINGS))
SIZE, FACES = 128, 4
ENROLLED, PICTURES = 12, 5
TRACKS_OF_ONE = 5
"On average."
COMMON, OFTEN, OWN, FACE = 3.0, 1.2, 0.32, 0.1
"""Lengths of what all faces have in common, of a track's and of a face's own part, beside that of
a person, 1; and how much rarer each person is than the one before."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks people_speed", description=__doc__)
    parser.add_argument("--videos", type=int, default=10_000)
    parser.add_argument("--tracks", type=int, default=100_000, help="of all videos")
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where the results are made (a temporary one)")
    add_option(parser)
    args = parser.parse_args()
    identified: list[Run] = []
    grouped: list[Run] = []
    with TemporaryDirectory(dir=args.folder) as folder:
        made = Path(folder)
        write_results(made / "out", made / "people", args.videos, args.tracks)
        for _ in range(args.turns):
            for name, runs, options in (
                ("identify", identified, ["-g", "people", "--json"]),
                ("group", grouped, ["--json"]),
            ):
                runs.append(run(name, [*PROGRAM, "people", name, "out", *options], made))
    about = f"{args.videos} videos, {args.tracks} tracks"
    rows = [*_rows(f"identify, {about}", identified), *_rows(f"group, {about}", grouped)]
    notes = [_people(grouped[-1].output)]
    show("people_speed", "People of many finished videos.", rows, machine(), args.save, notes)


def _rows(name: str, runs: Sequence[Run]) -> list[Row]:
    return [
        Row(f"{name}: CPU", "s", tuple(run.cpu_s for run in runs), "less"),
        Row(f"{name}: wall", "s", tuple(run.wall_s for run in runs), "less"),
        Row(f"{name}: peak memory", "MiB", tuple(run.peak_mib for run in runs), "less"),
    ]


def _people(output: str) -> str:
    found = json.loads(output)
    return f"group: {found['people']} people, {found['unknown']} tracks of nobody"


def write_results(out: Path, gallery: Path, videos: int, tracks: int) -> None:
    """Results of ``videos`` in a new folder, and a gallery of the people who are seen most."""
    rng = np.random.default_rng(0)
    vectors, people = made_tracks(tracks, rng)
    out.mkdir()
    rows = "frame,time_s\n"
    for number, of_video in enumerate(np.array_split(np.arange(tracks), videos)):
        name = f"{number:05}.mp4"
        for kind in ("faces", "frames"):
            (out / f"{name}.{kind}.csv").write_text(rows)
        (out / f"{name}.embeddings.npz").write_bytes(_embeddings(vectors[of_video], rng).bytes())
        (out / f"{name}.summary.json").write_text(
            json.dumps(_summary(name, len(of_video), len(rows)), indent=1)
        )
    pictures = np.repeat(people[:ENROLLED], PICTURES, 0)
    embeddings = _unit(pictures + _noise(len(pictures), OWN, rng))
    owner = np.repeat(np.arange(ENROLLED), PICTURES)
    Gallery(tuple(f"P{i}" for i in range(ENROLLED)), owner, embeddings, MODEL).write(gallery)


def made_tracks(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(N, SIZE) float32 unit vectors of tracks, and (P, SIZE) of the people whom they are of."""
    shares = 1 / np.arange(1, max(ENROLLED, count // TRACKS_OF_ONE) + 1) ** OFTEN
    common = _unit(rng.normal(size=SIZE)) * COMMON
    people = common + _noise(len(shares), 1, rng)
    who = rng.choice(len(shares), count, p=shares / shares.sum())
    return _unit(people[who] + _noise(count, OWN, rng) * rng.uniform(0.5, 1.5, (count, 1))), people


def _noise(count: int, length: float, rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=(count, SIZE)) * (length / np.sqrt(SIZE))


def _unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def _embeddings(vectors: np.ndarray, rng: np.random.Generator) -> TrackEmbeddings:
    count = len(vectors) * FACES
    lengths = COMMON * np.repeat(vectors, FACES, 0)
    return TrackEmbeddings(
        np.repeat(np.arange(1, len(vectors) + 1, dtype=np.int32), FACES),
        np.arange(count, dtype=np.int64),
        rng.uniform(0.3, 0.9, count).astype(np.float32),
        _unit(lengths + _noise(count, FACE, rng)).astype(np.float16),
        MODEL,
    )


def _summary(name: str, tracks: int, table_bytes: int) -> dict[str, object]:
    tables = {kind: f"{name}.{kind}.csv" for kind in ("faces", "frames")}
    return {
        "schema": "vidfx.summary/2",
        "made": {"at": "2026-11-28T12:00:00+00:00", "command": "vidfx annotate"},
        "input": {"path": name, "width_px": 1280, "height_px": 720, "frame_rate": 25.0}
        | {"time_base": "1/12800", "duration_s": 60.0},
        "models": [{"task": "embedding", "labels": [], "about": BESIDES}],
        "outputs": tables,
        "bytes": dict.fromkeys(tables.values(), table_bytes),
        "tracks": [
            {"track_id": i + 1, "identity": None, "first_s": 4.0 * i, "last_s": 4.0 * i + 5}
            for i in range(tracks)
        ],
        "warnings": [],
    }


if __name__ == "__main__":
    sys.exit(main())
