"""Options that several commands have, and those that are made of the settings of a run."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import typer

from vidfx.cli.help import TERMINAL
from vidfx.config import SETTINGS
from vidfx.notation import count_or_auto
from vidfx.setting import Setting
from vidfx_engines.validation import plain_type

AsJson = Annotated[
    bool,
    typer.Option(
        "--json", help="Print one JSON object on stdout, at the end.", rich_help_panel=TERMINAL
    ),
]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Print nothing but errors.", rich_help_panel=TERMINAL),
]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        help="Print also which reader, engines and devices are used, and why.",
        rich_help_panel=TERMINAL,
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Print what would be done, and do nothing.",
        rich_help_panel=TERMINAL,
    ),
]
Debug = Annotated[bool, typer.Option("--debug", help="Print tracebacks.", rich_help_panel=TERMINAL)]
Progress = Annotated[
    Literal["auto", "bar", "text", "jsonl", "none"],
    typer.Option(
        help="How progress is shown on stderr: auto, bar, text, jsonl or none.",
        rich_help_panel=TERMINAL,
    ),
]
Places = Annotated[
    list[Path],
    typer.Argument(
        metavar="OUT|SUMMARY...",
        help="Output folders of `vidfx annotate`, with their subfolders, or single summaries.",
    ),
]
SourceFolder = Annotated[
    Path | None,
    typer.Option(
        "--source",
        metavar="DIR",
        help="Folder of the source videos, if they were moved without the results.",
    ),
]
SplitFile = Annotated[
    Path | None,
    typer.Option("--split", metavar="FILE", help="A split file. Default: split.json of the data."),
]
EngineName = Annotated[
    str | None, typer.Option("--name", help="Name of the engine. Default: the recipe's.")
]
LONGEST_METAVAR = 24
TypedSettings = dict[str, Any]
"The settings that were typed, by name."


def with_settings(*names: str, **defaults: str) -> Callable[[Callable[..., None]], Any]:
    """Give a command an option for each of these settings, or for all, in place of ``given``.

    The command gets those that were typed as ``given``. ``defaults`` describes defaults that are
    others in this command.
    """
    chosen = {name: SETTINGS[name] for name in names or SETTINGS}

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        def run(**values: Any) -> None:
            typed = {name: values.pop(name) for name in chosen}
            command(given={n: v for n, v in typed.items() if v not in (None, [])}, **values)

        options = [_option(setting, defaults.get(name, "")) for name, setting in chosen.items()]
        own = inspect.signature(command, eval_str=True)
        parameters: list[inspect.Parameter] = []
        for parameter in own.parameters.values():
            parameters += options if parameter.name == "given" else [parameter]
        keyword = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters]
        run.__signature__ = own.replace(parameters=keyword)  # pyright: ignore[reportFunctionMemberAccess]
        run.__annotations__ = {p.name: p.annotation for p in parameters}
        run.__name__, run.__doc__ = command.__name__, command.__doc__
        run.__dict__["settings"] = {name: defaults.get(name, "") for name in chosen}
        return run

    return decorated


def _option(setting: Setting, default: str) -> inspect.Parameter:
    kind = plain_type(setting.kind)
    typed: Any = kind if kind in (bool, int, float) and not setting.option.read else str
    if get_origin(kind) is tuple:
        typed = list[str]
    flag = setting.flag
    if kind is bool and setting.default is not False:
        flag += f"/--no-{setting.name.replace('_', '-')}"
    option = typer.Option(
        flag,
        help=setting.help(default),
        metavar=_metavar(setting),
        rich_help_panel=setting.option.group,
    )
    return inspect.Parameter(
        setting.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[typed | None, option],
    )


def _metavar(setting: Setting) -> str | None:
    """What is typed after the flag; None after one that takes nothing."""
    kind = plain_type(setting.kind)
    if kind is bool:
        return None
    if get_origin(kind) is tuple:
        return "WHO"
    if setting.option.read:
        return "auto|N" if setting.option.read is count_or_auto else "TIME"
    if get_origin(kind) is Literal and len(choices := "|".join(get_args(kind))) < LONGEST_METAVAR:
        return choices
    return {int: "N", float: "X"}.get(kind, "NAME")
