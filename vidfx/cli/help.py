"""The help of commands: options and commands in groups."""

from __future__ import annotations

from typing import Any, get_args

from typer.core import TyperCommand, TyperGroup

TERMINAL = "What is printed"


def order() -> tuple[str, ...]:
    """The headings of options, in their order."""
    from vidfx.setting import Group  # only the help of a single command needs it

    return ("Arguments", "Options", *get_args(Group), TERMINAL)


class GroupedCommand(TyperCommand):
    """Lists its options by their ``rich_help_panel``."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        groups: dict[str, list[tuple[str, str]]] = {name: [] for name in order()}
        for parameter in self.get_params(ctx):
            if record := parameter.get_help_record(ctx):
                groups[_group(parameter)].append(record)
        for name, records in groups.items():
            if records:
                with formatter.section(name):
                    formatter.write_dl(records)


class SentenceGroup(TyperGroup):
    """Lists each command below its heading, with the whole first sentence of its help."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        width = max(map(len, self.commands))
        for heading, rows in self.sentences().items():
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(width), text) for name, text in rows])

    def sentences(self) -> dict[str, list[tuple[str, str]]]:
        """Name and first sentence of each command, by heading."""
        return {"Commands": [(n, first_sentence(c.help)) for n, c in self.commands.items()]}


def _group(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return "Arguments"
    return TERMINAL if parameter.name == "help" else parameter.rich_help_panel or "Options"


def first_sentence(text: str | None) -> str:
    """That of the help of a command."""
    paragraph = " ".join((text or "").partition("\n\n")[0].split())
    return paragraph.partition(". ")[0].removesuffix(".") + "."
