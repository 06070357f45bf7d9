"""What is measured, in which order, and what it is compared with."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from benchmarks.measure import table

NVDEC, NVDEC_4 = "NVDEC alone", "NVDEC alone, four streams"
ONE, EIGHT, CPU = "one file, CSVs only", "eight files, CSVs only", "one file, CSVs only, on the CPU"
FIRST_ROW = "command to first row"
VIDEO, CPU_VIDEO = "one file with video", "one file with video, on the CPU"
ONNXRUNTIME = "one file, graphs on ONNX Runtime"
DECODE, TRANSCODE = "PyAV decoding alone, on the CPU", "ffmpeg's transcode, on the CPU"
FIRST_ROW_ONNXRUNTIME = "command to first row, graphs on ONNX Runtime"


class Tools(Protocol):
    """What measures; frames a second, or seconds. Each raises Missing where something is not here.

    The clips are 1080p with six faces.
    """

    def nvdec(self, streams: int) -> float:
        """Frames a second of all streams."""
        ...

    def annotate(self, *options: str) -> float:
        """Frames a second of one file, without the start of the process."""
        ...

    def annotate_eight(self) -> float:
        """Frames a second of eight files, from the command to its end."""
        ...

    def decode(self) -> float:
        """Frames a second of the CPU's decoder alone."""
        ...

    def transcode(self) -> float:
        """Frames a second of FFmpeg, with x264 on all cores."""
        ...

    def first_row(self, *options: str) -> float:
        """Seconds that a command takes for a clip of one second."""
        ...


class Missing(Exception):
    """A figure cannot be had here; the text says why."""


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    name: str
    unit: str
    value: float | None
    compared_with: str = ""
    ratio: float | None = None
    target: float | None = None
    "of the ratio; of the value where nothing is compared"
    met: bool | None = None
    why_not: str = ""
    "why there is no value"


@dataclass(frozen=True)
class _Comparison:
    reference: str = ""
    target: float | None = None


PLAN: Mapping[str, Callable[[Tools], float]] = {
    NVDEC: lambda tools: tools.nvdec(1),
    ONE: lambda tools: tools.annotate("--device", "cuda", "--no-video"),
    FIRST_ROW: lambda tools: tools.first_row("--device", "cuda"),
    NVDEC_4: lambda tools: tools.nvdec(4),
    EIGHT: lambda tools: tools.annotate_eight(),
    CPU: lambda tools: tools.annotate("--device", "cpu", "--no-video"),
    DECODE: lambda tools: tools.decode(),
    VIDEO: lambda tools: tools.annotate("--device", "cuda"),
    CPU_VIDEO: lambda tools: tools.annotate("--device", "cpu"),
    TRANSCODE: lambda tools: tools.transcode(),
    ONNXRUNTIME: lambda tools: tools.annotate(
        "--device", "cuda", "--no-video", "--backend", "onnxruntime"
    ),
    FIRST_ROW_ONNXRUNTIME: lambda tools: tools.first_row(
        "--device", "cuda", "--backend", "onnxruntime"
    ),
}
"""In the order of their importance: the last ones are left out when the time is over."""
COMPARED: Mapping[str, tuple[_Comparison, ...]] = {
    ONE: (_Comparison(NVDEC, 0.85), _Comparison(CPU, 3.0), _Comparison(ONNXRUNTIME)),
    EIGHT: (_Comparison(NVDEC_4, 0.8),),
    FIRST_ROW: (_Comparison(target=4.0),),
    CPU: (_Comparison(DECODE, 0.4),),
    VIDEO: (_Comparison(CPU_VIDEO),),
    CPU_VIDEO: (_Comparison(TRANSCODE, 0.6),),
}
IN_SECONDS = (FIRST_ROW, FIRST_ROW_ONNXRUNTIME)


def measure(
    tools: Tools, budget_s: float, clock: Callable[[], float] = time.monotonic
) -> Iterator[tuple[str, float | str]]:
    """Every figure of PLAN with its name, as soon as it is there: its value, or why there is none.

    After ``budget_s`` seconds no further one is begun.
    """
    ends = clock() + budget_s
    for name, take in PLAN.items():
        if clock() >= ends:
            yield name, f"not measured: the {budget_s:.0f} s are over"
            continue
        try:
            value = take(tools)
        except Missing as error:
            yield name, f"not measured: {error}"
        except Exception as error:  # noqa: BLE001 - the other figures are still worth having
            yield name, f"not measured: {type(error).__name__}: {error}"
        else:
            yield name, value


def unit_of(name: str) -> str:
    return "s" if name in IN_SECONDS else "frames/s"


def lines(found: Mapping[str, float | str]) -> list[Line]:
    """The table: each figure, with each of its comparisons."""
    made: list[Line] = []
    for name, value in found.items():
        unit = unit_of(name)
        if isinstance(value, str):
            made.append(Line(name, unit, None, why_not=value))
            continue
        for comparison in COMPARED.get(name, (_Comparison(),)):
            made.append(_line(name, unit, value, comparison, found))
    return made


def _line(
    name: str, unit: str, value: float, comparison: _Comparison, found: Mapping[str, float | str]
) -> Line:
    target, reference = comparison.target, found.get(comparison.reference)
    if not comparison.reference:
        return Line(name, unit, value, target=target, met=target and value <= target)
    ratio = value / reference if isinstance(reference, float) else None
    met = None if ratio is None or target is None else ratio >= target
    return Line(name, unit, value, comparison.reference, ratio, target, met)


def as_table(made: Sequence[Line]) -> str:
    def number(value: float | None) -> str:
        return "" if value is None else f"{value:.4g}"

    rows = [
        [
            line.name,
            number(line.value) or line.why_not,
            line.unit,
            line.compared_with,
            number(line.ratio),
            number(line.target),
            {None: "", True: "yes", False: "no"}[line.met],
        ]
        for line in made
    ]
    return table(["", "measured", "unit", "compared with", "ratio", "target", "met"], rows)


def as_json(made: Sequence[Line], machine: Mapping[str, str], rows: str) -> str:
    """``rows`` says whether those of the GPU are those of the CPU."""
    content = {"schema": "vidfx.benchmarks.gpu/1", "machine": dict(machine), "rows": rows}
    return json.dumps({**content, "lines": [asdict(line) for line in made]}, indent=1)
