"""The help of commands: options in groups, and whole sentences in lists of commands."""

from __future__ import annotations

from typing import Any, get_args

from typer.core import TyperCommand, TyperGroup

from vidfx.setting import Group

TERMINAL = "What is printed"
ORDER = ("Arguments", "Options", *get_args(Group), TERMINAL)


class GroupedCommand(TyperCommand):
    """Lists its options by their ``rich_help_panel``."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        groups: dict[str, list[tuple[str, str]]] = {name: [] for name in ORDER}
        for parameter in self.get_params(ctx):
            if record := parameter.get_help_record(ctx):
                groups[_group(parameter)].append(record)
        for name, records in groups.items():
            if records:
                with formatter.section(name):
                    formatter.write_dl(records)


class SentenceGroup(TyperGroup):
    """Lists each command with the first sentence of its help, whole."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        rows = [(name, _first_sentence(self.commands[name].help)) for name in self.commands]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _group(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return "Arguments"
    return TERMINAL if parameter.name == "help" else parameter.rich_help_panel or "Options"


def _first_sentence(text: str | None) -> str:
    paragraph = " ".join((text or "").partition("\n\n")[0].split())
    return paragraph.partition(". ")[0].removesuffix(".") + "."
