"""What is documented exists, and what exists is documented."""

from __future__ import annotations

import itertools
import re
import shlex
from pathlib import Path
from typing import Any, cast

import pytest
import typer
import typer.main

import vidfx
from vidfx.cli.app import app
from vidfx.cli.reference import reference
from vidfx.errors import VidfxError

ROOT = Path(__file__).parents[1]
ANNOTATE = (ROOT / "docs/annotate.md").read_text(encoding="utf-8")


def test_the_list_of_commands_is_up_to_date() -> None:
    written = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    assert written == reference(), "make docs"


def test_exit_codes_in_the_docs() -> None:
    def below(kind: type[VidfxError]) -> set[int]:
        return {kind.exit_code}.union(*(below(k) for k in kind.__subclasses__()))

    line = re.search(r"Exit codes: (.*?)\. A bad", ANNOTATE, re.DOTALL)
    assert line is not None
    stated = {int(n) for n in re.findall(r"\b(\d+)\b", line[1])}
    assert stated == below(VidfxError) | {0}


PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_modules_named_in_the_architecture_exist() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    modules = set(re.findall(r"`((?:\w+/)+\w+\.py)`", text))
    assert len(modules) > 10
    for module in modules:
        assert (ROOT / "vidfx" / module).is_file(), module


def test_files_named_for_contributors_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    paths = set(re.findall(r"`((?:vidfx|engines|training|tests)/[\w/]+(?:\.py|/))`", text))
    assert len(paths) > 15
    for path in paths:
        assert (ROOT / path).exists(), path


def test_it_is_cited_with_its_version() -> None:
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {vidfx.__version__}\n" in text


def typed(example: str) -> list[str]:
    """The words of a command, up to a comment or what the shell does with it."""
    lexer = shlex.shlex(example, posix=True, punctuation_chars="|&>;")
    lexer.whitespace_split = True
    return list(itertools.takewhile(lambda word: word[0] not in "|&>;", lexer))


def test_examples_use_commands_and_options_that_exist() -> None:
    root = cast("Any", typer.main.get_command(app))
    checked = 0
    for page in (page for page in PAGES if page.name != "CHANGELOG.md"):
        blocks = re.findall(r"^```\w*\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)
        lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
        for line in lines:
            for example in re.findall(r"(?:^|[$|&] ?|srun |time )(vidfx .*)", line.strip()):
                words = typed(example)[1:]
                command = root
                while words and words[0] in getattr(command, "commands", {}):
                    command = command.commands[words.pop(0)]
                known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)}
                used = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
                assert used <= known | {"--help"}, f"{page.name}: {example}"
                assert not hasattr(command, "commands") or used, f"{page.name}: {example}"
                checked += 1
    assert checked > 100


def test_tests_named_in_the_docs_exist() -> None:
    for page in PAGES:
        for file in re.findall(r"tests/[\w/]+\.py", page.read_text(encoding="utf-8")):
            assert (ROOT / file).is_file(), f"{page.name}: {file}"
