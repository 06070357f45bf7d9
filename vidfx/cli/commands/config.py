"""`vidfx config`: the settings as they are here, and where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from vidfx.cli.guard import errors_in_one_line
from vidfx.cli.help import TERMINAL
from vidfx.cli.options import AsJson, Debug
from vidfx.notation import count_or_auto

if TYPE_CHECKING:
    from vidfx.setting import Setting

NAME, VALUE = 18, 30
"""Widths of columns."""


def config(
    template: Annotated[
        bool,
        typer.Option(
            "--template",
            help="Print a vidfx.toml with all settings that it may have, as comments.",
            rich_help_panel=TERMINAL,
        ),
    ] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Print the settings that annotate has in this folder, and where each comes from.

    \b
    vidfx config                            values, from vidfx.toml and VIDFX_ variables
    vidfx config --template > vidfx.toml    a file to begin with
    """
    with errors_in_one_line(debug):
        from dataclasses import asdict

        from vidfx.cli.console.results import write_object
        from vidfx.cli.console.tables import write_line
        from vidfx.load_settings import settings_and_places

        if template:
            for line in _template():
                write_line(line)
            return
        settings, places = settings_and_places({})
        values: dict[str, Any] = asdict(settings)
        if as_json:
            origin = {name: places.get(name, "default") for name in values}
            write_object({"schema": "vidfx.config/1", "settings": values, "from": origin})
            return
        for name, value in values.items():
            write_line(f"{name:<{NAME}}  {_text(name, value):<{VALUE}}  {places.get(name, '')}")


def _template() -> list[str]:
    """The lines of a settings file that changes nothing."""
    from vidfx.config import SETTINGS
    from vidfx.load_settings import TABLE

    lines = ["# Settings of `vidfx annotate` in this folder. The command line has priority.", ""]
    lines += [f"[{TABLE}]"]
    for setting in SETTINGS.values():
        if setting.option.decides != "run":
            value = "..." if setting.default is None else _toml(setting)
            lines += ["", f"# {setting.help()}", f"# {setting.name} = {value}"]
    return lines


def _text(name: str, value: Any) -> str:
    """A value for people; a default that says little in words."""
    from vidfx.config import SETTINGS

    setting = SETTINGS[name]
    if value == setting.default and setting.option.default:
        return setting.option.default
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ", ".join(map(str, cast("tuple[Any, ...]", value))) or "nothing"
    return "not set" if value is None else str(value)


def _toml(setting: Setting) -> str:
    """The default as it is written in TOML."""
    value = setting.default
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[]"
    if setting.option.read is count_or_auto and not value:
        return '"auto"'
    return str(value) if isinstance(value, int | float) else f'"{value}"'
