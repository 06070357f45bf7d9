"""The docs that are made of the commands' own help.

``python -m vidfx.cli.reference`` prints docs/commands.md, every command and option;
``python -m vidfx.cli.reference README.md`` writes the options of annotate into the README.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import typer
import typer.main

from vidfx.cli.app import app
from vidfx.config import SETTINGS

HEAD = """# Commands

Made by `make docs` from the commands' own help. `vidfx annotate` is explained in the README,
training in [training.md](training.md).
"""
BEGIN, END = "<!-- options: made by `make docs` -->\n", "<!-- end of options -->\n"


def reference() -> str:
    """Markdown: a section a command, a row an option."""
    root = cast("Any", typer.main.get_command(app))
    return HEAD + "".join(_section(name, command) for name, command in _commands(root, "vidfx"))


def with_options(readme: str) -> str:
    """The README with the table of annotate's options, between its two comments."""
    command = cast("Any", typer.main.get_command(app)).commands["annotate"]
    more = {name: setting.option.more for name, setting in SETTINGS.items()}
    rows = [
        (names, f"{meaning} {more.get(option.name, '')}")
        for option in _options(command)
        for names, meaning in [_row(option)]
    ]
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + _table(("option", "meaning"), rows) + END + after


def _commands(group: Any, name: str) -> Iterator[tuple[str, Any]]:
    for child in sorted(group.commands):
        command = group.commands[child]
        if hasattr(command, "commands"):
            yield from _commands(command, f"{name} {child}")
        else:
            yield f"{name} {child}", command


def _section(name: str, command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    metavars = [p.metavar or p.name.upper() for p in arguments]
    rows = [(f"`{m}`", p.help or "") for m, p in zip(metavars, arguments, strict=True)]
    rows += [_row(option) for option in _options(command)]
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
    for name in sys.argv[1:]:
        page = Path(name)
        page.write_text(with_options(page.read_text(encoding="utf-8")), encoding="utf-8")
    if not sys.argv[1:]:
        sys.stdout.write(reference())
