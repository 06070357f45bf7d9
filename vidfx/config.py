"""The settings of a run, in one table: type, default, range, help and what each of them decides.

Options, environment variables, keys of ``vidfx.toml`` and the tables in the docs are made of it.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any, Literal, get_type_hints

from msgspec import Meta

from vidfx.errors import UsageError
from vidfx.notation import count_or_auto, seconds
from vidfx_engines.validation import convert

Reader = Literal["auto", "decord", "pyav", "decord-cuda", "nvcodec", "pyav-cuda"]
EncoderName = Literal["auto", "x264", "nvenc"]
Preset = Literal[
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"
]  # fmt: skip
Executor = Literal["local", "ray"]
MAX_SECONDS = 1e9
Name = Annotated[str, Meta(pattern=r"\S", description="a text that is not empty")]
Seconds = Annotated[float, Meta(ge=0, le=MAX_SECONDS)]

Decides = Literal["results", "rounding", "files", "video", "run"]
"""What a setting decides: results, only their rounding, which files are used (whose content decides
results), the annotated video, or how the run goes. That is not read from a settings file, which may
be a stranger's."""


@dataclass(frozen=True)
class Option:
    """What users read about a setting, and what it decides."""

    help: str
    "one sentence for --help"
    more: str = ""
    "Markdown for the README"
    default: str = ""
    "in words, where the value itself says little"
    decides: Decides = "results"
    read: Callable[[Any], Any] | None = None
    "from a notation of its own to a number; raises ValueError"


@dataclass(frozen=True)
class Settings:
    """What `vidfx annotate` is asked to do. Raises SettingError for a value out of range."""

    detector: Annotated[
        Name,
        Option(
            "Face detector: embedded, centerface, an ONNX file (SCRFD, YuNet, CenterFace) or an "
            "insightface pack such as buffalo_s.",
            "`embedded` is our own. `centerface`, its teacher, takes three times the work and is "
            "better at crowds of small faces. insightface downloads its packs; their licence is "
            "non-commercial.",
            decides="files",
        ),
    ] = "embedded"
    detector_size: Annotated[
        int,
        Meta(ge=64, le=4096),
        Option(
            "Long side in pixels of the picture that the detector sees.",
            "A larger one finds smaller faces; the time grows with its square.",
        ),
    ] = 640
    detector_threshold: Annotated[
        Annotated[float, Meta(ge=0.05, le=1)] | None,
        Option(
            "Least score of a face.",
            "A track is shown if a score reaches 0.75 once, if the mean of three scores reaches "
            "0.65, if it is detected 25 times at this score, or if it is on every frame of a shot "
            "shorter than that.",
            default="the detector's own, 0.5 for those built in",
        ),
    ] = None
    every: Annotated[
        int,
        Meta(ge=0, le=100),
        Option(
            "Detect faces on every Nth frame; positions between are filled from both sides.",
            "Frames at cuts are detected on too. The default goes by time, whatever frame rate "
            "the header claims: the first frame in each fifth of a second. `--every 1` detects on "
            "all frames.",
            default="5 frames a second",
        ),
    ] = 0
    recognition: Annotated[
        Name,
        Option("Identity ENGINE (a file or the folder of a training) or none.", decides="files"),
    ] = "none"
    emotion: Annotated[
        Name,
        Option(
            "Expression ENGINE (a file or the folder of a training), embedded or none.",
            decides="files",
        ),
    ] = "embedded"
    messages: Annotated[
        Name,
        Option(
            "Texts by expression: default, none, or a TOML or JSON FILE.",
            'A line of it: `happy = "Keep smiling!!"`.',
            decides="files",
        ),
    ] = "default"
    device: Annotated[
        Name,
        Option(
            "Where engines run: auto, cpu, cuda or cuda:N.",
            "`auto` takes a GPU if something there can run the models, else the CPU.",
            decides="rounding",
        ),
    ] = "auto"
    backend: Annotated[
        Name,
        Option(
            "What runs engines: auto, openvino, onnxruntime, tensorrt or tensorrt-rtx.",
            decides="rounding",
        ),
    ] = "auto"
    reader: Annotated[
        Reader,
        Option(
            "What decodes videos: auto, decord or pyav; on a GPU also decord-cuda, nvcodec and "
            "pyav-cuda.",
            "`auto` reports its choice and the reason.",
            decides="run",
        ),
    ] = "auto"
    start: Annotated[
        Seconds | None,
        Option("Begin at this playback time: seconds or [HH:]MM:SS[.mmm].", read=seconds),
    ] = None
    end: Annotated[
        Seconds | None,
        Option("End before this playback time: seconds or [HH:]MM:SS[.mmm].", read=seconds),
    ] = None
    video: Annotated[bool, Option("Write the annotated video or not.")] = True
    crf: Annotated[
        int,
        Meta(ge=0, le=51),
        Option(
            "Quality of the video, from 0 (lossless) to 51; 18 to 28 is usual.", decides="video"
        ),
    ] = 23
    preset: Annotated[
        Preset,
        Option("x264 preset, from ultrafast to veryslow: speed against size.", decides="video"),
    ] = "veryfast"
    encoder: Annotated[
        EncoderName,
        Option(
            "What encodes the video: auto, x264 or nvenc.",
            "`auto` takes NVENC if the engines run on a GPU that has it.",
            decides="video",
        ),
    ] = "auto"
    threads: Annotated[
        int,
        Meta(ge=0, le=1024),
        Option("Threads of the engines and of the encoder.", default="all cores", decides="run"),
    ] = 0
    overwrite: Annotated[bool, Option("Write over results of other settings.", decides="run")] = (
        False
    )
    jobs: Annotated[
        int,
        Meta(ge=0, le=1024),
        Option(
            "Videos at once, each in a process of its own: auto or a number.",
            "`auto` is one for each core, or for each GPU that engines run on, as memory allows.",
            default="auto",
            decides="run",
            read=count_or_auto,
        ),
    ] = 0
    segments: Annotated[
        int,
        Meta(ge=0, le=256),
        Option(
            "Parts of each video that are worked on side by side: auto or a number.",
            "For a long video on many cores; the rows stay the same "
            "([docs/scale.md](docs/scale.md)).",
            decides="run",
            read=count_or_auto,
        ),
    ] = 1
    stall_timeout: Annotated[
        float,
        Meta(ge=1, le=MAX_SECONDS),
        Option(
            "Seconds without progress after which a video is ended.",
            "A process that loads the engines is ended likewise.",
            decides="run",
            read=seconds,
        ),
    ] = 300.0
    grace: Annotated[
        Seconds,
        Option(
            "Seconds after SIGTERM in which running videos may be finished.",
            decides="run",
            read=seconds,
        ),
    ] = 5.0
    max_memory: Annotated[
        float,
        Meta(ge=0, le=1e6),
        Option(
            "GB for all processes together.",
            "The largest process is ended first.",
            default="four fifths of what is free",
            decides="run",
        ),
    ] = 0.0
    executor: Annotated[
        Executor,
        Option(
            "What runs the jobs: local, or ray, the nodes of a Ray cluster.",
            "See [docs/scale.md](docs/scale.md).",
            decides="run",
        ),
    ] = "local"
    address: Annotated[
        Name, Option("Address of the Ray cluster: auto or HOST:PORT.", decides="run")
    ] = "auto"

    def __post_init__(self) -> None:
        for name, setting in SETTINGS.items():
            try:
                convert(getattr(self, name), setting.kind)
            except ValueError as error:
                raise SettingError(str(error), name) from error
        start = self.start or 0.0
        if self.end is not None and self.end <= start:
            raise SettingError(
                f"the end, {self.end:g} s, is not after the start, {start:g} s", "start", "end"
            )

    def about_results(self) -> dict[str, Any]:
        """The settings that decide what the results are, except those that name files."""
        decisive = {"results", "video"} if self.video else {"results"}
        values = {n: v for n, v in asdict(self).items() if SETTINGS[n].option.decides in decisive}
        return values | {"start": self.start or None}


class SettingError(UsageError):
    """A wrong value, or values that contradict each other, of the settings ``names``."""

    def __init__(self, problem: str, *names: str) -> None:
        super().__init__(f"{', '.join(names)}: {problem}", hint="correct the value")
        self.problem = problem
        self.names = names


@dataclass(frozen=True)
class Setting:
    """A row of the table."""

    name: str
    kind: Any
    "its annotated type"
    option: Option
    default: Any

    @property
    def flag(self) -> str:
        return f"--{self.name.replace('_', '-')}"

    @property
    def variable(self) -> str:
        return f"VIDFX_{self.name.upper()}"

    @property
    def help(self) -> str:
        """Its help and its default."""
        default = self.option.default
        if not default and not isinstance(self.default, bool | None):
            default = f"{self.default:g}" if isinstance(self.default, float) else self.default
        return f"{self.option.help} Default: {default}." if default else self.option.help


def _table() -> dict[str, Setting]:
    kinds = get_type_hints(Settings, include_extras=True)
    options = {
        name: next(m for m in kind.__metadata__ if isinstance(m, Option))
        for name, kind in kinds.items()
    }
    return {
        f.name: Setting(f.name, kinds[f.name], options[f.name], f.default) for f in fields(Settings)
    }


SETTINGS = _table()
