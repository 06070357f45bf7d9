"""``python -m vidfx.cli.reference``: every command and option, as docs/commands.md has them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, cast

import typer
import typer.main

from vidfx.cli.app import app

HEAD = """# Commands

Made by `make docs` from the commands' own help. `vidfx annotate` is explained in the README,
training in [training.md](training.md).
"""


def reference() -> str:
    """Markdown: a section a command, a row an option."""
    root = cast("Any", typer.main.get_command(app))
    return HEAD + "".join(_section(name, command) for name, command in _commands(root, "vidfx"))


def _commands(group: Any, name: str) -> Iterator[tuple[str, Any]]:
    for child in sorted(group.commands):
        command = group.commands[child]
        if hasattr(command, "commands"):
            yield from _commands(command, f"{name} {child}")
        else:
            yield f"{name} {child}", command


def _section(name: str, command: Any) -> str:
    context = typer.Context(command, info_name=name)
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option"]
    metavars = [p.metavar or p.name.upper() for p in arguments]
    rows = [(f"`{m}`", p.help or "") for m, p in zip(metavars, arguments, strict=True)]
    rows += [_row(p, context) for p in options]
    lines = [f"| {left} | {' '.join(right.split())} |" for left, right in rows]
    table = "\n".join(["| | |", "| --- | --- |", *lines])
    text = " ".join((command.help or "").split())
    return f"\n## `{' '.join([name, *metavars])}`\n\n{text}\n\n{table}\n"


def _row(option: Any, context: typer.Context) -> tuple[str, str]:
    names = ", ".join(f"`{n}`" for n in (*option.opts, *option.secondary_opts))
    told = option.help or ""
    default = option.get_default(context)
    if isinstance(default, str | int | float) and not isinstance(default, bool) and default != "":
        told += f" Default: {default}." if "default" not in told else ""
    return names, told.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(reference())
