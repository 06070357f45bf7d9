"""``python -m benchmarks video_page``: the page of one long video, made and opened in Chromium.

No video is decoded: its rows are made up. People sway about, leave after ``--stay`` seconds and
come back as new tracks with the same name. Expressions change every two seconds or so.
"""

# scipy has no stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy.ndimage import gaussian_filter1d

from benchmarks.measure import PROGRAM, Run, machine, run
from benchmarks.parts.report import opened_until
from benchmarks.parts.summaries import rows_of
from benchmarks.saved import Row, add_option, show
from vidfx.output.rows import RowWriter
from vidfx.output.track_tally import TrackTally
from vidfx.stages.certainty import NO_LABEL
from vidfx.stages.observed import ObservedFrame
from vidfx.stages.settled import DETECTED, INTERPOLATED, Expressions, Labels, Settled, SettledFaces
from vidfx.types import Frame
from vidfx_engines.files import AtomicFile

NAMES = ("Ana", "Ben", "Chi", "Dan", "Eva", "Fay", "Gil", "Hua")
EMOTIONS = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
RATE, EVERY = 25, 5
"""Frames a second, and on which of them the detector runs."""
CHUNK = 250
"""Frames"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks video_page", description=__doc__)
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--people", type=int, default=6, choices=range(1, len(NAMES) + 1))
    parser.add_argument("--stay", type=int, default=60, help="seconds of a track")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="make the results here, and leave them")
    add_option(parser)
    args = parser.parse_args()
    with TemporaryDirectory() as folder:
        out = args.keep or Path(folder, "out")
        write_results(out, round(args.hours * 3600 * RATE), args.people, args.stay * RATE)
        data = out / "report" / "data" / "long.mp4.js"
        turns: list[Run] = []
        for _ in range(args.turns):
            data.unlink(missing_ok=True)
            turns.append(run("report", [*PROGRAM, "report", str(out)], Path(folder)))
        size = data.stat().st_size
        address = (out / "report" / "index.html").as_uri() + "#video=long.mp4"
        opened = opened_until(".lanes canvas", address, args.turns)
    rows = [
        Row("page", "MB", (size / 1e6,), "less"),
        Row("of an hour and a lane", "kB", (size / 1e3 / args.hours / args.people,), "less"),
        *rows_of(turns),
        *opened,
    ]
    notes = [f"{args.hours:g} hours, {args.people} people, tracks of {args.stay} s"]
    show("video_page", "The page of one long video.", rows, machine(), args.save, notes)


def write_results(out: Path, frames: int, people: int, stay: int) -> None:
    """The tables and the summary of a video of so many frames in a new folder."""
    out.mkdir(parents=True)
    tables = [out / f"long.mp4.{kind}.csv" for kind in ("faces", "frames", "unshown")]
    tally = TrackTally(1 / RATE)
    with (
        ExitStack() as stack,
        RowWriter(
            *(stack.enter_context(AtomicFile(path)) for path in tables),
            emotions=EMOTIONS,
            recognises=True,
        ) as rows,
    ):
        for settled in _settled(frames, people, stay):
            rows.write(settled)
            tally.add(settled)
        rows.complete()
    summary = {
        "schema": "vidfx.summary/2",
        "input": {"path": "long.mp4", "width_px": 1280, "height_px": 720}
        | {"frame_rate": RATE, "time_base": f"1/{RATE}", "duration_s": frames / RATE},
        "models": [{"task": "emotion", "labels": EMOTIONS}, {"task": "identity", "labels": NAMES}],
        "outputs": dict(zip(("faces", "frames", "unshown"), (p.name for p in tables), strict=True)),
        "bytes": {path.name: path.stat().st_size for path in tables},
        "counts": {"frames": frames, "frames_with_faces": frames, "cuts": 0},
        "tracks": tally.described(),
        "warnings": [],
    }
    (out / "long.mp4.summary.json").write_text(json.dumps(summary))


def _settled(frames: int, people: int, stay: int) -> Iterator[Settled]:
    random = np.random.default_rng(0)
    boxes, probs = _boxes(random, frames, people), _probabilities(random, frames, people)
    for start in range(0, frames, CHUNK):
        frame = np.arange(start, min(start + CHUNK, frames))
        at, who = np.repeat(frame, people), np.tile(np.arange(people), len(frame))
        here = (at + who * stay // people) % (stay + RATE) < stay  # away for a second
        yield _chunk(frame, at[here], who[here], people, stay, boxes, probs)


def _chunk(
    frame: np.ndarray,
    at: np.ndarray,
    who: np.ndarray,
    people: int,
    stay: int,
    boxes: np.ndarray,
    probs: np.ndarray,
) -> Settled:
    read = at % EVERY == 0
    unread = np.where(read, 1.0, np.nan)
    raw = probs[at, who] * unread[:, None]
    visit = (at + who * stay // people) // (stay + RATE)
    label, prob = probs[at, who].argmax(1), probs[at, who].max(1)
    named = Labels(NAMES, who.astype(np.int64), np.full(len(at), 0.9))
    faces = SettledFaces(
        track=visit * people + who + 1,
        box=boxes[at, who],
        landmarks=np.repeat(boxes[at, who][:, None, :2], 5, 1) + 20,
        source=np.where(read, DETECTED, INTERPOLATED),
        score=(0.8 * unread).astype(np.float32),
        quality=np.full((len(at), 3), 0.8) * unread[:, None],
        identity=named,
        emotion=Expressions(EMOTIONS, np.where(prob < 0.35, NO_LABEL, label), prob, probs[at, who]),
        emotion_reason=np.where(prob < 0.35, 4, 0),
        raw_identity=Labels(NAMES, np.where(read, who, NO_LABEL), 0.9 * unread),
        raw_emotion=Expressions(EMOTIONS, np.where(read, label, NO_LABEL), prob * unread, raw),
    )
    seen = [
        ObservedFrame(Frame(i, i, np.empty(0)), i / RATE, analysed=i % EVERY == 0, cut=False)
        for i in frame.tolist()
    ]
    return Settled(seen, at - frame[0], faces)


def _boxes(random: np.random.Generator, frames: int, people: int) -> np.ndarray:
    """(F, P, 4) px: heads of about 100 px, which sway about a place by some tens of px.

    Between two detections they are on a line, and detections are off by half a px.
    """
    steps = frames // EVERY + 2
    shift = 30 * _smoothed(random.standard_normal((steps, people, 2)), RATE / EVERY)
    noise = 0.5 * random.standard_normal((steps, people, 4))
    left, top = 60 + 150 * np.arange(people), 200
    x, y = left + shift[:, :, 0], top + shift[:, :, 1]
    known = np.stack([x, y, x + 90, y + 110], 2) + noise
    place = np.arange(frames) / EVERY
    before, share = place.astype(int), (place % 1)[:, None, None]
    return ((1 - share) * known[before] + share * known[before + 1]).astype(np.float32)


def _probabilities(random: np.random.Generator, frames: int, people: int) -> np.ndarray:
    """(F, P, K) of expressions that change every two seconds or so."""
    noise = random.standard_normal((frames, people, len(EMOTIONS)), np.float32)
    shares = np.exp(2 * _smoothed(noise, 1.3 * RATE))
    return shares / shares.sum(2, keepdims=True)


def _smoothed(values: np.ndarray, sigma: float) -> np.ndarray:
    """Over the first axis, scaled to a standard deviation of 1."""
    slow: np.ndarray = np.asarray(gaussian_filter1d(values, sigma, axis=0), np.float32)
    return slow / slow.std()


if __name__ == "__main__":
    sys.exit(main())
