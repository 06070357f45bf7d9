"""The whole chain on video: people named, strangers grouped, and what reading identity costs.

Clips are made of photographs (``made_clips``). The people of the real ones were told apart by eye:
``real_clips.csv``. What is in the folder already is not made again.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import PROGRAM, make_clip, run
from benchmarks.people.made_clips import STRANGER, make
from benchmarks.people.random_engine import write_engine
from benchmarks.saved import Row
from vidfx.identify.evaluation import evaluate_truth, read_truth
from vidfx.people.people_file import read_people
from vidfx.saved.people import people_path
from vidfx.saved.runs import find_summaries

PEOPLE, CLIPS, STRANGERS = 12, 10, 60
REAL = Path(__file__).with_name("real_clips.csv")
ROWS_ONLY = ("--no-video", "--no-report", "--emotion", "none", "--progress", "none")
COST_FRAMES, COST_FACES = 150, 6


def vidfx(folder: Path, *words: str | Path) -> float:
    """Run a command; the seconds of CPU time."""
    return run(f"vidfx {words[0]}", [*PROGRAM, *map(str, words)], folder).cpu_s


def video_rows(lfw: Path, clips: Path | None, folder: Path) -> list[Row]:
    """All figures. ``clips`` has the videos of ``real_clips.csv``."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "truth.csv").exists():
        make(lfw, PEOPLE, CLIPS, STRANGERS, folder, np.random.default_rng(0))
    gallery = folder / "gallery"
    if not gallery.exists():
        for person in sorted((folder / "enrolled").iterdir()):
            vidfx(folder, "people", "add", person.name, person, "-g", gallery)
    made, truth = folder / "made", folder / "truth.csv"
    annotate(folder, folder / "videos", made)
    name = f"{PEOPLE} people, {PEOPLE * CLIPS} made clips"
    rows = named(folder, made, gallery, truth, name)
    rows.append(strangers(made, f"{STRANGERS} made clips of strangers", STRANGER))
    rows.append(grouped(folder, made, truth, name))
    if clips is not None:
        rows += real_rows(folder, clips.resolve(), gallery)
    return [*rows, *cost(folder, gallery)]


def annotate(folder: Path, videos: Path, out: Path) -> None:
    vidfx(folder, "annotate", videos, "-o", out, *ROWS_ONLY, "--recognition=none", "--embeddings")


def named(folder: Path, out: Path, gallery: Path, truth: Path, name: str) -> list[Row]:
    vidfx(folder, "people", "identify", out, "-g", gallery)
    found = evaluate_truth(out, read_truth(truth))
    return [
        Row(f"{name}: rows named right", "share", (found["rows_named_right"],)),
        Row(f"{name}: rows named wrong", "share", (found["rows_misnamed"],), "less"),
    ]


def strangers(out: Path, name: str, start: str) -> Row:
    """Clips whose names begin with ``start``, in which anybody is named."""
    files = [path for path in find_summaries([out]) if path.name.startswith(start)]
    found = [read_people(people_path(path)) or {} for path in files]
    share = sum(any(one.name for one in some.values()) for some in found) / len(files)
    return Row(f"{name}: clips with a name", "share", (share,), "less")


def grouped(folder: Path, out: Path, truth: Path, name: str) -> Row:
    """B-cubed F1 of the tracks, nobody being known."""
    for summary in find_summaries([out]):
        people_path(summary).unlink(missing_ok=True)
    vidfx(folder, "people", "group", out)
    found: dict[str, Any] = evaluate_truth(out, read_truth(truth))["b_cubed"]
    return Row(f"{name}: groups, B-cubed F1", "share", (found["f1"]["value"],))


def real_rows(folder: Path, clips: Path, strangers_gallery: Path) -> list[Row]:
    """Nobody of the made clips is in the real ones; who is in several is enrolled by the first."""
    out = folder / "real"
    annotate(folder, clips, out)
    vidfx(folder, "people", "identify", out, "-g", strangers_gallery)
    rows = [strangers(out, "real clips without the 12 people", "")]
    seen: defaultdict[str, list[str]] = defaultdict(list)
    for video, lines in read_truth(REAL).items():
        for line in lines:
            seen[line.person].append(video)
    often = {person: videos for person, videos in seen.items() if len(videos) > 1}
    gallery = folder / "real_gallery"
    if not gallery.exists():
        for person, videos in often.items():
            vidfx(folder, "people", "add", person, clips / videos[0], "-g", gallery)
    lines = REAL.read_text(encoding="utf-8").splitlines()
    others = {video for videos in often.values() for video in videos[1:]}
    truth = folder / "real_truth.csv"
    kept = [lines[0], *(line for line in lines[1:] if line.split(",")[0] in others)]
    truth.write_text("\n".join(kept) + "\n", encoding="utf-8")
    rows += named(folder, out, gallery, truth, f"{len(often)} people, {len(others)} real clips")
    return [*rows, grouped(folder, out, REAL, "all real clips")]


def cost(folder: Path, gallery: Path) -> list[Row]:
    """CPU time that identity adds to one run, in the same clip."""
    clip, engine = folder / "cost.mp4", folder / "engine"
    if not clip.exists():
        make_clip(clip, faces=COST_FACES, height=720, frames=COST_FRAMES)
        write_engine(engine)
    ways: dict[str, Sequence[str | Path]] = {
        "none": ("--recognition=none",),
        "people": ("--recognition=none", "--people", gallery),
        "resnet18": ("--recognition", engine),
    }
    shutil.rmtree(folder / "cost", ignore_errors=True)
    seconds = {
        name: vidfx(folder, "annotate", clip, "-o", folder / "cost" / name, *ROWS_ONLY, *words)
        for name, words in ways.items()
    }
    return [
        Row(f"{COST_FACES} faces, {COST_FRAMES} frames, {name}", "CPU s", (spent,), "less")
        for name, spent in seconds.items()
    ]
