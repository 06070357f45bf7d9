"""A setting of a run: its type, default and range, what users read about it, what it decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin

from msgspec import Meta

from vidfx.errors import UsageError
from vidfx.notation import count_or_auto
from vidfx_engines.validation import plain_type

PREFIX = "VIDFX_"
"of the environment variables that are settings"
MAX_SECONDS = 1e9
Name = Annotated[str, Meta(pattern=r"\S", description="a text that is not empty")]
Seconds = Annotated[float, Meta(ge=0, le=MAX_SECONDS)]
Group = Literal["Input", "What to find", "What to write", "Privacy", "Speed", "Machine"]
Decides = Literal["results", "rounding", "files", "video", "run"]
"""What a setting decides: results, only their rounding, which files are used (whose content decides
results), the annotated video, or how the run goes. That is not read from a settings file, which may
be someone else's."""


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
    group: Group = "What to find"
    "its heading in --help"


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
        return f"{PREFIX}{self.name.upper()}"

    @property
    def choices(self) -> tuple[str, ...]:
        """The texts that it may be; none if it may be any."""
        kind = plain_type(self.kind)
        return get_args(kind) if get_origin(kind) is Literal else ()

    @property
    def limits(self) -> dict[str, float]:
        """The limits of a number: ``min`` or ``above``, and ``max``, where it has them."""
        found: dict[str, float] = {}
        for one in (m for m in _metadata(self.kind) if isinstance(m, Meta)):
            for name, value in (("min", one.ge), ("above", one.gt), ("max", one.le)):
                if value is not None:
                    found.setdefault(name, value)
        if self.option.read is count_or_auto:
            found["min"] = 1
        return found

    def help(self, default: str = "") -> str:
        """Its help and its default, in words where there are any."""
        default = default or self.option.default
        if not default and not isinstance(self.default, bool | None):
            default = f"{self.default:g}" if isinstance(self.default, float) else self.default
        return f"{self.option.help} Default: {default}." if default else self.option.help


def _metadata(kind: Any) -> list[Any]:
    """All that `Annotated` says anywhere in a type."""
    own: list[Any] = list(getattr(kind, "__metadata__", ()))
    if own:
        return [*own, *_metadata(kind.__origin__)]
    return [found for part in get_args(kind) for found in _metadata(part)]
