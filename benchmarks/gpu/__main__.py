"""``python -m benchmarks gpu``: what a GPU gains, against its own limits and the CPU beside it.

First the rows of a short clip are compared with those of the CPU. Then, until the budget is used
up: NVDEC alone, one file and eight files, the time to the first row, the CPU of the same machine,
its decoder and FFmpeg alone, the same with the drawn video, and ONNX Runtime. Each figure is
printed, and written to the file of --json, as soon as it is there; the table comes at the end. A
figure that cannot be had does not keep the others from being measured. Exits with 1 where the rows
differ, and with one line where there is no GPU.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import av

from benchmarks.annotate import pipeline
from benchmarks.gpu import equal_rows
from benchmarks.gpu.figures import Missing, as_json, as_table, lines, measure, unit_of
from benchmarks.measure import PROGRAM, machine, make_clip, run
from vidfx.video.write.first_part import copy_first_part
from vidfx_engines.backends.tensorrt_library import gpu
from vidfx_engines.cores import available_cores
from vidfx_engines.errors import EngineUnavailable

BUDGET_S, LIMIT_S = 240.0, 90.0
"""After so long no further figure is begun; one that takes longer than the second is stopped."""
FRAMES, MADE = 3600, 900
"""Frames of the clip, and of the shorter one that is repeated."""
SHORT_S, FIRST_S = 5.0, 1.0
"""Seconds of the clip: for comparing rows, and for the time to the first row."""
FAST = ("--quiet", "--progress", "none", "--overwrite")
LIBRARIES = ("torch", "onnxruntime-gpu", "pynvvideocodec", "tensorrt")
DECODE = """
import sys
from pathlib import Path
from benchmarks.annotate.cores import decoding_rate
print(decoding_rate(Path(sys.argv[1])))
"""


class Commands:
    """See figures.Tools: runs commands in processes of their own."""

    def __init__(self, folder: Path, clip: Path, first: Path) -> None:
        self._folder, self._clip, self._first = folder, clip, first
        self._frames = count(clip)
        self._many = folder / "eight"
        self._many.mkdir()
        for i in range(8):
            shutil.copy(clip, self._many / f"{i}.mp4")

    def nvdec(self, streams: int) -> float:
        command = [sys.executable, "-m", "benchmarks.gpu.nvdec", str(self._clip), str(streams)]
        found = json.loads(self._run("NVDEC", command)[1])
        return found["frames"] / found["seconds"]

    def annotate(self, *options: str) -> float:
        out = self._folder / "one"
        self._annotate(self._clip, out, *options)
        (summary,) = out.glob("*.summary.json")
        return self._frames / json.loads(summary.read_text())["seconds"]["total"]

    def annotate_eight(self) -> float:
        options = ("--device", "cuda", "--no-video")
        return 8 * self._frames / self._annotate(self._many, self._folder / "out", *options)

    def decode(self) -> float:
        command = [sys.executable, "-c", DECODE, str(self._clip)]
        return float(self._run("decoding", command)[1])

    def transcode(self) -> float:
        if importlib.util.find_spec("imageio_ffmpeg") is None:
            raise Missing("imageio-ffmpeg is not installed")
        ffmpeg: Any = importlib.import_module("imageio_ffmpeg")
        commands = pipeline.commands(
            self._clip, self._folder, ffmpeg.get_ffmpeg_exe(), available_cores(), deface=False
        )
        return self._frames / self._run("transcoding", commands[pipeline.TRANSCODE])[0]

    def first_row(self, *options: str) -> float:
        return self._annotate(self._first, self._folder / "first", "--no-video", *options)

    def _annotate(self, source: Path, out: Path, *options: str) -> float:
        command = [*PROGRAM, "annotate", str(source), "-o", str(out), *FAST, *options]
        return self._run(" ".join(options), command)[0]

    def _run(self, name: str, command: list[str]) -> tuple[float, str]:
        try:
            done = run(name, command, self._folder, LIMIT_S)
        except SystemExit as error:
            raise Missing(str(error)) from None
        return done.wall_s, done.output


def count(clip: Path) -> int:
    with av.open(clip) as source:
        return source.streams.video[0].frames


def repeat(clip: Path, to: Path, times: int) -> None:
    """``clip`` several times in a row, without encoding it again."""
    with av.open(to, "w") as made:
        stream, offset = None, 0
        for _ in range(times):
            with av.open(clip) as source:
                video = source.streams.video[0]
                stream = stream or made.add_stream_from_template(video)
                for packet in source.demux(video):
                    if packet.dts is not None and packet.pts is not None:
                        packet.pts, packet.dts = packet.pts + offset, packet.dts + offset
                        packet.stream = stream
                        made.mux(packet)
                offset += video.duration or 0


def why_no_gpu() -> str | None:
    """What a measurement lacks here, in one line; None if there is a GPU."""
    try:
        gpu()
    except EngineUnavailable as error:
        return f"{error} ({error.hint})" if error.hint else str(error)
    return None


def check_rows(folder: Path, clip: Path) -> str:
    """ "equal" if the rows of the GPU are those of the CPU, else what differs, or why it failed."""
    rows: list[equal_rows.Rows] = []
    try:
        for device in ("cpu", "cuda"):
            out = folder / f"rows-{device}"
            # --every: the schedule of its own choice reacts a chunk later on a GPU
            options = ["--device", device, "--no-video", "--every", "2", *FAST]
            command = [*PROGRAM, "annotate", str(clip), "-o", str(out), *options]
            run(device, command, folder, LIMIT_S)
            rows.append(equal_rows.read(out))
    except SystemExit as error:
        return str(error)
    return "; ".join(equal_rows.differences(*rows)) or "equal"


def facts() -> Mapping[str, str]:
    found = machine() | {"gpu": gpu().name, "driver": gpu().driver}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks gpu", description=__doc__)
    parser.add_argument("--clip", type=Path, help="an MP4 of your own instead of the one made here")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--budget", type=float, default=BUDGET_S, metavar="SECONDS")
    args = parser.parse_args()
    if reason := why_no_gpu():
        raise SystemExit(f"benchmarks: nothing was measured: {reason}")
    where = facts()
    print(", ".join(f"{name} {value}" for name, value in where.items()), flush=True)
    with tempfile.TemporaryDirectory(prefix="vidfx-bench-") as name:
        folder = Path(name)
        made, clip = args.clip, folder / "clip.mp4"
        if made is None:
            made = folder / "made.mp4"
            make_clip(made, faces=6, height=1080, frames=MADE)
        repeat(made, clip, max(1, FRAMES // (count(made) or FRAMES)))
        short, first = folder / "short.mkv", folder / "first.mkv"
        for file, seconds in ((short, SHORT_S), (first, FIRST_S)):
            if not copy_first_part(clip, file, seconds):
                raise SystemExit(f"benchmarks: {clip}: FFmpeg cannot copy its first part")
        rows = check_rows(folder, short)
        print(f"rows of the GPU and the CPU: {rows}", flush=True)
        found: dict[str, float | str] = {}
        for figure, value in measure(Commands(folder, clip, first), args.budget):
            found[figure] = value
            shown = value if isinstance(value, str) else f"{value:.4g} {unit_of(figure)}"
            print(f"{figure}: {shown}", flush=True)
            if args.json:
                args.json.write_text(as_json(lines(found), where, rows), encoding="utf-8")
    print(as_table(lines(found)))
    if rows != "equal":
        raise SystemExit(f"benchmarks: the GPU's rows are not the CPU's: {rows}")


if __name__ == "__main__":
    main()
