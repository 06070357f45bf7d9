"""Summaries of this version and of version 1 are read, and nothing else."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from vidfx import schema
from vidfx.output.summary import read_summary, write_summary
from vidfx_engines.files import AtomicFile


def test_a_summary_names_its_version(tmp_path: Path) -> None:
    with AtomicFile(tmp_path / "a.json") as file:
        write_summary(file, {"counts": {}})
    assert read_summary(tmp_path / "a.json") == {"schema": schema.SUMMARY_SCHEMA, "counts": {}}


@pytest.mark.parametrize(
    ("name", "is_read"),
    [("vidfx.summary/1", True), ("vidfx.summary/99", False), ("another", False), (None, False)],
)
def test_a_summary_of_version_1_is_read(name: str | None, is_read: bool, tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(json.dumps({"schema": name}))
    assert (read_summary(tmp_path / "b.json") is not None) == is_read


def test_what_cannot_be_a_summary_is_none(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    os.mkfifo(path)  # whose reader would wait
    assert read_summary(path) is None
    path.unlink()
    for text in ("[" * 100_000, "[]", "{", ""):
        path.write_text(text)
        assert read_summary(path) is None
