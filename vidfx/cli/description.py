"""What `vidfx describe --json` prints: what a program has to know of vidfx."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, cast

import typer.main

from vidfx import schema
from vidfx.cli.app import app
from vidfx.config import SETTINGS
from vidfx.errors import EXIT_CODES
from vidfx.load_settings import SETTINGS_FILE, TABLE
from vidfx.notation import count_or_auto, seconds
from vidfx.output.origin import versions
from vidfx.schema.files import FILES
from vidfx.schema.summaries import VIDEO
from vidfx.setting import Setting
from vidfx_engines.validation import plain_type

SCHEMA = "vidfx.describe/1"
TYPES = {
    "flag": "given or not; takes no value",
    "text": "any text",
    "path": "a file or folder of this machine",
    "choice": "one of `choices`",
    "integer": "a whole number; `min` and `max` are allowed, `above` is not",
    "number": "a number, within limits as a whole one",
    "count": "auto, or a whole number above 0",
    "time": "seconds, or [HH:]MM:SS[.mmm]",
}
"""Of arguments, options and settings."""
_NAMES_OF_TYPER = {"str": "text", "int": "integer", "float": "number", "boolean": "flag"}


def description() -> dict[str, Any]:
    """The document. Texts of help and meanings are Markdown."""
    root = cast("Any", typer.main.get_command(app))
    return {
        "schema": SCHEMA,
        "versions": versions(),
        "types": TYPES,
        "exit_codes": {str(code): meaning for code, meaning in EXIT_CODES.items()},
        "options": [_parameter(p, {}) for p in root.params],
        "commands": [_command(name, command) for name, command in every_command(root)],
        "settings": {
            "file": SETTINGS_FILE,
            "table": TABLE,
            "list": [_full_setting(setting) for setting in SETTINGS.values()],
        },
        "tables": [
            {"name": file.name, "row": file.row, "columns": [*map(_column, file.columns)]}
            for file in FILES
        ],
        "expressions": schema.DEFAULT_EMOTIONS,
        "summary": {"schema": schema.SUMMARY_SCHEMA, "fields": [f._asdict() for f in VIDEO]},
    }


def every_command(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Each command of a group and of the groups in it, with its name below `vidfx`."""
    for child in group.commands:
        command, name = group.commands[child], f"{before}{child}"
        if hasattr(command, "commands"):
            yield from every_command(command, f"{name} ")
        else:
            yield name, command


def settings_of(command: Any) -> dict[str, str]:
    """The settings that a command takes, with their defaults in words where it has its own."""
    return getattr(command.callback, "settings", {})


def _command(name: str, command: Any) -> dict[str, Any]:
    settings = settings_of(command)
    kinds: dict[str, list[Any]] = {"argument": [], "option": []}
    for parameter in command.params:
        kinds[parameter.param_type_name].append(_parameter(parameter, settings))
    return {
        "name": name,
        "help": (command.help or "").replace("\b\n", ""),
        "arguments": kinds["argument"],
        "options": kinds["option"],
    }


def _parameter(parameter: Any, settings: dict[str, str]) -> dict[str, Any]:
    """An argument or option; ``settings`` are those of its command."""
    is_option = parameter.param_type_name == "option"
    names = {"names": parameter.opts, "off": parameter.secondary_opts} if is_option else {}
    about = {
        **names,
        "placeholder": None if _kind(parameter) == "flag" else _placeholder(parameter),
        "required": parameter.required,
        "repeatable": parameter.nargs == -1 or getattr(parameter, "multiple", False),
    }
    if parameter.name not in settings:
        return about | _own(parameter)
    setting, words = SETTINGS[parameter.name], settings[parameter.name]
    found = about | {"setting": setting.name} | _setting(setting)
    return found | {"default": None, "default_means": words} if words else found


def _placeholder(parameter: Any) -> str:
    """What stands for the value in help."""
    choices = getattr(parameter.type, "choices", ())
    return parameter.metavar or "|".join(choices) or parameter.name.upper()


def _own(parameter: Any) -> dict[str, Any]:
    """What a command itself says of an option that is no setting."""
    kind, found = parameter.type, parameter.default
    limits = {"min": getattr(kind, "min", None), "max": getattr(kind, "max", None)}
    return {
        "type": _kind(parameter),
        "choices": [*getattr(kind, "choices", ())],
        **{name: value for name, value in limits.items() if value is not None},
        "default": found if isinstance(found, str | int | float | None) else str(found),
        "help": " ".join((parameter.help or "").split()),
    }


def _kind(parameter: Any) -> str:
    name: str = parameter.type.name.removesuffix(" range")
    return _NAMES_OF_TYPER.get(name, name)


def _full_setting(setting: Setting) -> dict[str, Any]:
    option = setting.option
    return {
        "name": setting.name,
        "option": setting.flag,
        "group": option.group,
        "decides": option.decides,
        "in_file": option.decides != "run",
        **_setting(setting),
    }


def _setting(setting: Setting) -> dict[str, Any]:
    default = setting.default
    if setting.option.read is count_or_auto:
        default = default or "auto"
    return {
        "type": _kind_of_setting(setting),
        "choices": setting.choices,
        **setting.limits,
        "default": default,
        **({"default_means": setting.option.default} if setting.option.default else {}),
        "variable": setting.variable,
        "help": setting.option.help,
    }


def _kind_of_setting(setting: Setting) -> str:
    if setting.choices:
        return "choice"
    notations: dict[object, str] = {count_or_auto: "count", seconds: "time"}
    plain = {bool: "flag", int: "integer", float: "number"}.get(plain_type(setting.kind), "text")
    return notations.get(setting.option.read, plain)


def _column(column: schema.Column) -> dict[str, str]:
    return asdict(column) | {"type": column.type}
