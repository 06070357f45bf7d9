"""``python -m benchmarks NAME ...`` runs one of them; without a name they are listed."""

from __future__ import annotations

import runpy
import sys

NAMES = {
    "pipeline": "annotate beside ffmpeg and deface, on one clip",
    "rivals": "annotate beside deface, fer and a loop with insightface",
    "decode": "the readers beside ffmpeg",
    "encode": "the sink beside ffmpeg",
    "detect": "detectors, by backend, precision and batch",
    "engines": "every precision and backend of some models",
    "jobs": "several videos at once beside one at a time",
    "growth": "what a frame costs, by length, faces, pixels and outputs, stage by stage",
    "extremes": "very many, very long, very large, very crowded",
    "detector": "how right a detector is, beside its teacher",
    "startup": "before there is anything to see",
    "recall": "what is lost by looking at every Nth frame",
    "training": "train beside the usual torchvision loop",
    "study": "train and evaluate every variant that can be had here",
    "results": "docs/results.md from what the study left",
    "compare": "two saved runs: what got slower",
    "clips": "make clips of known content",
}


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in NAMES:
        lines = [f"  {name:<10}{what}" for name, what in NAMES.items()]
        raise SystemExit("\n".join(["usage: python -m benchmarks NAME [OPTIONS]", *lines]))
    name = sys.argv.pop(1)
    runpy.run_module(f"benchmarks.{name}", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
