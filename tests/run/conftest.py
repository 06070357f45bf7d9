"""A server that speaks S3, in this process, for storage; and photographs of people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from extracting import write


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


@pytest.fixture
def people(tmp_path: Path, astronaut: np.ndarray, group: np.ndarray) -> Path:
    """in/Eileen/{a,b}.png, one person; in/crew/a.png, six."""
    write(tmp_path / "in/Eileen/a.png", astronaut)
    write(tmp_path / "in/Eileen/b.png", np.ascontiguousarray(astronaut[:, ::-1]))
    write(
        tmp_path / "in/crew/a.png",
        cv2.resize(group, None, fx=0.75, fy=0.75, interpolation=cv2.INTER_AREA),
    )
    return tmp_path / "in"
