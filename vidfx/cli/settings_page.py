"""``python -m vidfx.cli.settings_page`` prints docs/settings.md, made of the table of settings."""

from __future__ import annotations

import sys
from typing import get_args, get_origin

from vidfx.config import SETTINGS
from vidfx.load_settings import SETTINGS_FILE, TABLE
from vidfx.notation import count_or_auto, seconds
from vidfx.setting import Decides, Group, Setting
from vidfx_engines.validation import plain_type

_HEAD = f"""# Settings

Made by `python -m vidfx.cli.settings_page > docs/settings.md`; the source is the table of settings
in `vidfx/config.py`.

A setting has one name in four places. The last one that gives it a value counts:

1. its default,
2. the key of that name below `[{TABLE}]` in `{SETTINGS_FILE}`, in the current folder,
3. the environment variable,
4. the option on the command line.

`vidfx config` prints the values that a run in this folder would have, and where each comes from;
`vidfx config --template` prints a `{SETTINGS_FILE}` to begin with. What each setting does:
[commands.md](commands.md).

**Decides** says what a setting changes. A finished video is refused if a setting that decides
`results` or `video` has another value than before, or if a model or text that decides has another
content; `--overwrite` annotates it again. A setting that decides only how the `run` goes cannot be
set in the file, which may come from someone else.
"""
UNBOUNDED = 1e6
"""A limit that is there only so that numbers stay finite."""
_MEANINGS: dict[Decides, str] = {
    "results": "the rows, and so everything made of them",
    "files": "which models and texts are used; their content decides",
    "video": "the annotated video",
    "rounding": "the last digits of the rows",
    "run": "only how the run goes",
}


def markdown() -> str:
    """The page, as Markdown."""
    text = f"{_HEAD}\n| decides | what |\n| --- | --- |\n"
    text += "".join(f"| {name} | {what} |\n" for name, what in _MEANINGS.items())
    for group in get_args(Group):
        text += f"\n## {group}\n\n| option | variable | values | default | decides |\n"
        text += "| --- | --- | --- | --- | --- |\n"
        rows = (s for s in SETTINGS.values() if s.option.group == group)
        text += "".join(map(_row, rows))
    return text


def _row(setting: Setting) -> str:
    cells = (
        f"`{setting.flag}`",
        f"`{setting.variable}`",
        _values(setting),
        setting.option.default or _default(setting.default),
        setting.option.decides,
    )
    return f"| {' | '.join(cells)} |\n"


def _default(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else "" if value is None else f"{value}"


def _values(setting: Setting) -> str:
    """The values that it may have, in words."""
    plain, read = plain_type(setting.kind), setting.option.read
    if setting.choices:
        return ", ".join(f"`{value}`" for value in setting.choices)
    if plain is bool:
        return "`true`, `false`"
    if read is count_or_auto:
        return f"`auto`, a whole number{_range(setting)}"
    if plain in (int, float):
        times = ", or [HH:]MM:SS[.mmm]" if read is seconds else ""
        return ("whole number" if plain is int else "number") + _range(setting) + times
    return "texts" if get_origin(plain) is tuple else "text"


def _range(setting: Setting) -> str:
    """The limits of a number, in words; empty without any."""
    limits = setting.limits
    if "above" in limits:
        return f", above {limits['above']:g}, at most {limits['max']:g}"
    if "min" not in limits:
        return ""
    least, most = limits["min"], limits["max"]
    return f", {least:g} or more" if most >= UNBOUNDED else f", {least:g} to {most:g}"


if __name__ == "__main__":
    sys.stdout.write(markdown())
