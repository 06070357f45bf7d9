"""Media that the tests share: made once from packaged pictures, or real where it is here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks import clips

CLIP_SIZE = (480, 270)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What vidfx keeps between runs, the tests keep between themselves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real test data; tests that want it are skipped where it is absent."""
    folder = os.environ.get("VIDFX_TEST_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("VIDFX_TEST_DATA names no folder")
    return Path(folder)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three shots of 20 frames with sound: six people, one, six."""
    path = tmp_path_factory.mktemp("media") / "clip.mp4"
    clips.write_clip(path, clips.demo_frames(CLIP_SIZE, seconds=2), CLIP_SIZE)
    return path


@pytest.fixture(scope="session")
def group() -> np.ndarray:
    return clips.group()


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    return clips.astronaut()
