"""The same jobs on a Ray cluster: equal results, and a node that dies loses nothing."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import clips
from tests.vidfx_command import results_in, vidfx
from vidfx.annotation.tasks import AnnotateVideo
from vidfx.config import Settings
from vidfx.jobs.events import Advanced, Event
from vidfx.jobs.plan import Job, Outputs
from vidfx.run.ray_pool import RayPool
from vidfx.workers.messages import Answer

ray = pytest.importorskip("ray")
FAST = ("--emotion", "none", "--detector-size", "320", "--preset", "ultrafast")


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    found = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False}
    )
    yield found
    found.shutdown()


@pytest.mark.parametrize("address", ["127.0.0.1:1", "auto"])
def test_ray_is_asked_for_and_there_is_no_cluster(clip: Path, tmp_path: Path, address: str) -> None:
    done = vidfx(
        *("annotate", clip, "-o", tmp_path / "out", *FAST),
        *("--executor", "ray", "--address", address),
    )
    assert done.exit_code == 4 and "ray start --head" in done.stderr, done.output


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_cluster_gives_what_one_machine_gives_also_when_a_node_dies(
    clip: Path, tmp_path: Path, cluster: Any
) -> None:
    second = cluster.add_node(num_cpus=2)
    cluster.wait_for_nodes()
    folder, here, there = (tmp_path / name for name in ("in", "here", "there"))
    folder.mkdir()
    for i in range(8):
        shutil.copy(clip, folder / f"v{i}.mp4")
    assert vidfx("annotate", folder, "-o", here, *FAST, "-q").exit_code == 0

    def kill() -> None:
        until = time.monotonic() + 60
        while not list(there.glob("*.summary.json")) and time.monotonic() < until:
            time.sleep(0.1)
        cluster.remove_node(second, allow_graceful=False)

    killer = threading.Thread(target=kill)
    killer.start()
    done = vidfx(
        *("annotate", folder, "-o", there, *FAST, "--json"),
        *("--executor", "ray", "--address", cluster.address),
    )
    killer.join()
    assert done.exit_code == 0, done.stderr
    results = json.loads(done.stdout)["results"]
    assert [r["status"] for r in results] == ["done"] * 8
    assert "the node that worked on it was lost" in done.stderr
    assert results_in(there) == results_in(here)
    for path in here.glob("*.csv"):
        assert (there / path.name).read_bytes() == path.read_bytes(), path.name
    told = json.loads(vidfx("status", there, "--json").stdout)
    assert told["counts"] == {"done": 8, "running": 0, "waiting": 0, "failed": 0}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_frames_are_reported_while_a_video_is_processed(tmp_path: Path, cluster: Any) -> None:
    film = tmp_path / "film.mp4"
    size = (1280, 720)
    clips.write_clip(film, clips.demo_frames(size, seconds=20), size)
    events: list[Event] = []
    settings = Settings(emotion="none", video=False, executor="ray", address=cluster.address)
    job = Job(film, Outputs.of(tmp_path / "out" / "film"))
    with RayPool(settings, tmp_path / "out", events.append) as pool:
        ((_, answer),) = pool.do([AnnotateVideo(job)])
    assert isinstance(answer, Answer)
    frames_done = answer.result["summary"]["counts"]["frames"]
    frames = [event.frames for event in events if isinstance(event, Advanced)]
    assert frames_done == 600 and frames == sorted(frames)
    assert len({n for n in frames if 0 < n < 600}) > 1


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_from_a_bucket_to_a_bucket(clip: Path, tmp_path: Path, s3: Any, cluster: Any) -> None:
    """Actors know the store by their environment: ``s3`` comes before ``cluster``."""
    for i in range(3):
        s3.upload_file(str(clip), "videos", f"v{i}.mp4")
    words = ("annotate", "s3://videos", "-o", "s3://results/ray", *FAST, "--no-video", "--json")
    where = ("--executor", "ray", "--address", cluster.address)
    for status in ("done", "skipped"):
        done = vidfx(*words, *where)
        assert done.exit_code == 0, done.stderr
        assert [r["status"] for r in json.loads(done.stdout)["results"]] == [status] * 3
    assert vidfx("annotate", clip, "-o", tmp_path / "here", *FAST, "--no-video").exit_code == 0
    there = s3.get_object(Bucket="results", Key="ray/v0.mp4.faces.csv")["Body"].read()
    assert there == (tmp_path / "here" / "clip.mp4.faces.csv").read_bytes()
