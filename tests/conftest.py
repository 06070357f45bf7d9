"""What tests of several folders share: media, made once or real, and a server that speaks S3."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest

from benchmarks import clips

# how long an example takes says more of the machine than of the code
hypothesis.settings.register_profile("any-machine", deadline=None)
hypothesis.settings.load_profile("any-machine")

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


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    found = ThreadedMotoServer(port=0, verbose=False)
    found.start()
    host, port = found.get_host_and_port()
    yield f"http://{host}:{port}"
    found.stop()


@pytest.fixture
def s3(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of the server, whose buckets ``videos`` and ``results`` are empty."""
    for name, value in {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }.items():
        monkeypatch.setenv(name, value)
    import boto3
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    client = boto3.client("s3", endpoint_url=server)
    for bucket in ("videos", "results"):
        client.create_bucket(Bucket=bucket)
        for item in client.list_objects_v2(Bucket=bucket).get("Contents", []):
            client.delete_object(Bucket=bucket, Key=item["Key"])
    return client
