"""What --help prints: groups, examples and whole sentences."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.vidfx_command import vidfx
from vidfx.cli.help import ORDER
from vidfx.config import SETTINGS


def test_options_are_listed_in_groups() -> None:
    text = vidfx("annotate", "--help").stdout
    headings = re.findall(r"(?m)^(\S.*):$", text)
    assert headings == [name for name in ORDER if name in headings]
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
    assert headings == ["Results", "Models", "This machine"]
    assert len(entries) > 15 and "..." not in commands
    assert all(entry.endswith(".") for entry in entries)


def test_the_version_has_a_short_option() -> None:
    assert vidfx("-V").stdout == vidfx("--version").stdout != ""


def test_the_package_can_be_run() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "vidfx", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("vidfx ")
