"""``python -m benchmarks NAME ...`` runs one benchmark; without a name they are listed."""

from __future__ import annotations

import runpy
import sys

BENCHMARKS = {
    "pipeline": ("annotate.pipeline", "annotate, compared with ffmpeg and deface, on one clip"),
    "rivals": (
        "annotate.rivals",
        "annotate, compared with deface, fer and a loop with insightface",
    ),
    "jobs": ("annotate.jobs", "several videos at once, compared with one at a time"),
    "cores": ("annotate.cores", "one video on all cores, compared with decoding and transcoding"),
    "render": ("annotate.render", "finished videos drawn again, compared with annotate and ffmpeg"),
    "growth": ("annotate.growth", "time per frame by length, faces, pixels and outputs, per stage"),
    "extremes": ("annotate.extremes", "very many, very long, very large and very crowded inputs"),
    "host": ("annotate.host", "what the host does for each frame, without decoder and engines"),
    "gpu": ("gpu.__main__", "a GPU, compared with its decoders and with the CPU beside it"),
    "startup": ("annotate.startup", "the time before the first frame"),
    "decode": ("parts.decode", "the readers, compared with ffmpeg"),
    "encode": ("parts.encode", "the encoder, compared with ffmpeg"),
    "engines": ("parts.engines", "every precision and backend of some models"),
    "launches": (
        "parts.launches",
        "what the path of frames asks of a GPU, counted on the CPU",
    ),
    "detect": ("detection.speed", "detectors by backend, precision and batch"),
    "detector": ("detection.accuracy", "the accuracy of a detector, compared with its teacher"),
    "detector_data": ("detection.training_data", "make the pictures that a detector is trained on"),
    "recall": ("detection.recall", "faces that are lost by detecting on every Nth frame"),
    "readings": ("annotate.readings", "labels that differ from those of reading every face"),
    "rooms": ("detection.rooms", "make scenes of many small and turned faces, for tracks"),
    "tracks": ("detection.tracks", "which of CenterFace's tracks the other detectors have"),
    "people": ("people.photographs", "people of a gallery named among strangers, on LFW"),
    "people_speed": ("people.speed", "people of 10,000 finished videos named and grouped"),
    "training": ("training.speed", "train, compared with the usual torchvision loop"),
    "study": ("training.study", "train and evaluate every variant that can be had here"),
    "results": ("training.results", "write docs/results.md from the runs of the study"),
    "expressions": ("training.expressions", "write docs/expressions.md from evaluations"),
    "tables": ("parts.tables", "the tables over many videos, from 10,000 summaries"),
    "report": ("parts.report", "the page of many videos, made and opened in Chromium"),
    "video_page": ("parts.video_page", "the page of one long video, made and opened in Chromium"),
    "compare": ("compare", "two saved runs: which figures changed"),
    "clips": ("clips", "make clips of known content"),
}
"""By name: the module and what it measures or makes."""


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in BENCHMARKS:
        lines = [f"  {name:<14}{what}" for name, (_, what) in BENCHMARKS.items()]
        raise SystemExit("\n".join(["usage: python -m benchmarks NAME [OPTIONS]", *lines]))
    module, _ = BENCHMARKS[sys.argv.pop(1)]
    runpy.run_module(f"benchmarks.{module}", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
