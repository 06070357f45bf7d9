"""``python -m benchmarks rivals``: vidfx and the tools that its users come from, in turns.

vidfx does at least what the other does: deface finds faces, draws and writes; fer reads expressions
too; a loop with insightface's detector also names people, and runs the same two ResNet-18
classifiers. Before anything is timed each runs once, and the share of its faces that vidfx has at
the same place is printed, and the reverse. Start-up is included.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.annotate.pipeline import DEFACE, commands
from benchmarks.measure import PROGRAM, machine, make_clip, ratios, run
from benchmarks.saved import Row, add_option, show

PEERS = Path(__file__).with_name("peers.py")
IOU = 0.5
SURE = 5.0
Frames = list[list[list[float]]]
"Boxes (x1, y1, x2, y2) in px, by frame."


@dataclass(frozen=True)
class Pair:
    """A peer, and vidfx doing the same."""

    name: str
    theirs: list[str]
    ours: list[str]
    boxes: list[str]
    "the command that leaves the peer's boxes in FOLDER/boxes.json; may be ``theirs``"


def pairs(args: argparse.Namespace, clip: Path, out: Path) -> list[Pair]:
    import imageio_ffmpeg  # noqa: PLC0415 - brings the ffmpeg that deface uses

    lines = commands(clip, out, imageio_ffmpeg.get_ffmpeg_exe(), args.threads or 0)
    vidfx = [*PROGRAM, "annotate", str(clip)]
    vidfx += ["--overwrite", "--quiet"]
    peer = [sys.executable, str(PEERS)]
    found: list[Pair] = []
    if not args.no_deface:
        ours = [*vidfx, "--emotion", "none", "-o", str(out / "v-deface")]
        boxes = [*peer, "deface", str(clip), str(out / "deface")]
        found.append(Pair("deface --scale 640x384", lines[DEFACE], ours, boxes))
    if args.scrfd:
        nets = [net.resolve() for net in resnets(out)]
        theirs = [*peer, "insightface", str(clip), str(out / "insightface")]
        theirs += ["--scrfd", str(args.scrfd.resolve()), "--nets", *map(str, nets)]
        ours = [*vidfx, "--recognition", str(nets[0]), "--emotion", str(nets[1])]
        ours += ["-o", str(out / "v-insightface")]
        found.append(Pair("a loop: SCRFD-500m and two ResNet-18", theirs, ours, theirs))
    if args.fer_python:
        alone = ["env", "-u", "PYTHONPATH", str(args.fer_python)]  # our packages are not its own
        theirs = [*alone, str(PEERS), "fer", str(clip), str(out / "fer")]
        ours = [*vidfx, "-o", str(out / "v-fer")]
        found.append(Pair("fer's Video.analyze", theirs, ours, theirs))
    return found


def resnets(out: Path) -> list[Path]:
    """Two ResNet-18 for faces of 112 px, with random weights: what they say is not asked.

    They are as sure of it as trained ones mostly are, since vidfx reads again where one is not.
    """
    import torch  # noqa: PLC0415 - not in the processes that are measured

    from vidfx_training.checkpoint import Checkpoint  # noqa: PLC0415
    from vidfx_training.networks.classifier import build  # noqa: PLC0415
    from vidfx_training.onnx_export.export import export  # noqa: PLC0415
    from vidfx_training.recipe import named_recipe  # noqa: PLC0415

    made: list[Path] = []
    labels = {"recognition": ("other", "target"), "emotion": ("angry", "happy", "neutral", "sad")}
    for task, names in labels.items():
        torch.manual_seed(0)
        recipe = named_recipe(f"{task}-resnet18-scratch").resized(112)
        recipe = replace(recipe, name=f"random-{task}")
        tensors = build(recipe, len(names)).state_dict()
        tensors["head.bias"][0] += SURE
        spec = export(Checkpoint(tensors, recipe, names, {}), out / "nets")
        made.append(out / "nets" / spec.weights)
    return made


def ours_in(folder: Path, clip: Path, frames: int) -> Frames:
    found: Frames = [[] for _ in range(frames)]
    with (folder / f"{clip.name}.faces.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            box = [float(row[name]) for name in ("x1_px", "y1_px", "x2_px", "y2_px")]
            found[int(row["frame"])].append(box)
    return found


def share(wanted: Frames, there: Frames) -> float:
    """Of the boxes ``wanted``, the share that ``there`` has at an IoU of one half or more."""
    total = sum(len(boxes) for boxes in wanted)
    hits = sum(
        any(iou(box, other) >= IOU for other in b)
        for a, b in zip(wanted, there, strict=True)
        for box in a
    )
    return hits / total if total else 1.0


def iou(a: Sequence[float], b: Sequence[float]) -> float:
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    both = width * height
    whole = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both
    return both / whole if whole > 0 else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks rivals")
    parser.add_argument("--faces", type=int, choices=[1, 6], default=6)
    parser.add_argument("--height", type=int, choices=[360, 720, 1080], default=720)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0, help="of deface's encoder")
    parser.add_argument("--no-deface", action="store_true", help="leave deface out")
    parser.add_argument("--scrfd", type=Path, metavar="ONNX", help="insightface's det_500m")
    parser.add_argument("--fer-python", type=Path, help="a Python that has fer 25.10")
    add_option(parser)
    args = parser.parse_args()
    facts, notes, rows = machine(), [], list[Row]()
    with tempfile.TemporaryDirectory(prefix="vidfx-bench-") as place:
        out = Path(place)
        clip = out / "clip.mp4"
        make_clip(clip, faces=args.faces, height=args.height, frames=args.frames)
        for pair in pairs(args, clip, out):
            print(f"{pair.name}: checking", file=sys.stderr)
            for line in {
                tuple(line): line for line in (pair.theirs, pair.boxes, pair.ours)
            }.values():
                run(pair.name, line, out)
            folder = Path(pair.boxes[pair.boxes.index(str(clip)) + 1])
            theirs: Frames = json.loads((folder / "boxes.json").read_text(encoding="utf-8"))
            ours = ours_in(Path(pair.ours[-1]), clip, len(theirs))
            notes.append(
                f"{pair.name}: {sum(map(len, theirs))} faces, of which vidfx has"
                f" {share(theirs, ours):.3f}; vidfx {sum(map(len, ours))}, of which it has"
                f" {share(ours, theirs):.3f} (IoU {IOU:g} or more)"
            )
            seconds: dict[str, list[float]] = {"ours": [], "theirs": []}
            for turn in range(args.turns):
                print(f"{pair.name}: turn {turn + 1} of {args.turns}", file=sys.stderr)
                seconds["theirs"].append(run(pair.name, pair.theirs, out).wall_s)
                seconds["ours"].append(run("vidfx", pair.ours, out).wall_s)
            frames = len(theirs)
            rows += [
                Row(pair.name, "frames/s", tuple(frames / s for s in seconds["theirs"])),
                Row(f"vidfx beside {pair.name}", "frames/s",
                    tuple(frames / s for s in seconds["ours"])),
                Row(f"vidfx / {pair.name}", "ratio",
                    tuple(ratios(seconds["ours"], seconds["theirs"]))),
            ]  # fmt: skip
    about = f"{args.height}p, {args.frames} frames, faces a frame: {args.faces}. Start-up included."
    show("rivals", about, rows, facts, args.save, notes)


if __name__ == "__main__":
    main()
