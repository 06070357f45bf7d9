"""A short video with three people, as ``talk.mp4`` in the current folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import clips

SIZE = (320, 180)


@pytest.fixture(scope="session")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("talk") / "talk.mp4"
    clips.write_clip(path, clips.demo_frames(SIZE, seconds=0.4), SIZE)
    return path


@pytest.fixture
def in_folder(talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with talk.mp4."""
    (tmp_path / "talk.mp4").write_bytes(talk.read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path
