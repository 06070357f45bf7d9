"""Where settings come from: defaults < ``vidfx.toml`` < ``VIDFX_*`` < command line."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, cast, get_origin

from vidfx.config import SETTINGS, Settings
from vidfx.errors import UsageError
from vidfx.setting import PREFIX, Setting, SettingError
from vidfx_engines.errors import shown
from vidfx_engines.files import read_text
from vidfx_engines.offline import VARIABLE as OFFLINE
from vidfx_engines.validation import convert, plain_type

SETTINGS_FILE = "vidfx.toml"
TABLE = "annotate"
NOT_SETTINGS = {"VIDFX_TEST_DATA", OFFLINE}
"Variables with the prefix of settings that are for something else."
BOOLS = {"1": True, "true": True, "0": False, "false": False}
SettingSource = tuple[Setting, Any, str]
"A setting, its value as it is written, and the place where it is written."


def load_settings(
    flags: Mapping[str, Any],
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Merge the four sources; ``flags`` holds only what the user typed.

    Raises UsageError, naming the file, variable or flag, where a name or a value is wrong.
    """
    return settings_and_places(flags, folder=folder, environment=environment)[0]


def settings_and_places(
    flags: Mapping[str, Any],
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> tuple[Settings, dict[str, str]]:
    """See load_settings; also where each setting that is not a default comes from, by name."""
    environment = os.environ if environment is None else environment
    _check_variables(environment)
    given: list[SettingSource] = [
        *_of_file((folder or Path.cwd()) / SETTINGS_FILE),
        *(
            (s, environment[s.variable], s.variable)
            for s in SETTINGS.values()
            if environment.get(s.variable)
        ),
        *((SETTINGS[name], value, SETTINGS[name].flag) for name, value in flags.items()),
    ]
    values: dict[str, Any] = {}
    places: dict[str, str] = {}
    for setting, value, place in given:
        values[setting.name] = _value(value, setting, place)
        places[setting.name] = place
    return _checked(Settings(), values, places), places


def with_changes(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """``settings`` with other values by name, which may be written as on the command line.

    None leaves a setting as it is; a path or a single name may be given for a text or a list.
    Raises UsageError, naming the setting, where a name or a value is wrong.
    """
    values: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in SETTINGS:
            raise UsageError(
                f"{shown(name)} is not a setting", hint=f"known: {', '.join(SETTINGS)}"
            )
        if value is not None:
            values[name] = _value(_plain(value, SETTINGS[name]), SETTINGS[name], name)
    return _checked(settings, values, {name: name for name in SETTINGS})


def _plain(value: Any, setting: Setting) -> Any:
    """A value of Python as it would be in a file of settings."""
    if isinstance(value, os.PathLike):
        return os.fspath(cast("os.PathLike[str]", value))
    if get_origin(plain_type(setting.kind)) is tuple and isinstance(value, str):
        return [value]
    return value


def _value(value: Any, setting: Setting, place: str) -> Any:
    """Raises UsageError."""
    try:
        return _typed(value, setting)
    except ValueError as error:
        raise UsageError(f"{place}: {error}", hint="correct the value") from error


def _checked(settings: Settings, values: dict[str, Any], places: Mapping[str, str]) -> Settings:
    """``settings`` with these ``values``. Raises UsageError."""
    try:
        changed = replace(settings, **values)
    except SettingError as error:
        wrong = [places[name] for name in error.names if name in places]
        raise UsageError(f"{', '.join(wrong)}: {error.problem}", hint=error.hint) from error
    if changed.hide and not changed.video:
        raise UsageError(
            f"{places['hide']}: faces are hidden in the annotated video, and {places['video']} "
            "says that none is written",
            hint="leave one of them out",
        )
    return changed


def _check_variables(environment: Mapping[str, str]) -> None:
    """Raises UsageError for the first variable VIDFX_... that is no setting."""
    known = {setting.variable: name for name, setting in SETTINGS.items()}
    for variable in environment:
        if variable.startswith(PREFIX) and variable not in known and variable not in NOT_SETTINGS:
            name = variable.removeprefix(PREFIX).lower()
            raise UsageError(
                f"{variable}: {shown(name)} is not a setting", hint=f"known: {', '.join(SETTINGS)}"
            )


def _typed(value: Any, setting: Setting) -> Any:
    """The value in the setting's type; its range is checked when all sources are merged.

    Raises ValueError.
    """
    if setting.option.read:
        value = setting.option.read(value)
    kind = plain_type(setting.kind)
    if get_origin(kind) is Literal:
        kind = str
    if kind is bool:
        value = BOOLS.get((value if isinstance(value, str) else shown(value)).lower(), value)
    elif kind in (int, float) and isinstance(value, str):
        with suppress(ValueError):
            value = kind(value)
    return convert(value, kind)


def _of_file(file: Path) -> Iterator[SettingSource]:
    for name, table in _tables(file).items():
        if name != TABLE or not isinstance(table, dict):
            raise UsageError(
                f"{file}: {shown(name)} is not a table of settings",
                hint=f"write the settings below a line [{TABLE}]",
            )
        for key, value in cast("dict[str, Any]", table).items():
            setting = SETTINGS.get(key)
            if setting is None:
                raise UsageError(
                    f"{file}: {shown(key)} is not a setting", hint=f"known: {', '.join(SETTINGS)}"
                )
            if setting.option.decides == "run":
                raise UsageError(
                    f"{file}: {key} cannot be set in a file: only options that decide results",
                    hint=f"use {setting.flag} or {setting.variable}",
                )
            yield setting, value, f"{file}: {key}"


def _tables(file: Path) -> dict[str, Any]:
    hint = "correct or remove the file"
    try:
        return tomllib.loads(read_text(file))
    except FileNotFoundError as error:
        if file.is_symlink():
            raise UsageError(f"{file}: a link to a missing file", hint=hint) from error
        return {}
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}", hint=hint) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file}: {error}", hint=hint) from error
