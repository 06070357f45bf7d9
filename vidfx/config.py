"""The settings of a run, in one table: type, default, range, help and what each of them decides.

Options, environment variables, keys of ``vidfx.toml`` and the tables in the docs are made of it.
"""

from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any, Literal, get_type_hints

from msgspec import Meta

from vidfx.notation import count_or_auto, seconds
from vidfx.result_settings import ResultSettings
from vidfx.setting import MAX_SECONDS, Name, Option, Seconds, Setting, SettingError
from vidfx_engines.validation import convert

Reader = Literal["auto", "decord", "pyav", "decord-cuda", "nvcodec", "pyav-cuda"]
Executor = Literal["local", "ray"]
_OF_HIDING = ("hide", "how", "hold", "verify")


@dataclass(frozen=True)
class Settings(ResultSettings):
    """What `vidfx annotate` is asked to do. Raises SettingError for a value out of range."""

    device: Annotated[
        Name,
        Option(
            "Where engines run: auto, cpu, cuda or cuda:N.",
            "`auto` is what `vidfx bench` measured as faster here; the rule: [gpu.md](gpu.md).",
            decides="rounding",
            group="Speed",
        ),
    ] = "auto"
    backend: Annotated[
        Name,
        Option(
            "What runs engines: auto, openvino, onnxruntime, torch, tensorrt or tensorrt-rtx.",
            decides="rounding",
            group="Speed",
        ),
    ] = "auto"
    reader: Annotated[
        Reader,
        Option(
            "What decodes videos: auto, decord or pyav; on a GPU also decord-cuda, nvcodec and "
            "pyav-cuda.",
            "`auto` reports its choice and the reason.",
            decides="run",
            group="Speed",
        ),
    ] = "auto"
    threads: Annotated[
        int,
        Meta(ge=0, le=1024),
        Option(
            "Threads of engines and encoder.",
            default="auto, all cores",
            decides="run",
            read=count_or_auto,
            group="Speed",
        ),
    ] = 0
    jobs: Annotated[
        int,
        Meta(ge=0, le=1024),
        Option(
            "Videos processed in parallel, each in a worker process: auto or a number.",
            "`auto` is one per core, or per decoder of the GPUs that the engines run on, as memory "
            "allows.",
            default="auto",
            decides="run",
            read=count_or_auto,
            group="Speed",
        ),
    ] = 0
    segments: Annotated[
        int,
        Meta(ge=0, le=256),
        Option(
            "Parts of each video that are processed in parallel: auto or a number.",
            "`auto` divides a long video if there are more cores than videos; the rows stay the "
            "same ([scale.md](scale.md)).",
            default="auto",
            decides="run",
            read=count_or_auto,
            group="Speed",
        ),
    ] = 0
    report: Annotated[
        bool,
        Option(
            "Update the report of the folder, report/index.html, or not.",
            "See [report.md](report.md).",
            decides="run",
            group="What to write",
        ),
    ] = True
    stall_timeout: Annotated[
        float,
        Meta(ge=1, le=MAX_SECONDS),
        Option(
            "Seconds without progress after which a video is stopped.",
            "This applies also to a worker process that loads the engines.",
            decides="run",
            read=seconds,
            group="Machine",
        ),
    ] = 300.0
    grace: Annotated[
        Seconds,
        Option(
            "Seconds that running videos have to finish after SIGTERM.",
            decides="run",
            read=seconds,
            group="Machine",
        ),
    ] = 5.0
    max_memory: Annotated[
        float,
        Meta(ge=0, le=1e6),
        Option(
            "GB for all worker processes together.",
            "If they use more, the largest process is stopped.",
            default="0, which is 80 % of the free memory",
            decides="run",
            group="Machine",
        ),
    ] = 0.0
    executor: Annotated[
        Executor,
        Option(
            "What runs the jobs: local, or ray, the nodes of a Ray cluster.",
            "See [scale.md](scale.md).",
            decides="run",
            group="Machine",
        ),
    ] = "local"
    address: Annotated[
        Name,
        Option("Address of the Ray cluster: auto or HOST:PORT.", decides="run", group="Machine"),
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
        if not self.hide:  # these decide nothing then
            values = {n: v for n, v in values.items() if n not in _OF_HIDING}
        return values | {"start": self.start or None}


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
