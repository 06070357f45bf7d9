"""``python -m benchmarks launches``: what the path of frames asks of a GPU, counted on the CPU.

1080p with six faces a frame, detected five times a second. A decoder gives surfaces of a few canned
pictures, batch by batch, or planes on the host; engines give canned answers. Their networks are not
counted, all else is, from a batch in the middle of the video to the next one. See ``device_work``
for what is a launch and what is a wait.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from benchmarks.annotate import host
from benchmarks.measure import table
from benchmarks.parts.device_work import DeviceWork, counted
from vidfx.annotation.models import WEAK, Models
from vidfx.annotation.observer import Observer
from vidfx.annotation.stage_timer import StageTimer
from vidfx.config import Settings
from vidfx.schema import DEFAULT_EMOTIONS
from vidfx.stages.detect import Detector
from vidfx.types import Frame, Surface
from vidfx_engines.backends.device_engine import DeviceEngine, RunsOn
from vidfx_engines.backends.fake import FakeEngine
from vidfx_engines.device import CPU

BATCH = 64
FACES = 6
PICTURES = 4
BATCHES = (1, 2)
"""What is asked between the observations of these two is counted: the pipeline is full then."""
AHEAD = 6
"""Batches that are begun before one is observed, at most."""
MAX_BETWEEN = 31
"""Frames between two detections, as the pipeline has it for 1080p."""


@dataclass
class Counts:
    """What some batches ask of the device."""

    launches: Counter[str]
    waits: Counter[str]
    shapes: dict[str, set[tuple[int, ...]]]
    "given to each network, from the beginning of the video"
    faces: int

    @property
    def launches_per_frame(self) -> float:
        return self.launches.total() / (BATCH * (BATCHES[1] - BATCHES[0]))

    @property
    def waits_per_batch(self) -> float:
        return self.waits.total() / (BATCHES[1] - BATCHES[0])


def counts(*, identity: bool = False, planes: bool = False, on_host: bool = False) -> Counts:
    """``planes``: a video is written. ``on_host``: the frames are decoded on the CPU."""
    shapes: dict[str, set[tuple[int, ...]]] = {}
    frames = (BATCHES[1] + AHEAD) * BATCH
    with counted() as work:
        engines = [host.detector(FACES), host.classifier("emotion", DEFAULT_EMOTIONS, 112)]
        if identity:
            engines.append(host.classifier("identity", host.NAMES, 112))
        ready = {e.spec.task: _on_device(e, e.spec.task, work, shapes) for e in engines}
        checker = _on_device(host.detector(FACES), "check", work, shapes)
        models = Models(
            Detector(ready["detection"], threshold=WEAK * host.THRESHOLD, long_side=640),
            host.THRESHOLD,
            ready.get("identity"),
            ready["emotion"],
            selections=(),
            tensors_on=CPU,
            checker=Detector(checker, threshold=WEAK * host.THRESHOLD, long_side=640),
        )
        settings = Settings(video=planes)
        observer = Observer(host.info(), settings, models, StageTimer(), max_between=MAX_BETWEEN)
        decoded = _on_host(frames) if on_host else _surfaces(frames, planes)
        launches, waits, faces = Counter[str](), Counter[str](), 0
        for observed in observer(observer.analyzer.retain(decoded)):
            first = observed.frames[0].frame.index
            if first == BATCHES[0] * BATCH:
                launches, waits, faces = Counter(work.launches), Counter(work.waits), 0
            elif first == BATCHES[1] * BATCH:
                return Counts(work.launches - launches, work.waits - waits, shapes, faces)
            faces += len(observed.faces.track)
    raise AssertionError("the video is too short")


def _on_device(
    engine: FakeEngine, name: str, work: DeviceWork, shapes: dict[str, set[tuple[int, ...]]]
) -> DeviceEngine:
    network = _Network(engine, work, shapes.setdefault(name, set()))
    where = RunsOn("fake", "none", CPU, torch.device("cpu"), "f32")
    return DeviceEngine(engine.spec, network, where)


class _Network:
    """See device_engine.Network; keeps the shapes of its batches."""

    output_sides = ()

    def __init__(self, engine: FakeEngine, work: DeviceWork, shapes: set[tuple[int, ...]]) -> None:
        self._engine, self._work, self._shapes = engine, work, shapes

    def __call__(self, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        self._shapes.add(tuple(pixels.shape))
        with self._work.paused():
            outputs = self._engine.run(pixels.permute(0, 2, 3, 1).numpy())
            return tuple(torch.as_tensor(output) for output in outputs)


def _on_host(count: int) -> Iterator[Frame]:
    return host.reader(host.pictures()[:PICTURES], count)


def _surfaces(count: int, planes: bool) -> Iterator[Frame]:
    """Frames as PyNvVideoCodec gives them."""
    nv12 = [_nv12(picture) for picture in host.pictures()[:PICTURES]]
    for frame in host.reader(nv12, count):
        assert frame.planes is not None
        last = frame.index % BATCH == BATCH - 1 or frame.index == count - 1
        surface = Surface(
            frame.planes[: host.HEIGHT], frame.planes[host.HEIGHT :], None, planes, is_last=last
        )
        yield Frame(frame.index, frame.pts, np.empty((0, 0, 3), np.uint8), None, surface)


def _nv12(i420: np.ndarray) -> np.ndarray:
    apart = i420[host.HEIGHT :].reshape(2, -1)
    return np.concatenate([i420[: host.HEIGHT], apart.T.reshape(-1, host.WIDTH)])


def main() -> None:
    argparse.ArgumentParser(prog="python -m benchmarks launches").parse_args()
    torch.set_num_threads(1)
    cases = {
        "decoded on the GPU": counts(),
        "and a video is written": counts(planes=True),
        "and identities": counts(identity=True),
        "decoded on the CPU": counts(on_host=True),
    }
    head = ["1080p, six faces", "launches a frame", f"waits in {BATCH} frames", "shapes an engine"]
    rows = [
        [
            name,
            f"{made.launches_per_frame:.2f}",
            f"{made.waits_per_batch:g}",
            str(max(len(shapes) for shapes in made.shapes.values())),
        ]
        for name, made in cases.items()
    ]
    print(table(head, rows))
    print("\nLaunches of the first row, in a batch:")
    for name, n in cases["decoded on the GPU"].launches.most_common():
        print(f"  {name:<14}{n / (BATCHES[1] - BATCHES[0]):6.1f}")


if __name__ == "__main__":
    main()
