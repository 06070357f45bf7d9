"""Commands that are imported when they are used: --help of all imports none of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import typer
import typer.main

from vidfx.cli.help import GroupedCommand, SentenceGroup


@dataclass(frozen=True)
class Entry:
    """A command, as the list of all commands has it."""

    place: str
    "module in vidfx.cli.commands, and the name there of its function or Typer"
    sentence: str
    "the first one of its help"


class Commands(Mapping[str, Any]):
    """The commands of a group by name, each loaded when it is taken."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self._entries = entries

    def __getitem__(self, name: str) -> Any:
        return _loaded(self._entries[name].place, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def lazy_group(table: Mapping[str, Mapping[str, Entry]]) -> type[SentenceGroup]:
    """A group of the commands of ``table``: by heading, then by name."""
    entries = {name: entry for some in table.values() for name, entry in some.items()}

    class LazyGroup(SentenceGroup):
        def __init__(self, **attributes: Any) -> None:
            super().__init__(**attributes)
            self.commands: Any = Commands(entries)

        def list_commands(self, ctx: Any) -> list[str]:
            return [*entries]

        def sentences(self) -> dict[str, list[tuple[str, str]]]:
            return {
                heading: [(name, entry.sentence) for name, entry in some.items()]
                for heading, some in table.items()
            }

    return LazyGroup


@cache
def _loaded(place: str, name: str) -> Any:
    module, _, attribute = place.partition(":")
    found = getattr(import_module(f"vidfx.cli.commands.{module}"), attribute)
    if not isinstance(found, typer.Typer):
        single = typer.Typer(add_completion=False, rich_markup_mode=None)
        single.command(name, cls=GroupedCommand)(found)
        return typer.main.get_command(single)
    found.rich_markup_mode = None
    return typer.main.get_group(found)
