"""``python -m benchmarks pipeline``: vidfx, FFmpeg and deface on one clip, in one run.

Seconds depend on the machine and its load; so the commands take turns, and the result is the ratio
within each turn. Before anything is timed, each command runs once to fill caches, and its output is
checked: the same number of frames everywhere. Start-up is included.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import json
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import PROGRAM, Run, failure, machine, make_clip, ratios, run, spread, table
from benchmarks.saved import Row, add_option, show
from vidfx_engines.cores import available_cores

PRESET, CRF = "veryfast", "23"
DETECTOR = (640, 384)
VIDFX, CSVS = "vidfx annotate", "vidfx annotate --no-video"
TRANSCODE, DECODE = "ffmpeg transcode", "ffmpeg decode"
DEFACE = "deface --scale 640x384"
PAIRS = ((VIDFX, TRANSCODE), (CSVS, DECODE), (VIDFX, DEFACE))
FOLDER = {VIDFX: "annotated", CSVS: "csvs"}
STEADY = "without start-up"
SAMPLES = 12


def commands(
    clip: Path, out: Path, ffmpeg: str, threads: int, *, deface: bool = True, emotion: str = ""
) -> dict[str, list[str]]:
    """The command lines, by name, in the order in which they take turns."""
    n = str(threads)
    vidfx = [*PROGRAM, "annotate", str(clip)]
    vidfx += ["--overwrite", "--threads", n, "--progress", "none", "--quiet"]
    vidfx += ["--emotion", emotion] if emotion else []
    read = [ffmpeg, "-nostdin", "-v", "error", "-y", "-threads", n, "-i", str(clip)]
    read += ["-map", "0:v:0", "-fps_mode", "passthrough"]
    encode = ["-preset", PRESET, "-crf", CRF]
    # deface's own: quality 5 of 10, and sides made multiples of 16.
    config = {"codec": "libx264", "quality": None, "macro_block_size": 2, "ffmpeg_params": encode}
    found = {
        VIDFX: [*vidfx, "--preset", PRESET, "--crf", CRF, "-o", str(out / FOLDER[VIDFX])],
        TRANSCODE: [
            *(*read, "-map", "0:a?", "-c:a", "copy", "-c:v", "libx264", *encode),
            *("-threads", n, "-movflags", "+faststart", str(out / "ffmpeg.mp4")),
        ],
        CSVS: [*vidfx, "--no-video", "-o", str(out / FOLDER[CSVS])],
        DECODE: [*read, "-f", "null", "-"],
        DEFACE: [
            *(*_python("from deface.deface import main; main()"), str(clip), "--keep-audio"),
            *("--scale", "640x384", "--ffmpeg-config", json.dumps(config)),
            *("-o", str(out / "deface.mp4")),
        ],
    }
    return {name: line for name, line in found.items() if deface or name != DEFACE}


def _python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def _summary(name: str, clip: Path, out: Path) -> dict[str, Any]:
    path = out / FOLDER[name] / f"{clip.name}.summary.json"
    return json.loads(path.read_text(encoding="utf-8"))


def check(lines: Mapping[str, list[str]], clip: Path, out: Path, ffmpeg: str) -> tuple[int, str]:
    """Run each command once; the frames, which all must share, and a line about the faces."""
    for name, line in lines.items():
        print(f"checking {name}", file=sys.stderr)
        run(name, line, out)
    videos = {
        DECODE: clip,
        VIDFX: out / FOLDER[VIDFX] / f"{clip.name}.annotated.mp4",
        TRANSCODE: out / "ffmpeg.mp4",
        DEFACE: out / "deface.mp4",
    }
    frames = {name: _frames(ffmpeg, videos[name], out) for name in videos if name in lines}
    frames[CSVS] = _summary(CSVS, clip, out)["counts"]["frames"]
    if len(set(frames.values())) > 1:
        raise SystemExit(f"benchmarks: not the same work, frames differ: {frames}")
    if DEFACE not in lines:
        return frames[DECODE], "not compared"
    wanted = sorted({i * frames[DECODE] // SAMPLES for i in range(SAMPLES)})
    code = f"from benchmarks.pipeline import deface_faces; deface_faces({str(clip)!r}, {wanted})"
    said = run("deface's detector", _python(code), out).output
    theirs: list[int] = json.loads(said.splitlines()[-1])
    with (out / FOLDER[VIDFX] / f"{clip.name}.faces.csv").open(encoding="utf-8") as file:
        rows = [int(row["frame"]) for row in csv.DictReader(file)]
    ours = [rows.count(index) for index in wanted]
    return frames[DECODE], f"on frames {wanted}: vidfx {ours}, deface's detector {theirs}"


def _frames(ffmpeg: str, video: Path, out: Path) -> int:
    line = [ffmpeg, "-nostdin", "-v", "error", "-i", str(video), "-map", "0:v:0"]
    line += ["-fps_mode", "passthrough", "-progress", "-", "-f", "null", "-"]
    said = run(f"counting {video.name}", line, out).output
    return int(re.findall(r"^frame=\s*(\d+)", said, re.MULTILINE)[-1])


def deface_faces(clip: str, wanted: Sequence[int]) -> None:
    """Print how many faces deface finds in the frames ``wanted``; runs in a child."""
    import av  # noqa: PLC0415 - kept out of the process that measures
    from deface.centerface import CenterFace  # noqa: PLC0415

    detector, found = CenterFace(in_shape=DETECTOR), []
    with av.open(clip) as container:
        for i, frame in enumerate(container.decode(video=0)):
            if i in wanted:
                found.append(len(detector(frame.to_ndarray(format="rgb24"), threshold=0.2)[0]))
    print(json.dumps(found))


def compare(
    runs: Mapping[str, Sequence[Run]], steady: Mapping[str, Sequence[float]]
) -> dict[str, list[float]]:
    """Ratios of speed, turn by turn: above 1, vidfx was the faster."""
    found: dict[str, list[float]] = {}
    for ours, theirs in PAIRS:
        rival = [r.wall_s for r in runs.get(theirs, ())]
        if rival:
            found[f"{ours} / {theirs}"] = ratios([r.wall_s for r in runs[ours]], rival)
        if rival and theirs != DEFACE:  # which has a start-up that is not known
            found[f"{ours}, {STEADY} / {theirs}"] = ratios(steady[ours], rival)
    return found


def report(
    runs: Mapping[str, Sequence[Run]], steady: Mapping[str, Sequence[float]], frames: int
) -> str:
    """Two Markdown tables: what each command cost, and the ratios."""
    costs: list[list[str]] = []
    for name, taken in runs.items():
        wall, cpu_s, peak = (spread([getattr(r, k) for r in taken])[0] for k in _COSTS)
        alone = f"{frames / spread(steady[name])[0]:.1f}" if name in steady else ""
        costs.append(
            [name, f"{wall:.2f}", f"{frames / wall:.1f}", alone, f"{cpu_s:.2f}", f"{peak:.0f}"]
        )
    header = ["medians", "s", "frames/s", STEADY, "CPU s", "peak MiB"]
    rows = [
        [name, *(f"{v:.2f}" for v in spread(found))]
        for name, found in compare(runs, steady).items()
    ]
    return f"{table(header, costs)}\n\n{table(['ratio of speeds', 'median', 'min', 'max'], rows)}"


_COSTS = ("wall_s", "cpu_s", "peak_mib")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks pipeline")
    parser.add_argument("--faces", type=int, choices=[1, 6], default=6)
    parser.add_argument("--height", type=int, choices=[360, 720, 1080], default=720)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--pairs", type=int, default=3, help="turns that each command takes")
    parser.add_argument("--clip", type=Path, help="measure with this video instead")
    parser.add_argument(
        "--threads", type=int, default=available_cores(), help="of vidfx and of ffmpeg"
    )
    parser.add_argument("--emotion", default="", metavar="ENGINE", help="vidfx's option")
    parser.add_argument("--no-deface", action="store_true")
    add_option(parser)
    args = parser.parse_args()
    if min(args.pairs, args.frames, args.threads) < 1:
        parser.error("--pairs, --frames and --threads are 1 or more")
    for module in ("vidfx", "imageio_ffmpeg", *(() if args.no_deface else ("deface",))):
        if importlib.util.find_spec(module) is None:
            raise failure(f"{module} is not installed")
    import imageio_ffmpeg  # noqa: PLC0415 - after the check that it is here

    try:
        ffmpeg, facts = imageio_ffmpeg.get_ffmpeg_exe(), machine()
    except RuntimeError as error:
        raise failure("imageio-ffmpeg brought no ffmpeg") from error
    facts["ffmpeg"] = imageio_ffmpeg.get_ffmpeg_version()
    if Path(args.emotion).is_file():
        args.emotion = str(Path(args.emotion).resolve())
    with tempfile.TemporaryDirectory(prefix="vidfx-bench-") as folder:
        out = Path(folder)
        clip = args.clip.resolve() if args.clip else out / "clip.mp4"
        if not args.clip:
            make_clip(clip, faces=args.faces, height=args.height, frames=args.frames)
        lines = commands(
            clip, out, ffmpeg, args.threads, deface=not args.no_deface, emotion=args.emotion
        )
        frames, faces = check(lines, clip, out, ffmpeg)
        runs: dict[str, list[Run]] = {name: [] for name in lines}
        seconds: dict[str, list[dict[str, Any]]] = {name: [] for name in FOLDER}
        for turn in range(args.pairs):
            print(f"turn {turn + 1} of {args.pairs}", file=sys.stderr)
            for name, line in lines.items():
                runs[name].append(run(name, line, out))
                if name in FOLDER:
                    seconds[name].append(_summary(name, clip, out)["seconds"])
    steady = {name: [s["total"] for s in taken] for name, taken in seconds.items()}
    print(report(runs, steady, frames) + "\n")
    rows = [
        *(Row(n, "frames/s", tuple(frames / r.wall_s for r in t)) for n, t in runs.items()),
        *(Row(n, "CPU s", tuple(r.cpu_s for r in t), "less") for n, t in runs.items()),
        *(Row(n, "MiB", tuple(r.peak_mib for r in t), "less") for n, t in runs.items()),
        *(Row(n, "ratio", tuple(v)) for n, v in compare(runs, steady).items()),
    ]
    notes = [_by_stage(name, taken[-1], frames) for name, taken in seconds.items()]
    about = f"{clip.name}: {frames} frames, {args.threads} threads. Faces {faces}."
    show("pipeline", about, rows, facts, args.save, notes)


def _by_stage(name: str, seconds: Mapping[str, Any], frames: int) -> str:
    stages = (f"{k} {1000 * v / frames:.1f}" for k, v in seconds["by_stage"].items())
    threads = "three" if name == CSVS else "four"
    return f"{name}, last turn, ms a frame by stage, in {threads} threads: {', '.join(stages)}"


if __name__ == "__main__":
    main()
