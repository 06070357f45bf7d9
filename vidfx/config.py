"""Settings of a run: defaults < ``vidfx.toml`` < ``VIDFX_*`` < command line. Frozen once made."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from vidfx.errors import UsageError

Reader = Literal["auto", "decord", "pyav"]
SETTINGS_FILE = "vidfx.toml"
NOT_ABOUT_RESULTS = frozenset({"overwrite", "threads", "reader"})
"""Settings that may differ between two runs that are the same work."""


@dataclass(frozen=True)
class Settings:
    """What `vidfx annotate` can be told; each name is a flag, a key and a VIDFX_ variable."""

    detector: str = "centerface"
    "centerface, an ONNX file (SCRFD, YuNet, CenterFace), or an insightface pack (buffalo_s, ...)"
    detector_size: int = 640
    "long side, in pixels, of the picture that the detector sees"
    detector_threshold: float | None = None
    "least score of a face; None is the detector's customary one"
    every: int = 1
    "look for faces on every Nth frame"
    recognition: str = "none"
    "an identity engine, or none"
    emotion: str = "embedded"
    "an expression engine, embedded, or none"
    device: str = "auto"
    "auto, cpu, cuda or cuda:N"
    backend: str = "auto"
    "auto, openvino or onnxruntime"
    reader: Reader = "auto"
    "auto, decord or pyav"
    video: bool = True
    "write the annotated video"
    messages: str = "default"
    "default, none, or a TOML or JSON file of texts by expression"
    start: float | None = None
    "playback time in seconds from which frames are read"
    end: float | None = None
    "playback time in seconds before which frames are read"
    crf: int = 23
    "quality of the video, 0 (lossless) to 51; 18 to 28 is usual"
    preset: str = "veryfast"
    "x264's preset: speed against size"
    threads: int = 0
    "threads of the engines and of the encoder, 0: as many as there are cores"
    overwrite: bool = False
    "write over results of other settings"

    def __post_init__(self) -> None:
        self._within("detector_size", 64, 4096)
        self._within("every", 1, 100)
        self._within("crf", 0, 51)
        self._within("threads", 0, 1024)
        self._one_of("reader", get_args(Reader))
        self._one_of("preset", PRESETS)
        if self.detector_threshold is not None:
            self._within("detector_threshold", 0.05, 1.0)
        if self.start is not None:
            self._within("start", 0, float("inf"))
        if self.end is not None and self.end <= (self.start or 0.0):
            raise UsageError(
                f"end {self.end:g} s is not after start {self.start or 0:g} s",
                hint="give playback times with start before end",
            )

    def _within(self, name: str, low: float, high: float) -> None:
        value = getattr(self, name)
        if not low <= value <= high:
            raise UsageError(
                f"{name} is {value:g}, which is out of range", hint=f"use {low:g} to {high:g}"
            )

    def _one_of(self, name: str, choices: tuple[str, ...]) -> None:
        value = getattr(self, name)
        if value not in choices:
            raise UsageError(
                f"{name} {value!r} is not known", hint=f"choose from {', '.join(choices)}"
            )

    def about_results(self) -> dict[str, Any]:
        """The settings that decide what the results are."""
        return {k: v for k, v in asdict(self).items() if k not in NOT_ABOUT_RESULTS}


PRESETS = (
    *("ultrafast", "superfast", "veryfast", "faster", "fast"),
    *("medium", "slow", "slower", "veryslow"),
)


def load_settings(
    flags: Mapping[str, Any],
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Merge the four sources; ``flags`` holds only what the user typed.

    Raises UsageError, naming the file or variable, where a name or a value is wrong.
    """
    file = (folder or Path.cwd()) / SETTINGS_FILE
    settings = Settings()
    if file.is_file():
        settings = _merged(settings, _read_file(file), str(file))
    environment = os.environ if environment is None else environment
    for field in fields(Settings):
        name = f"VIDFX_{field.name.upper()}"
        if environment.get(name, "") != "":
            settings = _merged(settings, {field.name: environment[name]}, name)
    return replace(settings, **dict(flags))


def _read_file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8")).get("annotate", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file}: {error}", hint="mend or remove the file") from error


def _merged(settings: Settings, values: Mapping[str, Any], origin: str) -> Settings:
    types = {f.name: str(f.type) for f in fields(Settings)}
    changes: dict[str, Any] = {}
    for name, value in values.items():
        if name not in types:
            raise UsageError(
                f"{origin}: {name!r} is not a setting", hint=f"known: {', '.join(types)}"
            )
        changes[name] = _convert(value, types[name], f"{origin}: {name}")
    try:
        return replace(settings, **changes)
    except UsageError as error:
        raise UsageError(f"{origin}: {error}", hint=error.hint) from error


def _convert(value: Any, kind: str, origin: str) -> Any:
    try:
        if kind.startswith("bool"):
            if isinstance(value, bool):
                return value
            return {"1": True, "true": True, "0": False, "false": False}[str(value).lower()]
        if kind.startswith("int") and not isinstance(value, bool):
            return int(value)
        if kind.startswith("float") and not isinstance(value, bool):
            return float(value)
        if kind.startswith(("str", "Reader")) and isinstance(value, str):
            return value
    except (ValueError, KeyError):
        pass
    raise UsageError(f"{origin}: {value!r} is not a {kind.split(' ', 1)[0]}", hint="mend the value")
