"""`vidfx describe`: all that programs need to know, compared with the commands themselves."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

import vidfx as package
from tests.vidfx_command import vidfx, vidfx_json
from vidfx import schema
from vidfx.cli.description import TYPES
from vidfx.config import SETTINGS, Settings
from vidfx.errors import EXIT_CODES, UsageError
from vidfx.load_settings import with_changes

COLUMNS = Path(__file__).parents[2] / "docs/columns.md"


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return vidfx_json("describe")


def names_in_help(*command: str) -> set[str]:
    """The options that `--help` lists, without itself."""
    lists = re.split(r"(?m)^[A-Z][\w ]*:$", vidfx(*command, "--help").stdout, maxsplit=1)[1]
    listed = re.findall(r"(?m)^  (-.*?)(?:  |$)", lists)
    return set(re.findall(r"--[\w-]+", " ".join(listed))) - {"--help"}


def commands_in_help(*group: str) -> set[str]:
    """The commands below a group, by the lists of `--help`."""
    text = vidfx(*group, "--help").stdout
    listed = text.partition("Videos:\n" if not group else "Commands:\n")[2]
    found: set[str] = set()
    for name in re.findall(r"(?m)^  ([a-z][\w-]*)", listed):
        found |= commands_in_help(*group, name) or {" ".join([*group, name])}
    return found


def test_it_has_every_command_and_every_option(described: dict[str, Any]) -> None:
    commands = {command["name"]: command for command in described["commands"]}
    assert commands.keys() == commands_in_help() and len(commands) > 30
    for name, command in commands.items():
        own = {n for o in command["options"] for n in (*o["names"], *o["off"])}
        assert {n for n in own if n.startswith("--")} == names_in_help(*name.split()), name
        assert command["help"] and all(o["help"] for o in command["options"])
        for about in (*command["options"], *command["arguments"]):
            assert about["type"] in TYPES and (about["type"] == "choice") == bool(about["choices"])
            assert (about["placeholder"] is None) == (about["type"] == "flag")
    assert {n for o in described["options"] for n in o["names"]} >= names_in_help()


def test_options_that_are_settings_say_so(described: dict[str, Any]) -> None:
    commands = {command["name"]: command for command in described["commands"]}
    of_annotate = {o["setting"]: o for o in commands["annotate"]["options"] if "setting" in o}
    assert of_annotate.keys() == SETTINGS.keys()
    every = of_annotate["every"]
    assert (every["type"], every["default"], every["min"]) == ("count", "auto", 1)
    assert every["variable"] == "VIDFX_EVERY" and every["default_means"] == "auto, 5 times a second"
    assert of_annotate["video"]["off"] == ["--no-video"]
    assert of_annotate["hide"]["repeatable"] and not of_annotate["crf"]["repeatable"]
    assert of_annotate["read"]["choices"] == ["auto", "every"]
    sizes = [o for o in commands["dataset extract"]["options"] if "--detector-size" in o["names"]]
    assert [(o["setting"], o["default"]) for o in sizes] == [("detector_size", None)]
    own = [o for o in commands["people identify"]["options"] if "--target-far" in o["names"]]
    assert "variable" not in own[0] and own[0]["max"] == 0.5, "an option of that name, no setting"
    (inputs,) = commands["annotate"]["arguments"]
    assert inputs["required"] and inputs["repeatable"] and inputs["placeholder"] == "INPUT..."


def test_defaults_and_limits_are_those_that_count(described: dict[str, Any]) -> None:
    settings = {one["name"]: one for one in described["settings"]["list"]}
    assert settings.keys() == SETTINGS.keys()
    defaults = {name: one["default"] for name, one in settings.items()}
    assert with_changes(Settings(start=1.0), defaults | {"start": 0}) == Settings(start=0.0)
    for name, one in settings.items():
        wrong = [one["max"] + 1] if "max" in one else []
        wrong += [one["min"] - 1] if "min" in one else []
        wrong += [one["above"]] if "above" in one else []
        wrong += ["no such value"] if one["choices"] else []
        for value in wrong:
            with pytest.raises(UsageError, match=name):
                with_changes(Settings(), {name: value})
    assert not settings["jobs"]["in_file"] and settings["every"]["in_file"]


def test_files_codes_and_versions(described: dict[str, Any]) -> None:
    assert described["schema"] == "vidfx.describe/1"
    assert described["exit_codes"] == {str(code): text for code, text in EXIT_CODES.items()}
    assert described["versions"]["vidfx"] == package.__version__
    tables = {t["name"]: t["columns"] for t in described["tables"]}
    assert [*tables] == re.findall(r"(?m)^## `([^`]+)`", COLUMNS.read_text(encoding="utf-8"))
    faces = schema.faces_columns(described["expressions"], file=True)
    assert tables["NAME.faces.csv"] == [asdict(c) | {"type": c.type} for c in faces]
    assert all(c["unit"] and c["type"] and c["meaning"] for t in tables.values() for c in t)
    assert "counts.frames" in {field["path"] for field in described["summary"]["fields"]}


def test_without_json_it_lists_what_is_typed() -> None:
    lines = vidfx("describe").stdout.splitlines()
    assert "vidfx annotate INPUT... --out OUT" in lines and "vidfx doctor" in lines
    assert "vidfx train recognition|emotion DATA --out OUT" in lines
