"""``python -m vidfx.cli.reference`` prints docs/commands.md, made of the commands' own help."""

from __future__ import annotations

import sys
from typing import Any, cast

import typer
import typer.main

from vidfx.cli.app import app
from vidfx.cli.description import every_command, settings_of
from vidfx.config import SETTINGS

HEAD = """# Commands

Made by `make docs` from the commands' own help. `vidfx annotate` is explained in
[annotate.md](annotate.md), training in [training.md](training.md).
"""
_MORE = {name: setting.option.more for name, setting in SETTINGS.items()}
"""What only the docs say of a setting."""


def reference() -> str:
    """Markdown: a section a command, a row an option."""
    root = cast("Any", typer.main.get_command(app))
    return HEAD + "".join(_section(f"vidfx {n}", c) for n, c in sorted(every_command(root)))


def _section(name: str, command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    metavars = [p.metavar or p.name.upper() for p in arguments]
    rows = [(f"`{m}`", p.help or "") for m, p in zip(metavars, arguments, strict=True)]
    more = _MORE if settings_of(command).keys() == SETTINGS.keys() else {}
    for option in _options(command):
        names, meaning = _row(option)
        rows.append((names, f"{meaning} {more.get(option.name, '')}"))
    text = "\n\n".join(map(_paragraph, (command.help or "").split("\n\n")))
    return f"\n## `{' '.join([name, *metavars])}`\n\n{text}\n\n{_table(('', ''), rows)}"


def _paragraph(text: str) -> str:
    """A paragraph of help; one of examples, whose lines stay lines, as a block of code."""
    if text.startswith("\b\n"):
        return f"```\n{text[2:]}\n```"
    return " ".join(text.split())


def _options(command: Any) -> list[Any]:
    return [p for p in command.params if p.param_type_name == "option"]


def _row(option: Any) -> tuple[str, str]:
    """The names of an option, and its help with its default."""
    names = ", ".join(f"`{n}`" for n in (*option.opts, *option.secondary_opts))
    text, default = option.help or "", option.default
    if isinstance(default, str | int | float) and not isinstance(default, bool):
        text += f" Default: {default}."
    return names, text


def _table(head: tuple[str, str], rows: list[tuple[str, str]]) -> str:
    cells = [(left, " ".join(right.replace("|", "\\|").split())) for left, right in rows]
    lines = [f"| {left} | {right} |" for left, right in (head, ("---", "---"), *cells)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(reference())
