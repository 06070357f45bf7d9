"""Videos and results on storage: on a server that speaks S3, in this process."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import fsspec
import pytest

from tests.vidfx_command import vidfx
from vidfx.errors import InputError, UnavailableError
from vidfx.jobs import storage
from vidfx.jobs.content import content_hash, object_hash
from vidfx.jobs.plan import plan_jobs
from vidfx.jobs.spool import spool
from vidfx.jobs.storage import Origin


def keys(s3: Any, bucket: str) -> list[str]:
    return [o["Key"] for o in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def annotate(*words: object) -> tuple[int, list[dict[str, Any]]]:
    done = vidfx("annotate", *words, "--no-video", "--jobs", "1", "--json")
    told = json.loads(done.stdout.splitlines()[-1])
    return done.exit_code, told["results"]


def in_spool() -> list[Path]:
    return [p for p in (spool() / "in").rglob("*") if p.is_file()]


def test_from_a_bucket_to_a_bucket_and_again(s3: Any, clip: Path, tmp_path: Path) -> None:
    names = ("day 1/ångström & <b>.mp4", "clip.mp4", "day 1/notes.txt", ".hidden/x.mp4")
    for name in names:
        s3.upload_file(str(clip), "videos", f"raw/{name}")
    out = "s3://results/run"
    code, files = annotate("s3://videos/raw", "-o", out)
    assert code == 0
    assert [f["status"] for f in files] == ["done", "done"]
    assert {f["input"] for f in files} == {f"s3://videos/raw/{name}" for name in names[:2]}
    stems = ("run/clip.mp4", "run/day 1/ångström & <b>.mp4")
    endings = (".faces.csv", ".frames.csv", ".summary.json", ".unshown.csv")
    assert sorted(keys(s3, "results")) == sorted(s + e for s in stems for e in endings)
    assert in_spool() == []
    assert list(storage.folder_for(out).rglob("*.csv")) == []

    annotate(clip, "-o", tmp_path / "here")
    for ending in endings[:2]:
        there = s3.get_object(Bucket="results", Key=f"run/clip.mp4{ending}")["Body"].read()
        assert there == (tmp_path / "here" / f"clip.mp4{ending}").read_bytes()

    code, files = annotate("s3://videos/raw", "-o", out)
    assert (code, [f["status"] for f in files]) == (0, ["skipped", "skipped"])
    s3.delete_object(Bucket="results", Key="run/clip.mp4.faces.csv")
    code, files = annotate("s3://videos/raw/clip.mp4", "-o", out)
    assert (code, [f["status"] for f in files]) == (0, ["done"])
    code, files = annotate("s3://videos/raw/clip.mp4", "-o", out, "--every", "3")
    assert code == 1
    assert "s3://results/run/clip.mp4.summary.json exists already" in files[0]["error"]["message"]
    shown = vidfx("status", out, "--json")
    states = {"done": 2, "running": 0, "waiting": 0, "failed": 0}
    assert json.loads(shown.stdout)["counts"] == states


def test_from_a_bucket_to_a_folder_and_back(s3: Any, clip: Path, tmp_path: Path) -> None:
    s3.upload_file(str(clip), "videos", "a.mp4")
    code, files = annotate("s3://videos/a.mp4", "-o", tmp_path / "here")
    assert code == 0
    assert Path(files[0]["outputs"]["faces"]).is_file()
    code, files = annotate(clip.as_uri(), "-o", "s3://results")
    assert code == 0
    assert files[0]["outputs"]["faces"] == "s3://results/clip.mp4.faces.csv"
    assert "clip.mp4.summary.json" in keys(s3, "results")
    told = vidfx("annotate", clip, "-o", "s3://results/told", "--no-video", "--progress", "text")
    assert "-> s3://results/told/clip.mp4.faces.csv" in told.stderr


def test_a_damaged_video_is_named_by_its_url_and_the_others_go_on(
    s3: Any, clip: Path, tmp_path: Path
) -> None:
    s3.put_object(Bucket="videos", Key="broken.mp4", Body=clip.read_bytes()[:900])
    s3.upload_file(str(clip), "videos", "clip.mp4")
    (tmp_path / "list.txt").write_text("s3://videos/broken.mp4\ns3://videos/clip.mp4\n")
    code, files = annotate(tmp_path / "list.txt", "-o", "s3://results")
    assert code == 1
    assert [f["status"] for f in files] == ["failed", "done"]
    assert files[0]["error"]["message"].startswith("s3://videos/broken.mp4: ")
    assert str(tmp_path) not in files[0]["error"]["message"]
    assert in_spool() == []


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("s3://no-such-bucket/a.mp4", "no such object or bucket"),
        ("s3://videos/no/such", "no "),
        ("http://example.com/a.mp4", "http:// is not read"),
    ],
)
@pytest.mark.usefixtures("s3")
def test_what_is_not_there_is_one_line(tmp_path: Path, url: str, told: str) -> None:
    done = vidfx("annotate", url, "-o", tmp_path / "out")
    assert done.exit_code == 3
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("vidfx: ")]
    assert url in line and told in line


@pytest.mark.usefixtures("s3")
def test_a_bucket_that_takes_nothing(clip: Path) -> None:
    code, files = annotate(clip, "-o", "s3://no-such-bucket/run")
    assert code == 1
    assert "s3://no-such-bucket/run" in files[0]["error"]["message"]


def test_names_that_lead_out_of_the_spool(s3: Any, tmp_path: Path) -> None:
    for key in ("raw/../../../../evil.mp4", "raw/a//b.mp4", "raw/.../c.mp4"):
        s3.put_object(Bucket="videos", Key=key, Body=b"x")
    work = plan_jobs(["s3://videos/raw"], tmp_path / "out")
    for job in work.jobs:
        assert job.source.resolve().is_relative_to(spool().resolve())
        assert job.outputs.summary.resolve().is_relative_to((tmp_path / "out").resolve())
    assert {job.origin.url.rpartition("/")[2] for job in work.jobs if job.origin} >= {"b.mp4"}


def test_a_video_that_came_short_is_not_worked_on(s3: Any, tmp_path: Path) -> None:
    s3.put_object(Bucket="videos", Key="a.mp4", Body=b"12345")
    listed = storage.find("s3://videos/a.mp4")[0]
    wrong = Origin(listed.origin.url, 6, listed.origin.stamp)
    with (
        pytest.raises(InputError, match="only 5 of 6 bytes arrived"),
        storage.fetched(wrong, "a.mp4", lambda: None),
    ):
        pass
    assert in_spool() == []


def test_results_on_storage_keep_the_shorter_name_of_earlier_versions(s3: Any) -> None:
    for name in ("a", "b"):
        s3.put_object(Bucket="videos", Key=f"raw/day/{name}.mp4", Body=b"123")
    made_of = {"fingerprint": {"input": [["s3://videos/raw/day/a.mp4", 3, "stamp"]]}}
    s3.put_object(Bucket="results", Key="run/day/a.summary.json", Body=json.dumps(made_of).encode())
    work = plan_jobs(["s3://videos/raw"], "s3://results/run")
    assert [job.addresses()[-1] for job in work.jobs] == [
        "s3://results/run/day/a.summary.json",
        "s3://results/run/day/b.mp4.summary.json",
    ]
    assert len(work.notices) == 1


def test_the_content_of_an_object_has_the_hash_of_the_file(s3: Any, tmp_path: Path) -> None:
    content = bytes(range(256)) * 2000
    (tmp_path / "a.mp4").write_bytes(content)
    s3.put_object(Bucket="videos", Key="a.mp4", Body=content)
    origin = storage.find("s3://videos/a.mp4")[0].origin
    assert object_hash(origin) == content_hash([tmp_path / "a.mp4"])


def test_what_is_fetched_is_its_owners_alone_and_goes_after_a_kill(s3: Any) -> None:
    s3.put_object(Bucket="videos", Key="a.mp4", Body=b"12345")
    origin = storage.find("s3://videos/a.mp4")[0].origin
    with storage.fetched(origin, "a.mp4", lambda: None) as file:
        modes = [stat.S_IMODE(p.stat().st_mode) for p in (file, file.parent, spool())]
        assert modes == [0o600, 0o700, 0o700]
        dead = spool() / "in" / "killed"
        dead.mkdir()
        (dead / "b.mp4").write_bytes(b"theirs")
        storage.find("s3://videos/a.mp4")  # another run begins
        assert not dead.exists() and file.read_bytes() == b"12345"
    assert in_spool() == []


def test_keys_that_look_alike_are_two_inputs(s3: Any, tmp_path: Path) -> None:
    names = ("d.mp4", "/d.mp4", "%/d.mp4", "%2E/d.mp4", "./d.mp4", "a%2Eb.mp4", "100%.mp4")
    for name in names:
        s3.put_object(Bucket="videos", Key=f"q/{name}", Body=b"x")
    for url in ("s3://videos/q", "s3://videos/q/", "s3://videos"):
        jobs = [job for job in plan_jobs([url], tmp_path).jobs if job.origin]
        assert {job.name for job in jobs} == {f"s3://videos/q/{name}" for name in names}
        assert len({job.outputs.summary for job in jobs}) == len(names)
    assert any(job.outputs.summary.name == "100%.mp4.summary.json" for job in jobs)


def test_results_on_storage_say_nothing_of_the_machine(
    s3: Any, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    s3.upload_file(str(clip), "videos", "a.mp4")
    done = vidfx("annotate", "s3://videos/a.mp4", "-o", "s3://results", "--end", "0.5")
    assert done.exit_code == 0
    summary = s3.get_object(Bucket="results", Key="a.mp4.summary.json")["Body"].read().decode()
    assert json.loads(summary)["input"]["path"] == "s3://videos/a.mp4"
    assert str(tmp_path) not in summary and str(Path.home()) not in summary
    code, _ = annotate("s3://videos/a.mp4", "-o", "s3://results", "--overwrite")
    assert code == 0 and "a.mp4.annotated.mp4" not in keys(s3, "results")


def test_a_store_without_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def missing(scheme: str) -> None:
        raise ImportError("Install gcsfs to access Google Storage")

    monkeypatch.setattr(fsspec, "filesystem", missing)
    with pytest.raises(UnavailableError, match="gs:// needs a package") as raised:
        plan_jobs([], "gs://bucket/results")
    assert raised.value.hint == "pip install 'vidfx[gs]'"
    (tmp_path / "a.mp4").touch()
    (tmp_path / "list.txt").write_text("gs://bucket/a.mp4\na.mp4\n")
    work = plan_jobs([f"{tmp_path}/list.txt"], tmp_path / "out")
    ((_, error),) = work.refused
    assert isinstance(error, UnavailableError) and len(work.jobs) == 1
    done = vidfx("annotate", "gs://bucket/a.mp4", "-o", tmp_path / "out")
    assert done.exit_code == 4 and "gs:// needs a package" in done.stderr


def test_what_is_not_taken_from_a_bucket_is_said(s3: Any, tmp_path: Path) -> None:
    for key in ("raw/a.mp4", "raw/b.xyz", "raw/c.jpg", "raw/c.srt", "raw/a.annotated.mp4"):
        s3.put_object(Bucket="videos", Key=key, Body=b"x")
    work = plan_jobs(["s3://videos/raw"], tmp_path / "out")
    assert [job.source.name for job in work.jobs] == ["a.mp4"]
    (line,) = work.left_out
    assert all(told in line for told in ("3 files", ".xyz (1)", ".jpg (1)", ".annotated.mp4 (1)"))
    assert [job.source.name for job in plan_jobs(["s3://videos/raw/b.xyz"], tmp_path).jobs] == [
        "b.xyz"
    ]
