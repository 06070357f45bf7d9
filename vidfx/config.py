"""Settings of a run: defaults < ``vidfx.toml`` < ``VIDFX_*`` < command line. Frozen once made."""

from __future__ import annotations

import math
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, cast, get_args

from vidfx.errors import UsageError
from vidfx.small_file import read_text

Reader = Literal["auto", "decord", "pyav", "decord-cuda", "nvcodec", "pyav-cuda"]
EncoderName = Literal["auto", "x264", "nvenc"]
Executor = Literal["local", "ray"]
Seconds = float
SETTINGS_FILE = "vidfx.toml"
TABLE = "annotate"
MAX_SECONDS = 1e9
OF_A_RUN = frozenset(
    {"overwrite", "threads", "reader", "jobs", "stall_timeout", "grace", "max_memory"}
    | {"executor", "address", "segments"}
)
"""Settings of how a run goes, not of what comes of it. A settings file may lie in a stranger's
folder of videos: there these may not stand."""
OF_A_MACHINE = frozenset({"device", "backend"})
"""Settings whose results differ by rounding only."""
OF_FILES = frozenset({"detector", "recognition", "emotion", "messages"})
"""Settings that name files: what these hold decides the results, not how they are named."""
OF_A_VIDEO = frozenset({"crf", "preset", "encoder"})
"""Settings that decide nothing where no video is written."""
MOST_BITS = 64
"""Of a whole number; Python refuses to print very long ones."""


@dataclass(frozen=True)
class Settings:
    """What `vidfx annotate` can be told; each name is a flag, a key and a VIDFX_ variable."""

    detector: str = "embedded"
    "embedded, centerface, an ONNX file (SCRFD, YuNet, CenterFace), or an insightface pack"
    detector_size: int = 640
    "long side, in pixels, of the picture that the detector sees"
    detector_threshold: float | None = None
    "least score of a face; None is the detector's customary one"
    every: int = 0
    "look for faces on every Nth frame; 0 goes by time, five looks a second"
    recognition: str = "none"
    "an identity engine, or none"
    emotion: str = "embedded"
    "an expression engine, embedded, or none"
    device: str = "auto"
    "auto, cpu, cuda or cuda:N"
    backend: str = "auto"
    "auto, openvino, onnxruntime, tensorrt or tensorrt-rtx"
    reader: Reader = "auto"
    "auto, decord or pyav; on a GPU also decord-cuda, nvcodec and pyav-cuda"
    video: bool = True
    "write the annotated video"
    messages: str = "default"
    "default, none, or a TOML or JSON file of texts by expression"
    start: Seconds | None = None
    "playback time in seconds from which frames are read"
    end: Seconds | None = None
    "playback time in seconds before which frames are read"
    crf: int = 23
    "quality of the video, 0 (lossless) to 51; 18 to 28 is usual"
    preset: str = "veryfast"
    "x264's preset: speed against size"
    encoder: EncoderName = "auto"
    "auto, x264 or nvenc"
    threads: int = 0
    "threads of the engines and of the encoder, 0: as many as there are cores"
    overwrite: bool = False
    "write over results of other settings"
    jobs: int = 0
    "videos at once, each in a process of its own; 0: as many as this machine does best"
    segments: int = 1
    "of each video, worked on side by side; 0: as many as pay for a long one on this machine"
    stall_timeout: Seconds = 300.0
    "a video that makes no progress for so long is ended"
    grace: Seconds = 5.0
    "after SIGTERM, so long for the videos that are being worked on to end"
    executor: Executor = "local"
    "local, worker processes of this machine, or ray, actors of a cluster"
    address: str = "auto"
    "of the Ray cluster, as `ray start` names it; auto finds it"
    max_memory: float = 0.0
    "GB for all processes together; 0: four fifths of what there is"

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, str) and not value.strip():
                raise _SettingError(f"{field.name} is empty", field.name, hint="give it a value")
        self._within("detector_size", 64, 4096)
        self._within("detector_threshold", 0.05, 1.0)
        self._within("every", 0, 100)
        self._within("crf", 0, 51)
        self._within("threads", 0, 1024)
        self._within("jobs", 0, 1024)
        self._within("segments", 0, 256)
        self._within("stall_timeout", 1, MAX_SECONDS)
        self._within("grace", 0, MAX_SECONDS)
        self._within("max_memory", 0, 1e6)
        self._within("start", 0, MAX_SECONDS)
        self._within("end", 0, MAX_SECONDS)
        self._one_of("reader", get_args(Reader))
        self._one_of("preset", PRESETS)
        self._one_of("executor", get_args(Executor))
        self._one_of("encoder", get_args(EncoderName))
        if self.end is not None and self.end <= (self.start or 0.0):
            raise _SettingError(
                f"end {self.end:g} s is not after start {self.start or 0:g} s",
                *("start", "end"),
                hint="give playback times with start before end",
            )

    def _within(self, name: str, low: float, high: float) -> None:
        value = getattr(self, name)
        if value is not None and not low <= value <= high:  # nan is not within anything
            raise _SettingError(
                f"{name} is {value}, which is out of range", name, hint=f"use {low:g} to {high:g}"
            )

    def _one_of(self, name: str, choices: tuple[str, ...]) -> None:
        value = getattr(self, name)
        if value not in choices:
            raise _SettingError(
                f"{name} {shown(value)} is not known",
                name,
                hint=f"choose from {', '.join(choices)}",
            )

    def about_results(self) -> dict[str, Any]:
        """The settings that decide what the results are, but for models and messages themselves."""
        left_out = OF_A_RUN | OF_A_MACHINE | OF_FILES
        if not self.video:
            left_out |= OF_A_VIDEO
        decisive = {k: v for k, v in asdict(self).items() if k not in left_out}
        return decisive | {"start": self.start or None}


PRESETS = (
    *("ultrafast", "superfast", "veryfast", "faster", "fast"),
    *("medium", "slow", "slower", "veryslow"),
)


class _SettingError(UsageError):
    """A wrong value, or values that contradict each other, of the settings ``names``."""

    def __init__(self, message: str, *names: str, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.names = names


def load_settings(
    flags: Mapping[str, Any],
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Merge the four sources; ``flags`` holds only what the user typed.

    Raises UsageError, naming the file, variable or flag, where a name or a value is wrong.
    """
    file = (folder or Path.cwd()) / SETTINGS_FILE
    given = list(_read_file(file))
    environment = os.environ if environment is None else environment
    types = {f.name: str(f.type) for f in fields(Settings)}
    variables = {name: f"VIDFX_{name.upper()}" for name in types}
    given += [(n, environment[v], v) for n, v in variables.items() if environment.get(v)]
    given += [(n, value, f"--{n.replace('_', '-')}") for n, value in flags.items()]

    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for name, value, origin in given:
        if name not in types:
            raise UsageError(
                f"{origin}: {shown(name)} is not a setting", hint=f"known: {', '.join(types)}"
            )
        kind = types[name].removesuffix(" | None")
        auto = name in ("jobs", "segments") and value == "auto"
        values[name] = _convert(0 if auto else value, kind, f"{origin}: {name}")
        origins[name] = origin
    try:
        return Settings(**values)
    except _SettingError as error:
        where = dict.fromkeys(origins[name] for name in error.names if name in origins)
        raise UsageError(f"{', '.join(where)}: {error}", hint=error.hint) from error


def _read_file(file: Path) -> Iterator[tuple[str, Any, str]]:
    """Name, value and origin of each setting in ``file``."""
    try:
        content = tomllib.loads(read_text(file))
    except FileNotFoundError:
        if file.is_symlink():
            raise UsageError(f"{file}: a link to nothing", hint="mend or remove the file") from None
        return
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(f"{file}: {reason}", hint="mend or remove the file") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file}: {error}", hint="mend or remove the file") from error
    for name, table in content.items():
        if name != TABLE or not isinstance(table, dict):
            raise UsageError(
                f"{file}: {shown(name)} is not a table of settings",
                hint=f"write the settings below a line [{TABLE}]",
            )
        for setting, value in cast("dict[str, Any]", table).items():
            if setting in OF_A_RUN:
                raise UsageError(
                    f"{file}: {setting} is not read from a file, only what decides the results is",
                    hint=f"use --{setting.replace('_', '-')} or VIDFX_{setting.upper()}",
                )
            yield setting, value, str(file)


def shown(value: Any) -> str:
    """``value`` in a message, whatever its size."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits, deep nesting
        return "(a value too long to print)"
    return text if len(text) <= 80 else f"{text[:80]}..."


def _convert(value: Any, kind: str, what: str) -> Any:
    """``value``, as a file, a variable or a flag has it, in the type of its setting."""
    if kind == "Seconds":
        return seconds(value, what)
    try:
        if kind == "bool":
            return {"1": True, "true": True, "0": False, "false": False}[str(value).lower()]
        if kind == "int" and isinstance(value, str | int) and not isinstance(value, bool):
            return _whole(int(value))
        if kind == "float" and isinstance(value, str | int | float) and not isinstance(value, bool):
            return float(value)
        if kind in ("str", "Reader", "EncoderName", "Executor") and isinstance(value, str):
            return value
    except (ValueError, KeyError, OverflowError):
        pass
    names = {"bool": "true or false", "int": "a whole number", "float": "a number"}
    raise UsageError(
        f"{what} {shown(value)} is not {names.get(kind, 'a text')}", hint="mend the value"
    )


def _whole(number: int) -> int:
    if number.bit_length() > MOST_BITS:
        raise ValueError
    return number


_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{1,2}(?:\.\d+)?)")


def seconds(value: Any, what: str) -> Seconds:
    """A playback time: ``90``, ``1:30`` or ``0:01:30.5``. Raises UsageError."""
    try:
        text = str(value).strip()  # a time in TOML, start = 00:01:30, becomes a clock too
        if match := _CLOCK.fullmatch(text):
            hours, minutes, rest = match.groups()
            time = int(hours or 0) * 3600 + int(minutes) * 60 + float(rest)
        else:
            time = float(text)
    except (ValueError, OverflowError):
        time = math.nan
    if not math.isfinite(time) or time < 0:
        raise UsageError(
            f"{what} {shown(value)} is not a time",
            hint="write seconds (90.5) or [HH:]MM:SS (1:30.5)",
        )
    return time
