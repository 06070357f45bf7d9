"""`vidfx config` prints what annotate would use here, and its template changes nothing."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tests.vidfx_command import vidfx
from vidfx.config import SETTINGS, Settings
from vidfx.load_settings import load_settings


def test_values_and_their_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("vidfx.toml").write_text("[annotate]\nevery = 3\n")
    monkeypatch.setenv("VIDFX_JOBS", "2")
    lines = {line.split()[0]: line.split() for line in vidfx("config").stdout.splitlines()}
    assert lines.keys() == SETTINGS.keys()
    assert lines["every"][1:3] == ["3", f"{tmp_path}/vidfx.toml:"]
    assert lines["jobs"] == ["jobs", "2", "VIDFX_JOBS"]
    found = json.loads(vidfx("config", "--json").stdout)
    assert found["settings"]["every"] == 3 and found["from"]["crf"] == "default"


def test_the_template_with_every_line_is_the_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    template = vidfx("config", "--template").stdout
    assert tomllib.loads(template) == {"annotate": {}}
    values = [
        line.removeprefix("# ")
        for line in template.splitlines()
        if line.startswith("# ") and line.split()[1] in SETTINGS and not line.endswith("= ...")
    ]
    assert len(values) > 20
    Path("vidfx.toml").write_text("\n".join(["[annotate]", *values]))
    assert load_settings({}, environment={}) == Settings()


def test_a_wrong_value_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIDFX_EVRY", "3")
    assert vidfx("config").exit_code == 2
