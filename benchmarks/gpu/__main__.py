"""``python -m benchmarks gpu``: what a GPU gains, against its own limits and the CPU beside it.

First the rows of a short clip must be those of the CPU. Then, in at most about five minutes: NVDEC
alone, one file and eight files, the time to the first row, the CPU of the same machine, torch and
ONNX Runtime, and the same with the drawn video. Exits with 1 and one line where there is no GPU.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

import av

from benchmarks.gpu import equal_rows
from benchmarks.gpu.figures import Missing, as_json, as_table, lines, measure
from benchmarks.measure import PROGRAM, machine, make_clip, run
from vidfx.video.write.first_part import copy_first_part
from vidfx_engines.backends.tensorrt_library import gpu
from vidfx_engines.errors import EngineUnavailable

BUDGET_S = 240.0
"""After this no further figure is begun; the longest takes about a minute."""
FRAMES, REPEATED = 900, 4
SHORT_S, FIRST_S = 5.0, 1.0
"""Seconds of the clip: for comparing rows, and for the time to the first row."""
FAST = ("--quiet", "--progress", "none", "--overwrite")


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

    def first_row(self, *options: str) -> float:
        return self._annotate(self._first, self._folder / "first", "--no-video", *options)

    def _annotate(self, source: Path, out: Path, *options: str) -> float:
        command = [*PROGRAM, "annotate", str(source), "-o", str(out), *FAST, *options]
        return self._run(" ".join(options), command)[0]

    def _run(self, name: str, command: list[str]) -> tuple[float, str]:
        print(name, file=sys.stderr)
        try:
            done = run(name, command, self._folder)
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


def check_rows(folder: Path, clip: Path) -> list[str]:
    """Differences between the rows of the GPU and those of the CPU."""
    rows: list[equal_rows.Rows] = []
    for device in ("cpu", "cuda"):
        out = folder / f"rows-{device}"
        # --every: the schedule of its own choice reacts a chunk later on a GPU
        options = ["--device", device, "--no-video", "--every", "2", *FAST]
        run(device, [*PROGRAM, "annotate", str(clip), "-o", str(out), *options], folder)
        rows.append(equal_rows.read(out))
    return equal_rows.differences(*rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks gpu")
    parser.add_argument("--clip", type=Path, help="an MP4 of your own instead of the one made here")
    parser.add_argument("--json", action="store_true", help="the table as JSON")
    parser.add_argument("--budget", type=float, default=BUDGET_S, metavar="SECONDS")
    args = parser.parse_args()
    if reason := why_no_gpu():
        raise SystemExit(f"benchmarks: nothing was measured: {reason}")
    with tempfile.TemporaryDirectory(prefix="vidfx-bench-") as name:
        folder = Path(name)
        clip = args.clip
        if clip is None:
            made, clip = folder / "made.mp4", folder / "clip.mp4"
            make_clip(made, faces=6, height=1080, frames=FRAMES)
            repeat(made, clip, REPEATED)
        short, first = folder / "short.mkv", folder / "first.mkv"
        for file, seconds in ((short, SHORT_S), (first, FIRST_S)):
            if not copy_first_part(clip, file, seconds):
                raise SystemExit(f"benchmarks: {clip}: FFmpeg cannot copy its first part")
        if found := check_rows(folder, short):
            raise SystemExit(f"benchmarks: the GPU's rows are not the CPU's: {'; '.join(found)}")
        measured = lines(measure(Commands(folder, clip.resolve(), first), args.budget))
    facts = machine() | {"gpu": gpu().name, "driver": gpu().driver}
    print(as_json(measured, facts) if args.json else as_table(measured))


if __name__ == "__main__":
    main()
