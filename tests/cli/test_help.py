"""What --help prints: groups, examples and whole sentences."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
import typer.main

from tests.vidfx_command import run_python, same_imports, vidfx
from vidfx.cli.app import COMMANDS, app
from vidfx.cli.help import first_sentence, order
from vidfx.config import SETTINGS


def test_options_are_listed_in_groups() -> None:
    text = vidfx("annotate", "--help").stdout
    headings = re.findall(r"(?m)^(\S.*):$", text)
    assert headings == [name for name in order() if name in headings]
    assert {"Input", "What to find", "What to write", "Speed", "Machine"} <= set(headings)
    assert all(setting.flag in text for setting in SETTINGS.values())


@pytest.mark.parametrize(
    "command",
    [
        "annotate",
        "status",
        "retry",
        "render",
        "report",
        "export",
        "tables",
        "clips",
        "sheets",
        "train",
        "evaluate",
        "build-engine",
        "bench",
    ],
)
def test_help_begins_with_examples(command: str) -> None:
    text = vidfx(command, "--help").stdout
    assert 0 < text.index(f"  vidfx {command} ") < text.index("Arguments:")


def test_the_list_of_commands_has_whole_sentences() -> None:
    text = vidfx("--help").stdout
    commands = text.partition("Videos:\n")[2]
    headings = re.findall(r"(?m)^(\S.*):$", commands)
    entries = re.split(r"\n  (?=\S)|\n\n\S.*\n", commands.strip())
    assert headings == ["Results", "People", "Models", "This machine"]
    assert len(entries) > 15 and "..." not in commands
    assert all(entry.endswith(".") for entry in entries)


def test_the_version_has_a_short_option() -> None:
    assert vidfx("-V").stdout == vidfx("--version").stdout != ""


def test_the_package_can_be_run() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "vidfx", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("vidfx ")


@pytest.mark.parametrize("name", [name for some in COMMANDS.values() for name in some])
def test_the_list_has_the_first_sentence_of_each_command(name: str) -> None:
    """They are written twice, so that --help need not import the commands."""
    group: Any = typer.main.get_command(app)
    (entry,) = (some[name] for some in COMMANDS.values() if name in some)
    assert first_sentence(group.commands[name].help) == entry.sentence


def test_help_imports_little() -> None:
    """What --help of all commands does in a few hundredths of a second."""
    done = run_python(
        "import sys\n"
        "sys.argv = ['vidfx', '--help']\n"
        "from vidfx.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*sorted(m for m in sys.modules if m.partition('.')[0] != 'typer'))"
    )
    modules = done.stdout.splitlines()[-1].split()
    assert "vidfx.cli.app" in modules
    heavy = {"msgspec", "numpy", "rich", "av", "cv2", "json", "asyncio", "vidfx.config"}
    assert heavy.isdisjoint(modules)
    assert len([m for m in modules if m.partition(".")[0].startswith("vidfx")]) < 16
    assert len(modules) < 170


@pytest.mark.parametrize(
    ("typed", "completed"),
    [("vidfx anno", "annotate"), ("vidfx annotate --detector-s", "--detector-size")],
)
def test_commands_and_options_are_completed(typed: str, completed: str) -> None:
    code = "import sys; sys.argv = ['vidfx']\nfrom vidfx.cli import main; main()"
    words = {"COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=same_imports() | words | {"_VIDFX_COMPLETE": "complete_bash"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [completed]
