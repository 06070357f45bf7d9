"""`vidfx describe`: the commands and files of vidfx, for programs."""

from __future__ import annotations

from vidfx.cli.guard import errors_in_one_line
from vidfx.cli.options import AsJson, Debug


def describe(as_json: AsJson = False, debug: Debug = False) -> None:
    """List all commands; with --json all that a program needs to know, from options to columns.

    \b
    vidfx describe             a line a command
    vidfx describe --json      options, settings, columns, exit codes, versions
    """
    with errors_in_one_line(debug):
        from vidfx.cli.console.results import write_object
        from vidfx.cli.console.tables import write_line
        from vidfx.cli.description import description

        found = description()
        if as_json:
            write_object(found)
            return
        for command in found["commands"]:
            words = [argument["placeholder"] for argument in command["arguments"]]
            for option in command["options"]:
                if option["required"]:
                    words += [option["names"][0], option["placeholder"]]
            write_line(" ".join(["vidfx", command["name"], *words]))
